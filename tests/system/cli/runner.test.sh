# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016
# tests/run itself: what it must not let pass.

# runs_suite TEXT: runs a suite whose only file of tests has this text, in a copy of the runner.
runs_suite() {
	mkdir -p copy/tests/system/mine
	cp "$TOP/tests/run" copy/tests
	cp "$TOP/tests/system/lib.sh" copy/tests/system
	[ -e copy/tests/system/mine/lib.sh ] || suite_lib
	printf '%s\n' "$1" >copy/tests/system/mine/mine.test.sh
	run copy/tests/run mine
}

suite_lib() { # [LINE...]
	mkdir -p copy/tests/system/mine
	printf '%s\n' 'AT_ONCE=1 LIMIT=30' 'suite_up() { :; }' 'suite_down() { :; }' \
		'set_up() { cd "$WORK"; }' 'clean_up() { :; }' "$@" >copy/tests/system/mine/lib.sh
}

# fails_with LINES MESSAGE: a test of these LINES fails with MESSAGE.
fails_with() {
	runs_suite "test_it() {"$'\n'"$1"$'\n}'
	expect_status 1
	expect_out "not ok - it"
	expect_out "$2"
}

passes() { # LINES
	runs_suite "test_it() {"$'\n'"$1"$'\n}'
	expect_status 0
	expect_out "1 passed, 0 failed"
}

test_a_status_that_is_not_checked_fails_the_test() {
	fails_with 'run false' "the test does not check status 1 of false"
	fails_with 'run false; run true' "the test does not check status 1 of false"
	fails_with 'run false; expect_status 2' "expected status 2, got 1"
	passes 'run false; expect_status 1'
	passes 'run false; any_status'
}

test_a_command_that_fails_where_nothing_looks_fails_the_test() {
	fails_with 'false' "mine.test.sh:2: status 1 of: false"
	fails_with 'helper() { grep x /nowhere; return 0; }; helper; run true' "status 2 of: grep x /nowhere"
	fails_with 'out=$(false; echo text); true' 'status 1 of: out=$(false; echo text)'
	fails_with '(false; true); true' "status 1 of: false"
	fails_with 'sleep 9 & kill -9 $!; wait $!; true' 'status 137 of: wait $!'
	passes 'false || true; if false; then :; fi; ! true; [ -e /nowhere ] && false; : "$(false)"'
	passes 'sleep 9 & kill -9 $!; ends_with 137 $!'
	passes 'run false; any_status'
}

test_a_set_up_that_fails_fails_the_test() {
	suite_lib 'set_up() { cd "$WORK"; false; }'
	fails_with : "lib.sh:6: status 1 of: false"
	suite_lib 'clean_up() { false; }'
	passes :
}

test_an_unknown_command_fails_the_test() {
	fails_with 'expect_nothing || true' "commands not found: expect_nothing"
}

test_test_functions_that_would_not_run_are_refused() {
	for text in 'test_Big() { :; }' 'function test_it { :; }' 'test_it () { :; }' ' test_it() { :; }' \
		$'test_it() { :; }\ntest_it() { :; }'; do
		runs_suite "test_other() { :; }"$'\n'"$text"
		expect_status 1
		expect_err "mine.test.sh: some test functions are not written as"
		expect_silent out
	done
}

test_a_name_in_first_without_a_test_is_refused() {
	suite_lib 'FIRST=(it_was_renamed)'
	runs_suite 'test_it() { :; }'
	expect_status 1
	expect_err "FIRST names it_was_renamed, but there is no test_it_was_renamed"
	suite_lib 'FIRST=(it)'
	passes :
}
