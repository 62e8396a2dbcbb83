# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Each crasher gets the verdict that its file `expect` names, all in one run,
# and not one of Outpost's mechanisms could be done without.

# shellcheck source=tests/expect.sh
. "$TOP/tests/expect.sh"

# All that want one of these boots, in one run.
expect_verdicts() { # STATUS BOOT...
	local folders folder boot wanted=$1
	shift
	mapfile -t folders < <(for boot; do crashers_of "$TOP/tests/crashers" "$boot"; done)
	outpost --json test "${folders[@]}"
	expect_status "$wanted"
	for folder in "${folders[@]}"; do
		compare "$(basename "$folder")" "$folder"
	done >wrong
	[ ! -s wrong ] || fail "wrong verdicts:
$(cat wrong)"
	expect_json '.results | length' ${#folders[@]}
	run=$(jq -r .run out)
	board true || fail "the board does not answer after it"
	"$TOP/build/host/mutate" "$TOP/tests/crashers" "$XDG_STATE_HOME/outpost/runs/$run/journal" \
		>matrix || fail "without a mechanism: $(cat matrix)"
}

test_every_crasher_gets_its_verdict() {
	expect_verdicts 4 -
	# odd_text and odd_panic are among them.
	outpost results "$run"
	! LC_ALL=C grep -nP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' out err || fail "control characters are shown"
	iconv -f UTF-8 -t UTF-8 out >/dev/null || fail "what is shown is no UTF-8"
}

test_memory_errors_are_found_in_a_debug_boot() {
	local kfence=
	needs_vm
	outpost vm up --debug debug
	expect_status 0
	outpost --json vm status debug
	expect_json '.vms[].debug' true
	export OUTPOST_BOARD_DEFAULT=debug
	# Debian's kernels have it since 6.12.
	board test -d /sys/module/kfence && kfence=yes
	expect_verdicts 1 debug ${kfence:+kfence}
	outpost vm down debug
}

# WARN_ONCE() marks what has warned in its own module, or in the kernel: that of
# refcount_under is the kernel's, and stays as long as the boot does.
test_what_warns_once_is_caught_twice_in_one_boot() {
	local try
	for try in 1 2; do
		outpost --json test --no-reboot "$TOP"/tests/crashers/{refcount_under,warn_once}
		jq -r '.boot_id, (.results[] | .module, .verdict, .reports[].kind)' out >"try$try"
		grep -q refcount_under "try$try" || fail "nothing was run"
	done
	[ "$(tr '\n' ' ' <try1 | cut -d' ' -f2-)" = "refcount_under fail refcount warn_once fail warning " ] ||
		fail "the first time: $(cat try1)"
	cmp try1 try2 || fail "the second time: $(cat try2)"
}
