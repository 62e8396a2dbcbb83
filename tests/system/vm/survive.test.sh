# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Boards that crash or hang come back, and are as before.

# make_module NAME C: makes a module with this C code, which defines NAME_init().
make_module() {
	mkdir -p "$1"
	printf 'obj-m := %s.o\n' "$1" >"$1/Kbuild"
	cat >"$1/$1.c" <<-END
		#include <linux/delay.h>
		#include <linux/module.h>
		#include <linux/processor.h>
		#include <linux/stop_machine.h>
		$2
		static void __exit ${1}_exit(void) { }
		module_init(${1}_init);
		module_exit(${1}_exit);
		MODULE_LICENSE("GPL");
	END
}

# All processors spin with interrupts off: nothing but hardware helps.
make_deaf_module() {
	make_module deaf 'static int spin(void *arg)
		{
			for (;;)
				cpu_relax();
			return 0;
		}

		static int __init deaf_init(void)
		{
			return stop_machine(spin, NULL, cpu_online_mask);
		}'
}

# Prints the current value of all settings that a run changes.
settings() {
	board 'cd /proc/sys/kernel; grep -s . panic panic_on_oops panic_on_rcu_stall panic_on_warn \
		softlockup_panic hung_task_panic hung_task_timeout_secs hung_task_check_interval_secs \
		hung_task_warnings watchdog_thresh /sys/module/rcupdate/parameters/rcu_cpu_stall_timeout \
		/sys/class/watchdog/watchdog0/state /sys/class/watchdog/watchdog0/timeout \
		/proc/sys/vm/panic_on_oom'
}

# The board is as after boot: nothing is armed, no agent runs, pstore is empty.
expect_untouched() { # SETTINGS
	local now left
	now=$(settings) || fail "cannot read the state of the board"
	[ "$now" = "$1" ] || fail "the settings have changed: $(diff <(echo "$1") <(echo "$now"))"
	left=$(board 'ls -A /sys/fs/pstore; cat /run/outpost/armed 2>/dev/null; pidof outpost-agent; grep -oE "^(faulty|deaf|hello|prove_[0-9a-f]*) " /proc/modules; true')
	[ -z "$left" ] || fail "left on the board: $left"
}

test_a_crash_leaves_the_board_as_it_was() {
	local before
	needs_vm
	before=$(settings)
	make_module faulty 'static int __init faulty_init(void) { return *(volatile int *)8; }'
	outpost --json test faulty "$TOP/modules/hello"
	expect_status 4
	expect_json '.results[] | select(.module == "faulty") | .verdict' crash
	# The run continues with the next module.
	expect_json '.results[] | select(.module == "hello") | .verdict' pass
	expect_json '.results[] | select(.module == "faulty") | .reports | length' 1
	expect_json '.results[] | select(.module == "faulty") | .reports[0].function' faulty_init
	expect_untouched "$before"
	# The modules under test are not loaded at boot.
	"$OUTPOST" vm reset || fail "the vm does not boot"
	board '! grep -E "^(faulty|hello) " /proc/modules' || fail "a module is loaded after a reboot"
	expect_untouched "$before"
}

# Without pstore a panic would lose the log, so an oops does not panic: the supervisor reads it and
# reboots the board.
test_a_board_that_limps_is_rebooted() {
	needs_vm
	make_module faulty 'static int __init faulty_init(void) { return *(volatile int *)8; }'
	board 'rmmod ramoops' || fail "cannot unload ramoops"
	outpost --json test faulty "$TOP/modules/hello"
	expect_status 4
	expect_json '.results[] | select(.module == "faulty") | .verdict' crash
	expect_json '.results[] | select(.module == "faulty") | .reports[0].function' faulty_init
	expect_json '.results[] | select(.module == "faulty") | .summary | test("limped on and was rebooted")' true
	expect_json '.results[] | select(.module == "hello") | .verdict' pass
}

# Host and supervisor are killed in the middle of a run: the next connection restores the board.
test_a_killed_supervisor_leaves_nothing_behind() {
	local before host
	needs_vm
	before=$(settings)
	make_module sleeper 'static int __init sleeper_init(void) { ssleep(4); return 0; }'
	start_test sleeper
	wait_on_board 'grep -q "^sleeper " /proc/modules'
	board 'grep -q /proc/sys/kernel /run/outpost/armed' || fail "the board was not armed: $(cat test.err)"
	kill -9 "$host"
	# shellcheck disable=SC2016
	board 'kill -9 $(pidof outpost-agent)'
	wait_until board 'grep -q "^sleeper .* Live" /proc/modules' || fail "init does not end, so the test proves nothing"
	[ "$(settings)" != "$before" ] || fail "the settings were already restored, so the test proves nothing"
	outpost board show
	expect_status 0
	[ "$(settings)" = "$before" ] || fail "the settings have changed: $(diff <(echo "$before") <(settings))"
	board '! grep "^sleeper " /proc/modules' || fail "sleeper is still loaded"
	outpost test "$TOP/modules/hello"
	expect_status 0
}

test_the_watchdog_resets_a_deaf_board() {
	local before
	needs_vm
	before=$(settings)
	make_deaf_module
	outpost --json test --return-timeout 180s deaf "$TOP/modules/hello"
	expect_status 4
	expect_json '.results[] | select(.module == "deaf") | .verdict' hang
	expect_json '.results[] | select(.module == "deaf") | .rule' watchdog
	expect_json '.results[] | select(.module == "deaf") | .recovery' null
	expect_json '.results[] | select(.module == "hello") | .verdict' pass
	expect_untouched "$before"
}

# add_pi HOOK...: adds the vm as board pi, with only an ssh server and a power-cycle hook.
add_pi() {
	outpost board add pi outpost-vm --ssh-config "$XDG_STATE_HOME/outpost/vm/vm/ssh_config" \
		--power-cycle "$*"
	expect_status 0
}

remove_pi() {
	"$OUTPOST" board remove pi
}

test_the_hook_brings_a_board_back() {
	needs_vm
	make_deaf_module
	add_pi "$OUTPOST -q vm reset"
	board 'rmmod i6300esb' || fail "cannot unload the watchdog driver"
	outpost -b pi --json test --return-timeout 25s deaf "$TOP/modules/hello"
	remove_pi
	expect_status 4
	expect_err "switching its power off and on"
	expect_json '.results[] | select(.module == "deaf") | .verdict' hang
	expect_json '.results[] | select(.module == "deaf") | .recovery | test("switched off and on")' true
	expect_json '.results[] | select(.module == "hello") | .verdict' pass
}

test_a_hook_that_fails_is_reported() {
	needs_vm
	make_deaf_module
	add_pi "sh -c 'exit 3'"
	board 'rmmod i6300esb' || fail "cannot unload the watchdog driver"
	outpost -b pi --json test --return-timeout 5s deaf
	remove_pi
	cp out hung.out
	"$OUTPOST" vm reset || fail "the vm does not boot again"
	cp hung.out out
	expect_status 3
	expect_err "The power-cycle hook of board pi failed"
	expect_err "it ended with status 3"
	expect_json '.results[0].verdict' lost
	expect_json '.results[0].recovery | test("hook failed")' true
}

# Makes a module whose test program takes the link down.
make_mute_module() {
	make_module mute 'static int __init mute_init(void) { return 0; }'
	mkdir mute/test
	printf 'program = test/mute.sh\ntimeout = 120s\n' >mute/test.conf
	cat >mute/test/mute.sh <<-'END'
		#!/bin/sh
		ip link set eth0 down
		sleep 100
	END
	chmod +x mute/test/mute.sh
}

# Only the link was dead: the board's journal shows that it was alive.
test_a_dead_link_is_not_a_hang() {
	needs_vm
	make_mute_module
	outpost --json test --return-timeout 25s mute
	expect_status 3
	expect_json '.results[0].verdict' lost
	expect_json '.results[0].summary | test("the link to the board died")' true
	expect_json '.results[0].recovery' 'it was reset'
}

# In such a short time nothing can show that the board hung.
test_a_dead_link_is_not_a_hang_after_a_quick_reset() {
	needs_vm
	make_mute_module
	outpost --json test --return-timeout 4s mute
	expect_status 3
	expect_json '.results[0].verdict' lost
	# If the board is not back in time, its result is fetched now; that is not a hang either.
	board true || "$OUTPOST" vm reset
	outpost --json results last
	expect_json '.results[0].verdict' lost
}

test_doctor_grades_and_proves() {
	local before
	needs_vm
	before=$(settings)
	outpost --json doctor
	expect_json '.survival' good
	expect_json '.checks[] | select(.name == "watchdog") | .state' ok
	outpost doctor --prove
	expect_status 2
	expect_err "--yes"
	board true || fail "the board panicked without --yes"
	outpost --json doctor --prove --yes
	expect_status 0
	expect_json '.prove.ok' true
	expect_json '.prove.token | test("^prove_[0-9a-f]+$")' true
	expect_json '.prove.kept | length > 0' true
	expect_untouched "$before"
}

# On a board that keeps no log the proof fails, and names what is missing.
test_the_proof_fails_where_nothing_is_kept() {
	needs_vm
	board 'rmmod ramoops' || fail "cannot unload ramoops"
	outpost --json doctor
	expect_json '.survival' fair
	expect_json '.checks[] | select(.name == "pstore") | .state' note
	outpost doctor --prove --yes
	expect_status 1
	expect_out "none of its log survived"
	outpost --json doctor # the reboot loads ramoops again
	expect_json '.survival' good
}
