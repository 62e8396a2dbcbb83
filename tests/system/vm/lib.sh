# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The whole path, on virtual Pis or on the board that $BOARD names (make check-hw). As many
# tests run at once as there are vms: each slot of the runner has one, with a state and
# sockets of its own, so that a test may reset or crash its vm, and call it "vm". Kernel
# trees, images and packages come from the person's own cache, which all share.

# shellcheck disable=SC2034 # for the runner
AT_ONCE=3 LIMIT=900
[ -z "${BOARD-}" ] || AT_ONCE=1
# shellcheck disable=SC2034
FIRST=(it_agrees_with_linux_6_12 a_link_that_stays_dead every_crasher_gets_its_verdict_{1,2,3,4} lttng_modules
	faults_at_random_moments faults_at_some_moments two_kernels_side_by_side headers_of_the_board)
# shellcheck disable=SC2034
NEEDS=(jq:jq xmllint:libxml2-utils gpg:gpg gpg-agent:gpg-agent dpkg-scanpackages:dpkg-dev file:file
	modinfo:kmod pgrep:procps xz:xz-utils zstd:zstd gcc:gcc mke2fs:e2fsprogs)
[ -n "${BOARD-}" ] || NEEDS+=(qemu-system-aarch64:qemu-system-arm)

# Of this slot: its state, with its vm, and its sockets.
use_slot() {
	unset "${!OUTPOST_@}" NO_COLOR
	export XDG_STATE_HOME=$ALL/slot$SLOT/state XDG_RUNTIME_DIR=$ALL/slot$SLOT/run
	if [ -n "${BOARD-}" ]; then # it stands in the person's own configuration
		export OUTPOST_BOARD_DEFAULT=$BOARD
	else
		export XDG_CONFIG_HOME=$ALL/slot$SLOT/config
	fi
	[ -d "$XDG_RUNTIME_DIR" ] || { mkdir -p "$XDG_RUNTIME_DIR"; chmod 700 "$XDG_RUNTIME_DIR"; }
}

# The first vm makes the image that all share.
suite_up() {
	local SLOT=0
	use_slot
	if [ -n "${BOARD-}" ]; then
		"$OUTPOST" board show
		return
	fi
	"$OUTPOST" vm up --timeout 300s # the machine may be busy
}

suite_down() {
	[ -z "${BOARD-}" ] || return 0
	for ((SLOT = 0; SLOT < AT_ONCE; SLOT++)); do
		[ ! -d "$ALL/slot$SLOT/state/outpost/vm/vm" ] || (use_slot && "$OUTPOST" -q vm down) &
	done
	wait
}

# For tests that are about the virtual Pi, or would harm a board that somebody needs.
needs_vm() {
	[ -z "${BOARD-}" ] || skip "only on the virtual Pi"
}

set_up() {
	use_slot
	cd "$WORK" || exit 1
	[ -n "${BOARD-}" ] || revive_vm
}

# A test that failed may have left the vm dead, or without its cable: the next one is not to fail for that.
revive_vm() {
	if [ ! -d "$XDG_STATE_HOME/outpost/vm/vm" ]; then # the first test of this slot
		"$OUTPOST" vm up --timeout 300s || fail "the vm does not come up"
		return
	fi
	answers && return
	"$OUTPOST" vm status vm
	echo "The test before has left the vm so; it is reset."
	"$OUTPOST" -q vm plug && "$OUTPOST" vm reset && answers && return
	echo "That was of no use: it is made anew."
	"$OUTPOST" vm down
	rm -rf "$XDG_STATE_HOME/outpost/vm/vm"
	"$OUTPOST" vm up --timeout 300s || fail "the vm does not come up"
}

# At the load of a busy machine a shell on it takes some seconds.
answers() {
	timeout 60 "$OUTPOST" -q shell -- true
}

# Whatever a test did to it: the next one finds the board as after boot, and nothing of a run under way.
clean_up() {
	local pid name
	for pid in $(jobs -p); do
		kill "$pid" 2>/dev/null
	done
	# A vm of the test's own, where it failed before it was down again.
	[ -n "${BOARD-}" ] || "$OUTPOST" --json vm status 2>/dev/null |
		jq -r '.vms[] | select(.pid and .name != "vm") | .name' |
		while read -r name; do "$OUTPOST" -q vm down "$name"; done
	return 0
}

# The board's shell, without Outpost's agent.
board() {
	"$OUTPOST" -q shell -- "$*"
}

# start_test [OPTION...] PATH...: as $host; its result goes to test.out, what it says to test.err.
start_test() {
	"$OUTPOST" --json test "$@" >test.out 2>test.err &
	host=$!
}

# Until the board's shell finds it true, which $host is to bring about: wait_on_board COMMAND
wait_on_board() {
	wait_until found_or_over "$1"
	board "$1" || fail "on the board it never came to this: $1; the test said: $(cat test.out test.err)"
}

found_or_over() {
	board "$1" || ! kill -0 "$host" 2>/dev/null
}

# Until no agent runs there: a run that nobody follows is over.
wait_until_idle() {
	wait_until board '! pidof outpost-agent' || fail "the board is still at work"
}

boot_id() {
	board cat /proc/sys/kernel/random/boot_id
}

# Until the board is in another boot than BOOT_ID.
wait_for_another_boot() {
	wait_until is_in_another_boot "$1" || fail "the board did not reboot"
}

is_in_another_boot() {
	local now
	now=$(boot_id 2>/dev/null) && [ "$now" != "$1" ]
}

# expect_json FILTER VALUE: what jq makes of the JSON on standard output.
expect_json() {
	local got
	got=$(jq -r "$1" out) || fail "standard output is not JSON"
	[ "$got" = "$2" ] || fail "$1 is '$got', not '$2'"
}

# Nothing of a run is left on the board: no lock held, nothing armed, no module of ours.
expect_clean_board() {
	local left
	left=$(board 'cat /run/outpost/armed 2>/dev/null; cut -d" " -f1 /proc/modules') || fail "the board cannot be asked"
	! grep -q /proc/sys <<<"$left" || fail "the board is still armed: $left"
	for module in "$@"; do
		! grep -qx "$module" <<<"$left" || fail "$module is still loaded"
	done
}

# A cache of the test's own, with the package lists, packages and vm images of the person's.
own_cache() {
	local apt=${XDG_CACHE_HOME:-$HOME/.cache}/outpost/apt arch
	mkdir -p "$WORK/cache/outpost/apt" "${apt%/apt}/vm"
	ln -s "${apt%/apt}/vm" "$WORK/cache/outpost/vm"
	for arch in arm64 amd64; do
		mkdir -p "$apt/$arch"
		ln -s "$apt/$arch" "$WORK/cache/outpost/apt/$arch"
	done
	export XDG_CACHE_HOME=$WORK/cache
}

# Debian's newest arm64 kernel of a series: newest 6.12 arm64
newest() {
	"$OUTPOST" -q unpack --arch arm64 "$WORK/none" linux-base # lists that are up to date
	apt-cache -c "${XDG_CACHE_HOME:-$HOME/.cache}/outpost/apt/arm64/apt.conf" pkgnames "linux-headers-$1." |
		sed -n "s/^linux-headers-\([0-9.]*[-+][^-]*-$2\)$/\1/p" | sort -V | tail -1
}
