# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# The command in a hint does what the hint promises. tests/unit/test_hints.c checks that each can be given.

# follow_hint COMMAND-LINE: the hint names this command; runs it.
follow_hint() {
	grep -qE "hint: (.* )?outpost $1([ ,.]|\$)" err || fail "no hint names 'outpost $1': $(cat err)"
	# shellcheck disable=SC2086
	outpost $1
	expect_status 0
}

test_the_hint_for_an_unknown_run_lists_the_runs() {
	mkdir -p "$XDG_STATE_HOME/outpost"
	outpost results no-such-run
	expect_status 3
	expect_one_error "Unknown run 'no-such-run'"
	follow_hint results
	outpost results last
	expect_status 3
	follow_hint results
}

test_the_hint_for_a_damaged_tree_removes_it() {
	local tree=$XDG_CACHE_HOME/outpost/trees/6.1.0-9-test command
	for command in verify path; do
		mkdir -p "$tree"
		echo 'nonsense' >"$tree/manifest.ini"
		outpost kernel $command 6.1.0-9-test
		expect_status 3
		expect_err "is damaged"
		follow_hint "kernel remove 6.1.0-9-test"
		[ ! -e "$tree" ] || fail "the tree still exists"
		outpost kernel $command 6.1.0-9-test # now it asks for one
		expect_status 3
		! grep -q damaged err || fail "the tree is still damaged"
	done
}
