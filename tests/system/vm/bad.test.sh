# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Bad input and bad conditions: one message, the right status, nothing left half done.

test_no_such_path() {
	outpost test nothing-here
	expect_status 3
	expect_one_error nothing-here
}

test_no_obj_m() {
	mkdir empty
	outpost test empty
	expect_status 3
	expect_one_error obj-m
}

test_it_does_not_compile() {
	mkdir broken
	printf 'obj-m := broken.o\n' >broken/Kbuild
	printf '#include <linux/module.h>\nint x = no_such_thing;\nMODULE_LICENSE("GPL");\n' >broken/broken.c
	outpost --json test broken "$TOP/modules/hello"
	expect_status 3
	expect_err "broken/broken.c:2:9"
	expect_json '.results[] | select(.module == "hello") | .verdict' pass
	expect_json '.results[] | select(.module == "broken") | .verdict' error
	expect_json '.results[] | select(.module == "broken") | .phase' build
	[ "$(wc -l <err)" -lt 15 ] || fail "the message has 15 lines or more"
}

test_a_module_of_another_architecture() {
	printf 'int x;\n' >x.c
	gcc -c -o x.ko x.c
	[ "$(uname -m)" != aarch64 ] || skip "this machine's compiler builds for the board's architecture"
	outpost test x.ko
	expect_status 3
	expect_err x.ko
}

# With the agent already installed, the run itself meets the fault.
put_agent() {
	outpost board show
	expect_status 0
}

test_a_full_disk() {
	needs_vm
	put_agent
	board 'dd if=/dev/zero of=/root/fill bs=1M 2>/dev/null; dd if=/dev/zero of=/root/fill2 bs=1k 2>/dev/null; sync'
	outpost test "$TOP/modules"
	board 'rm -f /root/fill /root/fill2' || fail "the disk stays full"
	expect_status 3
	expect_err "No space left"
	outpost test "$TOP/modules/hello"
	expect_status 0
}

test_a_read_only_home() {
	needs_vm
	put_agent
	board 'mount -o remount,ro /root'
	outpost test "$TOP/modules/hello"
	board 'mount -o remount,rw /root' || fail "the home stays read-only"
	expect_status 3
	expect_err "Read-only"
	outpost test "$TOP/modules/hello"
	expect_status 0
}
