# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A .ko whose debug info names other files of this machine: their lines must not get into a report,
# which users publish.

# report_of FILE: prints the report about mod/fault.ko, whose source claims to be FILE.
report_of() {
	local size
	mkdir -p mod
	cat >mod/fault.c <<-END
		const char info[] __attribute__((section(".modinfo"), used)) = "name=fault\0license=GPL";
		#line 1 "$1"
		void fault_write(int *to) { *(volatile int *)to = 1; }
		void fault_read(void) { }
	END
	gcc -g -O2 -fcf-protection=none -c -o mod/fault.ko mod/fault.c || fail "the compiler does not work"
	size=$(printf '%x' "$((16#$(nm mod/fault.ko | awk '$3 == "fault_read" {print $1}')))")
	cat >log <<-END
		[   12.000001] BUG: kernel NULL pointer dereference, address: 0000000000000000
		[   12.000002] Oops: 0002 [#1] PREEMPT SMP PTI
		[   12.000004] RIP: 0010:fault_write+0x0/0x$size [fault]
		[   12.000006] Call Trace:
		[   12.000007]  <TASK>
		[   12.000010] ---[ end trace 0000000000000000 ]---
	END
	touch -d '1 hour ago' secret mod/* "$HOME/.ssh/id" "$HOME/x.c"
	touch mod/fault.ko
	outpost klog --module mod/fault.ko log
	expect_status 1
	cat out >>report
	outpost --json klog --module mod/fault.ko log
	expect_status 1
	cat out >>report
}

test_lines_of_files_elsewhere() {
	local file
	echo SECRET | tee secret "$HOME/.ssh/id" >"$HOME/x.c"
	for file in "$WORK/secret" "$HOME/.ssh/id" "$HOME/x.c" "$WORK/mod/../home/x.c"; do
		report_of "$file"
	done
	grep -q "none of the module's sources" report || fail "no report says why there are no lines"
	! grep SECRET report || fail "the report has lines of another file"
}

# Beside the sources there may be .env, .git/config or keys.
test_lines_of_files_that_are_no_sources() {
	echo SECRET | tee secret "$HOME/.ssh/id" >"$HOME/x.c"
	mkdir mod
	echo SECRET >mod/.env
	report_of "$WORK/mod/.env"
	! grep SECRET report || fail "the report has lines of a file that is not a source"
}

test_lines_through_a_link() {
	echo SECRET | tee secret "$HOME/.ssh/id" >"$HOME/x.c"
	mkdir mod
	ln -s "$HOME/x.c" mod/x.c
	ln -s "$HOME" mod/dir
	report_of "$WORK/mod/x.c"
	report_of "$WORK/mod/dir/x.c"
	! grep SECRET report || fail "the report has lines of a file behind a link"
}

# The sources themselves are read, of course.
test_lines_of_the_sources() {
	echo SECRET | tee secret "$HOME/.ssh/id" >"$HOME/x.c"
	mkdir mod
	echo 'void shown(void); /* SHOWN */' >mod/other.c
	report_of "$WORK/mod/other.c"
	grep -q SHOWN report || fail "the report has no lines"
}
