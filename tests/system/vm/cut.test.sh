# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Cut links, killed or interrupted hosts, and several users at the same time.

# Makes a module whose test program sleeps until /run/slow-runs is removed from the board.
make_slow_module() { # MAX-SECONDS
	mkdir -p slow/test
	cp -r "$TOP/modules/include" .
	printf 'obj-m := slow.o\n' >slow/Kbuild
	cat >slow/slow.c <<-'END'
		#include <linux/module.h>
		static int __init slow_init(void) { return 0; }
		static void __exit slow_exit(void) { }
		module_init(slow_init);
		module_exit(slow_exit);
		MODULE_LICENSE("GPL");
	END
	printf 'program = test/slow.sh\n' >slow/test.conf
	cat >slow/test/slow.sh <<-END
		#!/bin/sh
		echo TAP version 13
		touch /run/slow-runs
		n=0
		while [ -e /run/slow-runs ] && [ \$n -lt $1 ]; do sleep 1; n=\$((n + 1)); done
		echo ok 1 - slept
		echo 1..1
	END
	chmod +x slow/test/slow.sh
}

# Returns when the test program runs on the board.
start_slow_test() { # [OPTION...]
	board 'rm -f /run/slow-runs'
	start_test "$@" slow
	wait_on_board 'test -e /run/slow-runs'
}

test_a_cut_link_costs_nothing() {
	make_slow_module 6
	start_slow_test
	cut_link "$host"
	wait "$host" || fail "status $?: $(cat test.err)"
	expect_another_connection "$host"
	cp test.out out
	expect_json '.results[0].verdict' pass
}

test_a_host_that_is_killed_finds_its_result_later() {
	make_slow_module 3
	start_slow_test
	kill_host
	wait_until_idle
	outpost --json results last
	expect_status 0
	expect_json '.results[0].module' slow
	expect_json '.results[0].verdict' pass
}

# A run borrows the watchdog, and has its own kernel settings.
test_a_board_is_not_prepared_during_a_run() {
	make_slow_module 120
	start_slow_test
	outpost provision --only sysctl
	expect_status 3
	expect_one_error "is in use by"
	outpost --json provision --only sysctl --dry-run # changes nothing
	expect_status 0
	board rm /run/slow-runs
	ends_with 0 "$host" || fail "the run was disturbed: $(cat test.out test.err)"
}

runs() {
	ls "$XDG_STATE_HOME/outpost/runs" 2>/dev/null || true # before the first run there is no such folder
}

test_a_host_that_is_killed_before_the_board_has_answered() {
	local before
	make_slow_module 3
	"$OUTPOST" build slow >build.out 2>&1 || fail "$(cat build.out)"
	board 'rm -f /run/slow-runs'
	before=$(runs)
	start_test slow
	until [ "$(runs)" != "$before" ]; do
		kill -0 "$host" || fail "the run was not stored: $(cat test.err)"
		sleep 0.01
	done
	kill_host
	wait_until board 'test -e /run/slow-runs' || fail "the run did not reach the board"
	outpost --json results last
	expect_status 0
	expect_json '.results[0].module' slow
	expect_json '.results[0].verdict' pass
}

test_an_interrupt_leaves_the_board_clean() {
	make_slow_module 30
	start_slow_test
	kill -INT "$host"
	ends_with 130 "$host" || fail "the status is not 130: $(cat test.err)"
	expect_clean_board slow
}

test_leaving_at_once_loses_nothing() {
	make_slow_module 30
	start_slow_test
	kill -INT "$host"
	wait_until grep -q Interrupted test.err || fail "the interrupt was not logged: $(cat test.err)"
	kill -INT "$host"
	ends_with 130 "$host" || fail "the status is not 130: $(cat test.err)"
	wait_until_idle
	outpost --json results last
	expect_status 0
	expect_json '.cancelled' true
	expect_json '.results[0].verdict' skip
	# The host did not wait for the end of the run; this comes from the board's journal.
	expect_json '.results[0].timings_ms | has("unload")' true
	expect_clean_board slow
}

test_an_interrupt_while_it_builds() {
	make_slow_module 1
	# shellcheck disable=SC2016
	printf '$(shell touch "%s/building"; sleep 20)\n' "$PWD" >>slow/Kbuild
	"$OUTPOST" test slow >test.out 2>test.err &
	host=$!
	wait_until test -e building || fail "make never started: $(cat test.err)"
	kill -INT "$host"
	ends_with 130 "$host" || fail "the status is not 130: $(cat test.err)"
	[ ! -s test.out ] || fail "a result was printed: $(cat test.out)"
}

# --- an interrupt in each phase --------------------------------------------------

# make_phases INIT EXIT [DEPENDS]: makes the module "phased" with this code, which needs DEPENDS.
make_phases() {
	make_sleeper phased "$1" "$2"
	printf 'load_timeout = 10s\nunload_timeout = 10s\n' >phased/test.conf
	[ -z "${3-}" ] || printf 'depends = %s\n' "$3" >>phased/test.conf
}

make_sleeper() { # NAME INIT EXIT
	mkdir "$1"
	printf 'obj-m := %s.o\n' "$1" >"$1/Kbuild"
	cat >"$1/$1.c" <<-END
		#include <linux/delay.h>
		#include <linux/module.h>
		static int __init ${1}_init(void) { $2 return 0; }
		static void __exit ${1}_exit(void) { $3 }
		module_init(${1}_init);
		module_exit(${1}_exit);
		MODULE_LICENSE("GPL");
	END
}

# interrupt_when MODULE STATE PATH...: interrupts the test of PATHs when /proc/modules shows MODULE in
# STATE. The result of the run is then in `out`.
interrupt_when() {
	local module=$1 state=$2 boot
	shift 2
	boot=$(boot_id)
	start_test "$@"
	wait_on_board "grep -q '^$module .* $state ' /proc/modules"
	kill -INT "$host" || fail "the run ended too soon: $(cat test.err)"
	began=$SECONDS
	ends_with 130 "$host" || fail "the status is not 130: $(cat test.err test.out)"
	took=$((SECONDS - began))
	cp test.out out
	expect_json .cancelled true
	expect_json '.results[] | select(.module == "phased") | .verdict' skip
	grep -q 'no module of the run is loaded' test.err || fail "the log does not confirm that no module is loaded: $(cat test.err)"
	expect_clean_board phased needed
	[ "$(boot_id)" = "$boot" ] || fail "the board was rebooted"
	outpost test "$TOP/modules/hello"
	expect_status 0
}

# An init that can be interrupted ends at once. One that cannot gets its time, and is not a hang.
test_an_interrupt_while_a_dependency_is_loaded() {
	make_sleeper needed 'if (msleep_interruptible(9000)) return -EINTR;' ''
	printf 'skip = only needed here\n' >needed/test.conf
	make_phases '' '' needed
	interrupt_when needed Loading needed phased
	[ "$took" -lt 6 ] || fail "the end of the run took $took s"
}

test_an_interrupt_while_a_dependency_sleeps_in_its_init() {
	make_sleeper needed 'ssleep(6);' ''
	printf 'skip = only needed here\n' >needed/test.conf
	make_phases '' '' needed
	interrupt_when needed Loading needed phased
}

test_an_interrupt_while_it_is_loaded() {
	make_phases 'if (msleep_interruptible(9000)) return -EINTR;' ''
	interrupt_when phased Loading phased
	[ "$took" -lt 6 ] || fail "the end of the run took $took s"
}

# Nothing interrupts ssleep(): init returns 0, whatever signal it gets.
test_an_interrupt_while_it_sleeps_in_its_init() {
	make_phases 'ssleep(6);' ''
	interrupt_when phased Loading phased
}

test_an_interrupt_while_it_is_unloaded() {
	make_phases '' 'ssleep(5);'
	interrupt_when phased Unloading phased
}

test_an_interrupt_while_a_dependency_is_unloaded() {
	make_sleeper needed '' 'ssleep(5);'
	printf 'skip = only needed here\n' >needed/test.conf
	make_phases '' '' needed
	start_test needed phased
	wait_on_board "grep -q '^needed .* Unloading ' /proc/modules"
	kill -INT "$host" || fail "the run ended too soon: $(cat test.err)"
	ends_with 130 "$host" || fail "the status is not 130: $(cat test.err)"
	cp test.out out
	# Its test had already ended.
	expect_json '.results[] | select(.module == "phased") | .verdict' pass
	expect_clean_board phased needed
	outpost test "$TOP/modules/hello"
	expect_status 0
}

# modprobe -r of the board's own modules may take half a minute, but not after an interrupt.
test_an_interrupt_while_the_boards_own_modules_are_unloaded() {
	needs_vm
	make_phases '' '' loop
	board 'mkdir -p /usr/local/sbin; cat >/usr/local/sbin/modprobe; chmod +x /usr/local/sbin/modprobe' <<-'END'
		#!/bin/sh
		[ "$1" != -r ] || { touch /run/removes; sleep 25; }
	END
	board 'test -x /usr/local/sbin/modprobe' || fail "cannot install our modprobe on the board"
	start_test phased
	wait_on_board 'test -e /run/removes'
	kill -INT "$host" || fail "the run ended too soon: $(cat test.err)"
	began=$SECONDS
	ends_with 130 "$host" || fail "the status is not 130: $(cat test.err)"
	took=$((SECONDS - began))
	board 'rm -f /usr/local/sbin/modprobe /run/removes'
	[ "$took" -lt 12 ] || fail "the end of the run took $took s: $(cat test.err)"
	cp test.out out
	expect_json '.results[0].verdict' pass
	expect_clean_board phased
}

# --- several users, and reboots ----------------------------------------------------

test_a_second_user_learns_who_holds_the_board() {
	local second
	make_slow_module 60
	start_slow_test
	outpost test "$TOP/modules/hello"
	expect_status 3
	expect_err "$(hostname)"
	"$OUTPOST" --log second.log test --wait 60s "$TOP/modules/hello" >second.out 2>second.err &
	second=$!
	wait_until grep -q "waiting for the board, held by" second.log || fail "it does not wait: $(cat second.log)"
	board 'rm /run/slow-runs'
	wait "$second" || fail "status $? of the second test: $(cat second.err)"
	wait "$host" || fail "the second test disturbed the first: $(cat test.err)"
}

test_a_reboot_that_nobody_ordered() {
	make_slow_module 30
	start_slow_test
	(board 'echo b >/proc/sysrq-trigger' || true) & # it may lose its link
	ends_with 4 "$host" || fail "the status is not 4: $(cat test.err)"
	cp test.out out
	expect_json '.results[0].verdict' crash
	expect_json '.results[0].phase' test
}

is_unloading() { # FROM: the length of console.log before the run
	tail -c +"$1" "$XDG_STATE_HOME/outpost/vm/vm/console.log" | grep -q 'warns: unloads'
}

test_a_reboot_that_was_ordered_while_nobody_listened() {
	local from boot
	needs_vm
	boot=$(boot_id)
	from=$(stat -c %s "$XDG_STATE_HOME/outpost/vm/vm/console.log")
	start_test "$TOP/tests/modules/soak/warns"
	wait_until is_unloading "$from" || fail "the module was never unloaded: $(cat test.err)"
	kill_host
	wait_for_another_boot "$boot"
	outpost --json results last
	expect_status 0
	expect_json '.results[0].module' warns
	expect_json '.results[0].verdict' fail
}

# The board was healthy and Outpost reset it: the module did not crash.
test_a_link_that_stays_dead() {
	needs_vm
	make_slow_module 60
	start_slow_test --return-timeout 3s
	"$OUTPOST" vm unplug
	ends_with 3 "$host" || fail "the status is not 3: $(cat test.err)"
	"$OUTPOST" vm plug
	outpost vm up
	outpost --json results last
	expect_status 0
	expect_json '.results[0].verdict' lost
	outpost test "$TOP/modules/hello"
	expect_status 0
}
