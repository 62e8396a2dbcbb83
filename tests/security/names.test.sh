# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Names that come from elsewhere and become paths.

# A release is a folder below trees/; removing one must not reach any other.
test_a_release_with_dots_reaches_nothing() {
	local name
	mkdir -p "$XDG_CACHE_HOME/outpost/trees" "$XDG_CACHE_HOME/outpost/precious" "$WORK/precious"
	for name in ../precious ../../../precious "$WORK/precious" ..; do
		outpost kernel remove "$name"
		expect_status 3
		[ -d "$WORK/precious" ] || fail "kernel remove $name removed precious/"
		[ -d "$XDG_CACHE_HOME/outpost/precious" ] || fail "kernel remove $name removed precious/ of the cache"
	done
}

