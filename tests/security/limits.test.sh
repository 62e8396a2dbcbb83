# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Boards that send without end. 600 MB of address space are plenty for outpost; what is read
# without a limit exceeds them within seconds.
# Journals without end: tests/unit/test_follow.c.

limited() {
	(ulimit -v 600000 && exec "$OUTPOST" "$@")
}

# uname_prints SCRIPT: what the board does when it is asked for its architecture.
uname_prints() {
	make_board
	printf '#!/bin/sh\n%s\n' "$1" >"$B/bin/uname"
	chmod +x "$B/bin/uname"
	run limited board show board
	expect_status 3
}

test_a_machine_type_without_end() {
	uname_prints 'exec yes aarch64'
	expect_one_error "it prints more than 64 KiB for 'uname -m'"
	expect_err "hint: "
}

test_messages_without_end_while_asking() {
	uname_prints 'exec yes >&2'
	expect_one_error "it prints more than 64 KiB for 'uname -m'"
}

# The connection is up, and no frame ever comes.
test_messages_without_end_instead_of_an_agent() {
	make_board
	printf '#!/bin/sh\nexec yes >&2\n' >"$B/lib/outpost-agent"
	chmod +x "$B/lib/outpost-agent"
	run limited board show board
	expect_status 3
	expect_one_error "no answer within 15000 ms"
}

test_text_without_end_instead_of_frames() {
	make_board
	printf '#!/bin/sh\nexec yes\n' >"$B/lib/outpost-agent"
	chmod +x "$B/lib/outpost-agent"
	run limited board show board
	expect_status 3
	expect_one_error "it does not speak the agent's protocol"
}

# Each command added to it, and nothing took away.
test_the_action_log_does_not_grow_without_end() {
	mkdir -p "$XDG_STATE_HOME/outpost"
	chmod 700 "$XDG_STATE_HOME/outpost"
	truncate -s 17M "$XDG_STATE_HOME/outpost/outpost.log"
	outpost board list
	expect_status 0
	[ "$(stat -c %s "$XDG_STATE_HOME/outpost/outpost.log")" -lt 1000 ] || fail "the log was not put away"
	[ "$(stat -c %s "$XDG_STATE_HOME/outpost/outpost.log.old")" = $((17 << 20)) ] || fail "the older log is lost"
}
