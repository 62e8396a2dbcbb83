# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Each crasher gets the verdict that its file `expect` names, all in one run,
# and not one of Outpost's mechanisms could be done without.

# shellcheck source=tests/expect.sh
. "$TOP/tests/expect.sh"

test_every_crasher_gets_its_verdict() {
	local folder
	outpost --json test "$TOP/tests/crashers"
	expect_status 4
	for folder in "$TOP"/tests/crashers/*/; do
		[ -e "$folder/expect" ] && compare "$(basename "$folder")" "$folder"
	done >wrong
	[ ! -s wrong ] || fail "wrong verdicts:
$(cat wrong)"
	expect_json '.results | length' "$(find "$TOP/tests/crashers" -name expect | wc -l)"
	board true || fail "the board does not answer after it"
	"$TOP/build/host/mutate" "$TOP/tests/crashers" \
		"$XDG_STATE_HOME/outpost/runs/$(jq -r .run out)/journal" >matrix ||
		fail "without a mechanism: $(cat matrix)"
}
