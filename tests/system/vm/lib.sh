# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The whole path, on virtual Pis or on the board that $BOARD names (make check-hw). Each slot
# of tests/run has its own vm, with its own state and sockets, so that a test may reset or
# crash its vm and call it "vm". All share the kernel trees, images and packages in the
# user's cache.

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

# Uses the state, vm and sockets of this slot.
use_slot() {
	unset "${!OUTPOST_@}" NO_COLOR
	export OUTPOST_YES=1 # trust what tests build on this machine, and what they configure
	export XDG_STATE_HOME=$ALL/slot$SLOT/state XDG_RUNTIME_DIR=$ALL/slot$SLOT/run
	if [ -n "${BOARD-}" ]; then # from the user's own configuration
		export OUTPOST_BOARD_DEFAULT=$BOARD
	else
		export XDG_CONFIG_HOME=$ALL/slot$SLOT/config
	fi
	[ -d "$XDG_RUNTIME_DIR" ] || { mkdir -p "$XDG_RUNTIME_DIR"; chmod 700 "$XDG_RUNTIME_DIR"; }
}

# Starts the first vm, which makes the image that all share.
suite_up() {
	local SLOT=0
	use_slot
	if [ -n "${BOARD-}" ]; then
		"$OUTPOST" board show
		return
	fi
	boot_vm
}

suite_down() {
	[ -z "${BOARD-}" ] || return 0
	for ((SLOT = 0; SLOT < AT_ONCE; SLOT++)); do
		[ ! -d "$ALL/slot$SLOT/state/outpost/vm/vm" ] || (use_slot && "$OUTPOST" -q vm down) &
	done
	wait
}

# For tests that are about the virtual Pi, or would harm a board in use.
needs_vm() {
	[ -z "${BOARD-}" ] || skip "runs only on the virtual Pi"
}

set_up() {
	use_slot
	mkdir "$WORK/.git" # the modules of a test belong to one project
	cd "$WORK" || exit 1
	[ -n "${BOARD-}" ] || revive_vm
}

# Starts the vm of this slot, and notes how it is after a boot.
boot_vm() { # the machine may be busy
	"$OUTPOST" vm up --timeout 300s && state_of_vm >"$ALL/slot$SLOT/after-boot"
}

# Repairs a vm that the previous test left dead, unplugged, armed or with other modules than after a
# boot, so that each test finds the same board.
revive_vm() {
	local now
	if [ ! -d "$XDG_STATE_HOME/outpost/vm/vm" ]; then # the first test of this slot
		boot_vm || fail "the vm does not boot"
		return
	fi
	is_as_after_boot && return
	"$OUTPOST" vm status vm || true
	echo "The previous test left the vm in this state, with these modules and settings:"
	diff "$ALL/slot$SLOT/after-boot" - <<<"$now" || true
	"$OUTPOST" -q vm plug && "$OUTPOST" vm reset && is_as_after_boot && return
	echo "A reset does not help; creating the vm again"
	"$OUTPOST" vm down || true
	rm -rf "$XDG_STATE_HOME/outpost/vm/vm"
	boot_vm || fail "the vm does not boot"
}

# Sets $now to the present state.
is_as_after_boot() {
	now=$(state_of_vm) && [ "$now" = "$(<"$ALL/slot$SLOT/after-boot")" ]
}

# Prints the loaded modules, and the settings that a run changed and has not restored. On a busy machine a
# shell on the vm takes some seconds.
state_of_vm() {
	timeout 60 "$OUTPOST" -q shell -- 'cut -d" " -f1 /proc/modules | sort; cat /run/outpost/armed 2>/dev/null; true'
}

# Ends a test's jobs and its own vms, so that no run goes on during the next test.
clean_up() {
	local pid name
	for pid in $(jobs -p); do
		kill "$pid" 2>/dev/null
	done
	# A test that failed may have left a vm of its own running.
	[ -n "${BOARD-}" ] || "$OUTPOST" --json vm status 2>/dev/null |
		jq -r '.vms[] | select(.pid and .name != "vm") | .name' |
		while read -r name; do "$OUTPOST" -q vm down "$name"; done
	return 0
}

# Runs a command in the board's shell, without Outpost's agent.
board() {
	"$OUTPOST" -q shell -- "$*"
}

# start_test [OPTION...] PATH...: runs outpost test in the background. Sets $host to its pid; its output
# goes to test.out and test.err.
start_test() {
	"$OUTPOST" --json test "$@" >test.out 2>test.err &
	host=$!
}

# Kills the outpost of start_test, which must still run.
kill_host() {
	kill -9 "$host"
	ends_with 137 "$host" || fail "it ended before it was killed: $(cat test.err)"
}

# wait_on_board COMMAND: waits until it succeeds on the board, or $host has ended.
wait_on_board() {
	wait_until found_or_over "$1"
	board "$1" || fail "never true on the board: $1; output of the test: $(cat test.out test.err)"
}

found_or_over() {
	board "$1" || ! kill -0 "$host" 2>/dev/null
}

# Waits until no agent runs on the board, so that a run without a host has ended.
wait_until_idle() {
	wait_until board '! pidof outpost-agent' || fail "an agent still runs on the board"
}

# cut_link PID: kills the ssh of this outpost, which runs in the background.
cut_link() {
	connections "$1" >"$WORK/connections"
	pkill -9 -P "$1" -x ssh || fail "no link was cut: process $1 has no ssh"
}

# Checks that the outpost whose link was cut connected again.
expect_another_connection() { # PID
	[ "$(connections "$1")" -gt "$(<"$WORK/connections")" ] ||
		fail "it never connected again after $(<"$WORK/connections") connections"
}

# Prints how often an outpost has connected to a board, according to the action log.
connections() { # PID
	grep -c "\[$1\] .*ssh to " "$XDG_STATE_HOME/outpost/outpost.log"
}

boot_id() {
	board cat /proc/sys/kernel/random/boot_id
}

# wait_for_another_boot BOOT_ID: waits until the board has another boot_id.
wait_for_another_boot() {
	wait_until is_in_another_boot "$1" || fail "the board did not reboot"
}

is_in_another_boot() {
	local now
	now=$(boot_id 2>/dev/null) && [ "$now" != "$1" ]
}

# expect_json FILTER VALUE: jq's FILTER gives VALUE for the JSON on standard output.
expect_json() {
	local got
	got=$(jq -r "$1" out) || fail "standard output is not JSON"
	[ "$got" = "$2" ] || fail "$1: expected '$2', got '$got'"
}

# expect_clean_board [MODULE...]: a run left nothing on the board; nothing is armed, no MODULE is loaded.
expect_clean_board() {
	local left
	left=$(board 'cat /run/outpost/armed 2>/dev/null; cut -d" " -f1 /proc/modules') || fail "cannot read the state of the board"
	! grep -q /proc/sys <<<"$left" || fail "the board is still armed: $left"
	for module in "$@"; do
		! grep -qx "$module" <<<"$left" || fail "$module is still loaded"
	done
}

# Gives the test its own cache, with the package lists, packages and vm images of the user's.
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

# From here on, Debian has no packages for arm64; its lists for this machine stay.
hide_arm64_packages() {
	mkdir bin
	rm -f cache/outpost/apt/arm64
	cat >bin/apt-get <<-'END'
		#!/bin/sh
		case "$*" in *outpost/apt/arm64/*) echo "E: hidden" >&2; exit 100 ;; esac
		exec /usr/bin/apt-get "$@"
	END
	chmod +x bin/apt-get
	export PATH=$WORK/bin:$PATH
}

# newest SERIES FLAVOUR: prints Debian's newest arm64 kernel of a series, as in newest 6.12 arm64
newest() {
	"$OUTPOST" -q unpack --arch arm64 "$WORK/none" linux-base # updates the package lists
	apt-cache -c "${XDG_CACHE_HOME:-$HOME/.cache}/outpost/apt/arm64/apt.conf" pkgnames "linux-headers-$1." |
		sed -n "s/^linux-headers-\([0-9.]*[-+][^-]*-$2\)$/\1/p" | sort -V | tail -1
}
