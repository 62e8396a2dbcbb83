# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Helpers for tests that attack Outpost. They use the fake board of the command line's tests.
# Nothing reaches the network or anything outside the test's own folder.

. tests/system/cli/lib.sh

# shellcheck disable=SC2034 # read by the runner
FIRST=()

# A user id that owns nothing: another user on this machine.
OTHER=64999

# Only root can make files that belong to another user.
needs_root() {
	[ "$(id -u)" = 0 ] || skip "this test requires root"
}

# as_other COMMAND...: runs it as the other user, without his being known to the machine.
as_other() {
	setpriv --reuid $OTHER --regid $OTHER --clear-groups "$@"
}
