# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the login of a board may do through sudo.

# sudo as it is with the line that the hint suggests: any other command is refused.
make_strict_sudo() {
	cat >"$B/bin/sudo" <<-END
		#!/bin/sh
		shift
		[ "\$*" = "\$(cat $B/allowed)" ] && exec "\$@"
		echo "sudo: a password is required" >&2
		exit 1
	END
	echo none >"$B/allowed"
}

test_the_suggested_rule_is_for_one_command() {
	local rule
	make_board
	install_agent
	make_strict_sudo
	outpost board show board
	expect_status 3
	expect_err "amounts to being root"
	rule=$(sed -n 's/.*NOPASSWD: \([^"]*\)".*/\1/p' err)
	[ "$rule" = "/usr/local/lib/outpost/outpost-agent serve" ] || fail "suggests a rule for: $rule"
	# With it everything works.
	echo "${rule/\/usr\/local\/lib\/outpost/$B/lib}" >"$B/allowed"
	outpost board show board
	outpost doctor board
	any_status
	! grep -q "sudo asks for a password" err || fail "the rule does not suffice"
	! grep -q "needs a password" out || fail "the rule does not suffice"
}
