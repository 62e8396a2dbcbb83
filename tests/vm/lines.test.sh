# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# What the kernel complains about is named to the line of the source.

# line_of MODULE TEXT: the number of the one line of its source that has the text.
line_of() {
	grep -nF -e "$2" "$TOP/tests/crashers/$1/$1.c" | cut -d: -f1
}

# expect_line MODULE FUNCTION TEXT: the report and its first frame of the module say that line.
expect_line() {
	local line source=$TOP/tests/crashers/$1/$1.c
	line=$(line_of "$1" "$3")
	[ -n "$line" ] || fail "'$3' is not in $source"
	expect_json ".results[] | select(.module == \"$1\") | .reports[0] |
		[.at.file, .at.line, .at.function, (.trace | map(select(.module == \"$1\"))[0].line),
		 .source.lines[.at.line - .source.first]] | @json" \
		"$(jq -nr --arg file "$source" --argjson line "$line" --arg function "$2" \
			--arg text "$(sed -n "${line}p" "$source")" \
			'[$file, $line, $function, $line, $text] | @json')"
}

test_crashes_are_named_to_the_line() {
	local line
	outpost --json test --junit junit.xml "$TOP"/tests/crashers/{null_init,oops_test,timer_left,warn_exit}
	expect_status 4
	expect_line null_init null_init_init 'WRITE_ONCE('
	expect_line oops_test oops_test_write 'WRITE_ONCE('
	expect_line warn_exit warn_exit_exit 'WARN_ON('
	# Its code was gone when it was called; where that was is known all the same.
	expect_line timer_left timer_left_expired 'static void timer_left_expired('
	expect_json '.results[] | select(.module == "timer_left") | .reports[0].function' timer_left_expired
	line=$(line_of null_init 'WRITE_ONCE(')
	expect_json ".results[0].summary | contains(\"null_init_init (null_init.c:$line)\")" true
	grep -qF "null_init/null_init.c:$line" junit.xml || fail "the JUnit report does not name the line"
	# And later, from the store.
	outpost results last
	expect_status 0
	expect_out "> $line |         WRITE_ONCE(*null_init_nowhere, 1);"
	expect_out "null_init_init+0x"
}
