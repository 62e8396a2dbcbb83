# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Tests on virtual Pis that run a whole Debian. Its first disk is made once and kept in
# the user's cache: 60 MB of packages, about 3.5 minutes of processor time, 0.3 GB on disk.

. tests/system/vm/lib.sh

# shellcheck disable=SC2034 # for the runner
AT_ONCE=1 LIMIT=1800 FIRST=()

suite_up() { :; }

# Starts no vm: a test that needs one does it itself, and clean_up() stops vms that it leaves running.
set_up() {
	use_slot
	cd "$WORK" || exit 1
}

full() {
	"$OUTPOST" -q -b full shell -- "$*"
}

# Skips the test without qemu-img, or if packages are not in the cache and no mirror can be reached.
full_up() { # [NAME [OPTION...]]
	command -v qemu-img >/dev/null || skip "qemu-img is not installed: apt-get install qemu-utils"
	outpost vm up --full "${@:2}" "${1:-full}"
	! grep -qE 'Cannot (fetch|download) Debian' err || skip "cannot download Debian's packages"
	expect_status 0
}
