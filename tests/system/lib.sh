# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the tests of every suite are written with.

OUTPOST=$TOP/build/outpost

# run COMMAND...: its status is in $status, what it wrote in files out and err.
run() {
	echo "\$ ${*/#$OUTPOST/outpost}"
	"$@" >out 2>err </dev/null
	status=$?
	sed 's/^/out: /' out
	sed 's/^/err: /' err
	echo "status: $status"
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

expect_status() {
	[ "$status" = "$1" ] || fail "status $1 is expected, not $status"
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
