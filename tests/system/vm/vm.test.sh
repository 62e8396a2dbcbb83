# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The virtual Pi itself.

test_status() {
	needs_vm
	outpost --json vm status
	expect_status 0
	expect_json '.vms[] | select(.name == "vm") | .state' running
}

test_up_when_it_is_up() {
	needs_vm
	outpost vm up
	expect_status 0
}

test_two_at_once() {
	needs_vm
	outpost vm up other
	expect_status 0
	outpost -b other --json test "$TOP/modules/hello"
	expect_status 0
	expect_json .board other
	board true || fail "the first one does not answer"
	outpost vm down other
	expect_status 0
	outpost -b other test "$TOP/modules/hello"
	expect_status 3
	expect_err "vm up"
}

test_reset_is_a_new_boot() {
	needs_vm
	boot_id >before
	board 'echo kept >~/kept; sync'
	outpost vm reset
	expect_status 0
	boot_id >after 2>said
	[ ! -s said ] || fail "the connection of the boot before was in the way: $(cat said)"
	! cmp before after || fail "the boot_id is the same"
	[ "$(board cat kept)" = kept ] || fail "the disk did not outlive it"
}

test_a_panic_leaves_its_record() {
	needs_vm
	local before
	before=$(boot_id)
	board 'sync; echo c >/proc/sysrq-trigger' &
	wait_for_another_boot "$before"
	board 'cat /sys/fs/pstore/dmesg-ramoops-*' >record
	grep -q 'Kernel panic - not syncing: sysrq triggered crash' record ||
		fail "pstore has no panic: $(head -c 500 record)"
}

test_a_kernel_that_does_not_come_up() {
	needs_vm
	outpost vm up --timeout 500ms slow
	expect_status 3
	expect_err "console"
	outpost --json vm status
	expect_json '[.vms[] | select(.name == "slow" and .state == "running")] | length' 0
}
