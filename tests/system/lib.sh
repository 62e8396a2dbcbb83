# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the tests of every suite are written with.

OUTPOST=$TOP/build/outpost

# run COMMAND...: its status is in $status, what it wrote in files out and err. A status other
# than 0 must be looked at: by expect_status, or any_status where it does not matter.
run() {
	expect_no_unseen_status "$WORK.unseen.$BASHPID"
	echo "\$ ${*/#$OUTPOST/outpost}"
	"$@" >out 2>err </dev/null
	status=$?
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

# use_packages PACKAGE...: their programs are in PATH for this test, and nothing is installed.
use_packages() {
	"$OUTPOST" -q unpack --arch "$(dpkg --print-architecture)" "$WORK/packages" "$@" ||
		fail "cannot unpack $*"
	PATH=$PATH:$WORK/packages/usr/bin
}

# At the start of a test that takes long, and shows little that others do not: make check-all runs it.
long_test() {
	[ -n "${LONG-}" ] || exit 78
}

expect_status() {
	any_status
	[ "$status" = "$1" ] || fail "status $1 is expected, not $status"
}

# It may end with any status.
any_status() {
	rm -f "$WORK.unseen.$BASHPID"
}

expect_no_unseen_status() { # FILE...
	[ ! -e "$1" ] || fail "the test does not look at $(cat "$@")"
}

# wait_until COMMAND...: at most half a minute; its status says whether it came to that.
wait_until() {
	local tries=600
	until "$@"; do
		[ $((tries -= 1)) -gt 0 ] || return 1
		sleep 0.05
	done
}

# expect_out TEXT, expect_err TEXT: it stands somewhere in there.
expect_out() {
	grep -qF -e "$1" out || fail "'$1' is expected on standard output"
}

expect_err() {
	grep -qF -e "$1" err || fail "'$1' is expected on standard error"
}

expect_silent() { # out or err
	[ ! -s "$1" ] || fail "nothing is expected on standard $1"
}

# One message and at most one hint: no wall of text.
expect_one_error() {
	[ "$(grep -c 'error:' err)" = 1 ] || fail "one error is expected"
	expect_err "$1"
}
