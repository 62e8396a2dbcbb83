# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# On virtual Pis that are whole Debians. Their first content is made once for a
# person's cache: 60 MB of packages, some 3.5 minutes of processor time, 0.3 GB
# on disk.

. tests/system/vm/lib.sh

# shellcheck disable=SC2034 # for the runner
AT_ONCE=1 LIMIT=1800

suite_up() { :; }

# A usual vm is there only for who boots one; clean_up() brings down what a test left up.
set_up() {
	use_slot
	cd "$WORK" || exit 1
}

full() {
	"$OUTPOST" -q -b full shell -- "$*"
}

# Skipped where it cannot be had: no qemu-img, or no mirror for what is not in the cache.
full_up() { # [NAME]
	command -v qemu-img >/dev/null || skip "there is no qemu-img here: apt install qemu-utils"
	outpost vm up --full "${1:-full}"
	! grep -qE 'Cannot (fetch|download) Debian' err || skip "Debian's packages cannot be had"
	expect_status 0
}
