# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Helpers for the tests of all suites.

OUTPOST=$TOP/build/outpost

# run COMMAND...: sets $status, and writes its output to the files out and err. The test must check
# a status other than 0 with expect_status, or call any_status when it does not matter.
run() {
	expect_no_unseen_status "$WORK.unseen.$BASHPID"
	echo "\$ ${*/#$OUTPOST/outpost}"
	status=0
	"$@" >out 2>err </dev/null || status=$?
	sed 's/^/out: /' out
	sed 's/^/err: /' err
	echo "status: $status"
	[ $status = 0 ] || echo "status $status of ${*/#$OUTPOST/outpost}" >"$WORK.unseen.$BASHPID"
}

outpost() {
	run "$OUTPOST" "$@"
}

fail() {
	echo "FAILED: $*"
	exit 1
}

skip() {
	echo "$*"
	exit 77
}

# dkms.conf is evaluated in namespaces, or not at all. Nothing that could be installed helps where the
# machine forbids them, as in a chroot, so this skips the test even with MUST_RUN=1.
needs_namespaces() {
	unshare --user true 2>namespaces.err && return
	echo "user namespaces cannot be created here: $(<namespaces.err)"
	exit 79
}

# use_packages PACKAGE...: adds their programs to this test's PATH without installing anything.
use_packages() {
	"$OUTPOST" -q unpack --arch "$(dpkg --print-architecture)" "$WORK/packages" "$@" ||
		fail "cannot unpack $*"
	PATH=$PATH:$WORK/packages/usr/bin
}

# Called first by a test that takes long and shows little that others do not: only make check-all runs it.
long_test() {
	[ -n "${LONG-}" ] || exit 78
}

expect_status() {
	any_status
	[ "$status" = "$1" ] || fail "expected status $1, got $status"
}

# Accepts any status of the last command.
any_status() {
	rm -f "$WORK.unseen.$BASHPID"
}

expect_no_unseen_status() { # FILE...
	[ ! -e "$1" ] || fail "the test does not check $(cat "$@")"
}

# ends_with STATUS PID: waits until this process in the background ends. Is this its status?
ends_with() {
	local got=0
	wait "$2" || got=$?
	[ "$got" = "$1" ]
}

# wait_until COMMAND...: waits at most 30 s until it succeeds. Returns 1 if it does not.
wait_until() {
	local tries=600
	until "$@"; do
		[ $((tries -= 1)) -gt 0 ] || return 1
		sleep 0.05
	done
}

# expect_out TEXT, expect_err TEXT: standard output or standard error contains TEXT.
expect_out() {
	grep -qF -e "$1" out || fail "standard output does not contain '$1'"
}

expect_err() {
	grep -qF -e "$1" err || fail "standard error does not contain '$1'"
}

expect_silent() { # out or err
	[ ! -s "$1" ] || fail "$1 should be empty"
}

# expect_one_error TEXT: exactly one error message, which contains TEXT.
expect_one_error() {
	[ "$(grep -c 'error:' err)" = 1 ] || fail "expected exactly one error message"
	expect_err "$1"
}
