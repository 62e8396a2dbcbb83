# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# On virtual Pis that are whole Debians. Their first content is made once for a
# person's cache: 60 MB of packages, some 3.5 minutes of processor time, 0.3 GB
# on disk.

. tests/system/vm/lib.sh

suite_up() {
	export XDG_STATE_HOME=$ALL/state XDG_RUNTIME_DIR=$ALL/run XDG_CONFIG_HOME=$ALL/config
	unset "${!OUTPOST_@}" NO_COLOR
	mkdir -m 700 "$XDG_RUNTIME_DIR"
}

# A usual vm is there only for who boots one; clean_up() brings down what a test left up.
set_up() {
	cd "$WORK" || exit 1
}

suite_down() {
	[ ! -e "$XDG_STATE_HOME/outpost/vm/vm" ] || "$OUTPOST" -q vm down
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
