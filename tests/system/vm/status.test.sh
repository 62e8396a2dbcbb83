# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# outpost status: who uses a board, what is loaded, and how the last run ended.

it_is_held() {
	outpost --json status
	[ "$(jq -r '.boards[] | select(.name == "vm").lock.run // empty' out)" ]
}

test_status_names_the_lock_holder_and_the_modules() {
	outpost board show # which installs the agent
	outpost status
	expect_status 0
	grep -q '^[^ ]* *up .* free ' out || fail "the board is not free"
	outpost load "$TOP/modules/hello"
	outpost --json status
	jq -e '.boards[] | select(.name == "vm") | .lock == null and (.loaded | index("hello"))' out || fail "hello is not shown"
	outpost unload "$TOP/modules/hello"
	outpost --json status
	jq -e '.boards[] | select(.name == "vm").loaded | index("hello") == null' out || fail "hello is still shown"
	# A run that lasts until it is interrupted.
	mkdir slow
	printf 'obj-m := slow.o\n' >slow/Kbuild
	cat >slow/slow.c <<-'END'
		#include <linux/module.h>
		static int __init slow_init(void) { return 0; }
		static void __exit slow_exit(void) { }
		module_init(slow_init);
		module_exit(slow_exit);
		MODULE_LICENSE("GPL");
	END
	printf '#!/bin/sh\nexec sleep 100\n' >slow/wait.sh
	printf 'program = wait.sh\ntimeout = 200s\n' >slow/test.conf
	start_test slow
	wait_until it_is_held || fail "nobody holds the board: $(cat test.err)"
	outpost status
	expect_status 0
	expect_out "$(id -un)@"
	kill -INT "$host"
	wait "$host" || true
	outpost test "$TOP/modules/hello"
	expect_status 0
	outpost status
	expect_out "1 passed, "
}
