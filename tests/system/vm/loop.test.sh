# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# From sources to verdicts.

test_modules_pass() {
	outpost --json test --junit junit.xml "$TOP/modules"
	expect_status 0
	expect_json .schema outpost.test/1
	expect_json '[.results[] | select(.verdict == "pass") | .module] | sort | join(" ")' \
		"chardev hello ring ring_user"
	expect_json .summary.pass 4
	expect_json '.results[] | select(.module == "hello") | .ktap.pass' 3
	expect_json '[.results[] | .log_lost] | add' 0
	expect_json '[.results[].timings_ms.load | type] | unique | join(" ")' number
	xmllint --noout --schema "$TOP/tests/unit/junit.xsd" junit.xml || fail "the JUnit file is not valid"
	expect_clean_board hello ring ring_user chardev
}

test_table_for_a_person() {
	outpost test "$TOP/modules/hello"
	expect_status 0
	expect_out "1 passed"
}

test_repeat_loads_the_module_again() {
	outpost --json test --repeat 5 "$TOP/modules/hello"
	expect_status 0
	expect_json '.results[0].ktap.pass' 15
}

test_load_with_a_parameter_leaves_it_loaded() {
	outpost load "$TOP/modules/hello" whom=outpost
	expect_status 0
	board 'grep -c "^hello " /proc/modules; dmesg | tail -3' >seen
	grep -qx 1 seen || fail "hello is not loaded: $(cat seen)"
	grep -q 'Hello, outpost!' seen || fail "the parameter did not reach hello: $(cat seen)"
	outpost unload hello
	expect_status 0
	expect_clean_board hello
}

test_load_refuses_a_bad_parameter() {
	outpost load "$TOP/modules/hello" whom=
	expect_status 1
	expect_clean_board hello
}

test_a_module_that_is_already_loaded_is_unloaded_first() {
	outpost load "$TOP/modules/hello"
	expect_status 0
	outpost test "$TOP/modules/hello"
	expect_status 0
	expect_clean_board hello
}

test_deploy_keeps_what_it_replaces() {
	cp -r "$TOP/modules" .
	outpost deploy modules/hello
	expect_status 0
	sed -i 's/Hello, /Hullo, /' modules/hello/hello.c
	outpost deploy modules/hello
	expect_status 0
	board 'grep -c Hullo ~/development/modules/hello/hello.ko; ls ~/development/backups/hello' >seen
	[ "$(head -1 seen)" -ge 1 ] || fail "the new module was not installed: $(cat seen)"
	[ "$(wc -l <seen)" -ge 2 ] || fail "the old module was not kept: $(cat seen)"
}

test_results_are_kept() {
	outpost test "$TOP/modules/hello"
	expect_status 0
	outpost --json results last
	expect_status 0
	expect_json '.results[0].module' hello
	expect_json '.results[0].verdict' pass
}

test_the_log_is_read() {
	board 'echo "<6>a line of $$" >/dev/kmsg; echo "a line of $$"' >line
	outpost log
	expect_status 0
	expect_out "$(cat line)"
}
