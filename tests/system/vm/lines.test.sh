# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# Reports name the source line.

# line_of MODULE TEXT: prints the number of the only line of its source that contains TEXT.
line_of() {
	grep -nF -e "$2" "$TOP/tests/modules/crashers/$1/$1.c" | cut -d: -f1
}

# expect_line MODULE FUNCTION TEXT: the report, and its first frame in the module, name that line.
expect_line() {
	local line source=$TOP/tests/modules/crashers/$1/$1.c
	line=$(line_of "$1" "$3")
	[ -n "$line" ] || fail "'$3' is not in $source"
	expect_json ".results[] | select(.module == \"$1\") | .reports[0] |
		[.at.file, .at.line, .at.function, (.trace | map(select(.module == \"$1\"))[0].line),
		 .source.lines[.at.line - .source.first]] | @json" \
		"$(jq -nr --arg file "$source" --argjson line "$line" --arg function "$2" \
			--arg text "$(sed -n "${line}p" "$source")" \
			'[$file, $line, $function, $line, $text] | @json')"
}

test_reports_name_the_line() {
	local line
	outpost --json test --junit junit.xml "$TOP"/tests/modules/crashers/{init_called,null_init,oops_test,timer_left,warn_exit}
	expect_status 4
	expect_line null_init null_init_init 'WRITE_ONCE('
	expect_line oops_test oops_test_write 'WRITE_ONCE('
	expect_line warn_exit warn_exit_exit 'WARN_ON('
	# The timer called code that was already unloaded; its place is known anyway.
	expect_line timer_left timer_left_expired 'static void timer_left_expired('
	expect_json '.results[] | select(.module == "timer_left") | .reports[0].function' timer_left_expired
	# So is the place of init code, which is freed when init returns.
	expect_line init_called init_called_write 'init_called_write(struct file'
	line=$(line_of null_init 'WRITE_ONCE(')
	expect_json ".results[] | select(.module == \"null_init\") | .summary | contains(\"null_init_init (null_init.c:$line)\")" true
	grep -qF "null_init/null_init.c:$line" junit.xml || fail "the JUnit report does not name the line"
	# Stored results name it too.
	outpost results last
	expect_status 0
	expect_out "> $line |         WRITE_ONCE(*null_init_nowhere, 1);"
	expect_out "null_init_init+0x"
}

# The fault is in a function that was inlined twice; the kernel names only the outermost function.
expect_inlined() {
	local store clear call
	store=$(line_of inlined_null 'WRITE_ONCE(')
	clear=$(line_of inlined_null $'\tinlined_null_store(to)')
	call=$(line_of inlined_null $'\tinlined_null_clear(inlined')
	expect_json '.results[] | select(.module == "inlined_null") | .reports[0] |
		[.function, .at.function, .at.line, (.trace[0] | [.inlined[].function], [.inlined[].line], .line)] | @json' \
		"[\"inlined_null_run\",\"inlined_null_store\",$store,[\"inlined_null_store\",\"inlined_null_clear\"],[$store,$clear],$call]"
}

test_inlined_functions_are_named() {
	outpost --json test "$TOP"/tests/modules/crashers/inlined_null
	expect_status 4
	expect_inlined
	outpost results last
	expect_status 0
	expect_out "> $(line_of inlined_null 'WRITE_ONCE(') |         WRITE_ONCE(*to, 1);"
	expect_out "inlined_null_store (inlined)  inlined_null.c:$(line_of inlined_null 'WRITE_ONCE(')"
	grep -qE "inlined_null_run\+0x[0-9a-f]+ \[inlined_null\]  inlined_null.c:$(line_of inlined_null $'\tinlined_null_clear(inlined')" out ||
		fail "the function it was inlined into is missing, or has the wrong line"
}

kernel_address() {
	board "sed -n 's/ [tT] _stext//p' /proc/kallsyms"
}

# At each start the kernel and its modules are at other addresses; a timer that outlives its module shows
# only an address.
test_lines_are_exact_with_kaslr() {
	local first second
	needs_vm
	outpost vm up --timeout 2m --kaslr kaslr
	expect_status 0
	export OUTPOST_BOARD_DEFAULT=kaslr
	first=$(kernel_address)
	outpost --json test "$TOP"/tests/modules/crashers/{init_called,inlined_null,null_init,timer_left}
	expect_status 4
	expect_inlined
	expect_line init_called init_called_write 'init_called_write(struct file'
	expect_line null_init null_init_init 'WRITE_ONCE('
	expect_line timer_left timer_left_expired 'static void timer_left_expired('
	outpost vm down kaslr
	outpost vm up --timeout 2m --kaslr kaslr
	expect_status 0
	second=$(kernel_address)
	outpost vm down kaslr
	[[ $first =~ ^ffff ]] || fail "the address of the kernel is unknown: '$first'"
	[ "$first" != "$second" ] || fail "the kernel is at $first in both boots"
}
