# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# outpost klog finds reports in any log and, given the module, names source lines.

# Makes a .ko as kbuild builds it, and a log with an oops in it as x86 prints it.
make_log() {
	cat >fault.c <<-'END'
		const char info[] __attribute__((section(".modinfo"), used)) = "name=fault\0license=GPL";
		void fault_write(int *to)
		{
			*(volatile int *)to = 1; /* here */
		}
		void fault_read(void)
		{
		}
	END
	gcc -g -O2 -fcf-protection=none -c -o fault.ko fault.c || fail "the compiler does not work"
	local size
	size=$(printf '%x' "$((16#$(nm fault.ko | awk '$3 == "fault_read" {print $1}')))")
	cat >log <<-END
		[   12.000001] BUG: kernel NULL pointer dereference, address: 0000000000000000
		[   12.000002] Oops: 0002 [#1] PREEMPT SMP PTI
		[   12.000003] CPU: 0 PID: 12 Comm: insmod Tainted: G OE 6.1.0 #1
		[   12.000004] RIP: 0010:fault_write+0x0/0x$size [fault]
		[   12.000005] RSP: 0018:ffffc90000013c50 EFLAGS: 00010246
		[   12.000006] Call Trace:
		[   12.000007]  <TASK>
		[   12.000008]  do_one_initcall+0x41/0x200
		[   12.000009]  </TASK>
		[   12.000010] ---[ end trace 0000000000000000 ]---
	END
}

here() {
	grep -n '/\* here' fault.c | cut -d: -f1
}

test_without_module() {
	make_log
	outpost klog log
	expect_status 1
	expect_out "oops: BUG: kernel NULL pointer dereference"
	expect_out "in fault_write [fault]"
	outpost klog - </dev/null
	expect_status 0
	expect_silent out
}

# 1 means that the reports were printed.
test_standard_output_is_full() {
	local json
	make_log
	for json in "" --json; do
		run bash -c "'$OUTPOST' $json klog log >/dev/full"
		expect_status 3
		expect_one_error "No space left"
	done
}

test_with_module() {
	make_log
	outpost klog --module fault.ko log
	expect_status 1
	expect_out "at      fault.c:$(here) in fault_write"
	expect_out "> $(here) | *(volatile int *)to = 1; /* here */"
	expect_out "fault_write+0x0 [fault]  fault.c:$(here)"
	outpost --json klog --module fault.ko log
	expect_status 1
	[ "$(jq -c '.reports[0] | [.at.file, .at.line, .trace[0].line, .trace[1].line]' out)" = \
		"[\"fault.c\",$(here),$(here),null]" ] || fail "the JSON has the wrong files or lines"
}

test_module_of_another_build() {
	make_log
	sed -i 's|/0x[0-9a-f]* \[fault\]|/0x999 [fault]|' log
	outpost klog --module fault.ko log
	expect_status 1
	expect_out "another build"
	! grep -q 'fault.c' out || fail "a source line of another build was printed"
}

test_no_module() {
	make_log
	outpost klog --module none.ko log
	expect_status 3
	expect_one_error "none.ko"
	echo text >text.ko
	outpost klog --module text.ko log
	expect_status 3
	expect_one_error "text.ko is not a kernel module"
}

test_no_log() {
	outpost klog missing
	expect_status 3
	expect_one_error "missing: No such file"
	mkdir folder
	outpost klog folder
	expect_status 3
	expect_one_error "folder: Is a directory"
	echo "BUG: KASAN: a in b" | gzip >log.gz
	outpost klog log.gz
	expect_status 3
	expect_one_error "log.gz is gzip data"
	outpost --json klog log.gz
	expect_status 3
	[ ! -s out ] || fail "a result was printed for a log that was not read: $(cat out)"
	echo "BUG: KASAN: a in b" | iconv -t UTF-16 >log.16
	outpost klog log.16
	expect_status 3
	expect_one_error "log.16 is UTF-16 text"
	expect_err "hint: Run iconv -f UTF-16"
	: >empty
	outpost klog empty
	expect_status 0
	expect_silent out
	grep -q "empty is empty" err || fail "no warning says that the file is empty"
}

# All logs of the unit test, through the program.
test_json_of_all_logs() {
	local log
	for log in "$TOP"/tests/data/klog/*.log; do
		sed '1,/^$/d' "$log" | "$OUTPOST" --json klog >>all 2>>err || [ $? = 1 ]
		grep -c ^REPORT: "$log" >>expected || [ $? = 1 ]
	done
	jq '.reports | length' all >found || fail "standard output is not JSON"
	diff expected found || fail "the number of reports is wrong in one of the logs"
	jq -es 'all(.[]; .schema == "outpost.klog/1" and all(.reports[];
		.start_line > 0 and .end_line >= .start_line and
		(.kind, .title, .function, .module | type) == "string" and
		(.fatal, .corrupted | type) == "boolean" and (.trace | type) == "array" and
		all(.trace[]; (.function, .offset, .size, .module | type) == "string")))' all ||
		fail "the JSON does not follow the schema"
}

# A big log from standard input, with one endless line: memory stays bounded.
test_big_log() {
	make_log
	{
		yes "[    1.234567] usb 1-1: New USB device found" | head -c 64M
		tr '\0' 'x' </dev/zero | head -c 64M
		echo
		cat log
	} >big
	run bash -c "ulimit -v 60000 && exec '$OUTPOST' klog - <big"
	expect_status 1
	expect_out "in fault_write [fault], lines"
	expect_silent err
}

test_terminal() {
	make_log
	TERM=xterm script -qec "$OUTPOST klog log" typescript >out || [ $? = 1 ]
	grep -q $'\e\\[1;31moops\e\\[0m' out || fail "there is no colour on a terminal"
	NO_COLOR=1 TERM=xterm script -qec "$OUTPOST klog log" typescript >out || [ $? = 1 ]
	! grep -q $'\e' out || fail "there is colour in spite of NO_COLOR"
	outpost klog log
	expect_status 1
	! grep -q $'\e' out || fail "there is colour in a file"
}
