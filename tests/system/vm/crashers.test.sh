# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2030,SC2031 # subshells have their own boards
# Each crasher gets the verdict in its file `expect`, and none of Outpost's
# mechanisms is superfluous.

# shellcheck source=tests/system/expect.sh
. "$TOP/tests/system/expect.sh"

# Tests all FOLDERs in one run, and sets $run to its id.
expect_verdicts() { # STATUS FOLDER...
	local wanted=$1 folder
	shift
	outpost --json test "$@"
	expect_status "$wanted"
	for folder; do
		compare "$(basename "$folder")" "$folder"
	done >wrong
	[ ! -s wrong ] || fail "wrong verdicts:
$(cat wrong)"
	run=$(jq -r .run out)
	board true || fail "the board does not answer after the run"
	"$TOP/build/host/mutate" "$TOP/tests/modules/crashers" "$XDG_STATE_HOME/outpost/runs/$run/journal" \
		>matrix || fail "wrong verdicts without a mechanism: $(cat matrix)"
	# odd_text and odd_panic are among the crashers.
	outpost results "$run"
	! LC_ALL=C grep -nP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' out err ||
		fail "control characters were printed"
	iconv -f UTF-8 -t UTF-8 out >/dev/null || fail "the output is not valid UTF-8"
}

PARTS=4

# The crashers take about forty boots, so several virtual Pis share them.
expect_verdicts_of_part() { # 0 to PARTS-1
	local all part=() i
	mapfile -t all < <(crashers_of "$TOP/tests/modules/crashers" -)
	for ((i = $1; i < ${#all[@]}; i += PARTS)); do
		part+=("${all[i]}")
	done
	expect_verdicts 4 "${part[@]}"
}

test_every_crasher_gets_its_verdict_1() {
	expect_verdicts_of_part 0
}

test_every_crasher_gets_its_verdict_2() {
	expect_verdicts_of_part 1
}

test_every_crasher_gets_its_verdict_3() {
	expect_verdicts_of_part 2
}

test_every_crasher_gets_its_verdict_4() {
	expect_verdicts_of_part 3
}

test_memory_errors_are_found_in_a_debug_boot() {
	local folders
	needs_vm
	long_test # the newer kernel below finds the same ones, and more
	outpost vm up --debug debug
	expect_status 0
	outpost --json vm status debug
	expect_json '.vms[].debug' true
	export OUTPOST_BOARD_DEFAULT=debug
	mapfile -t folders < <(crashers_of "$TOP/tests/modules/crashers" debug)
	expect_verdicts 1 "${folders[@]}"
	outpost vm down debug
}

# Prints the release's own kernel if it is 6.12 or newer, else the newest of its backports:
# Debian enables KFENCE in those. Prints nothing if neither exists.
kernel_with_kfence() {
	local series newest
	newest=$("$OUTPOST" kernel add) || return
	newest=${newest##*linux-headers-}
	series=${newest%%-*}
	if [ "$(printf '%s\n' 6.12 "$series" | sort -V | head -1)" = 6.12 ]; then
		echo "$newest"
		return
	fi
	apt-cache -c "${XDG_CACHE_HOME:-$HOME/.cache}/outpost/apt/arm64/apt.conf" \
		depends linux-headers-arm64/"$(. /etc/os-release && echo "$VERSION_CODENAME")"-backports |
		sed -n 's/.*Depends: linux-headers-\([0-9].*-arm64\)$/\1/p'
}

# The newer kernel words some reports differently from the release's (klog_sequel.c).
test_memory_errors_are_found_by_a_newer_kernel() {
	local kernel folders
	needs_vm
	kernel=$(kernel_with_kfence)
	[ -n "$kernel" ] || skip "Debian has no kernel with KFENCE: neither 6.12 in the release nor backports"
	outpost vm up --debug --kernel "$kernel" newer
	expect_status 0
	export OUTPOST_BOARD_DEFAULT=newer
	board test -d /sys/module/kfence || fail "Linux $kernel has no KFENCE"
	mapfile -t folders < <(for boot in debug kfence; do crashers_of "$TOP/tests/modules/crashers" "$boot"; done)
	expect_verdicts 1 "${folders[@]}"
	outpost vm down newer
}

# WARN_ONCE() keeps its mark in the module or kernel that warns: the mark of
# refcount_under is in the kernel, and remains until the next boot.
test_warn_once_is_caught_twice_in_one_boot() {
	local try
	for try in 1 2; do
		outpost --json test --no-reboot "$TOP"/tests/modules/crashers/{refcount_under,warn_once}
		expect_status 1
		jq -r '.boot_id, (.results[] | .module, .verdict, .reports[].kind)' out >"try$try"
		grep -q refcount_under "try$try" || fail "no module was run"
	done
	[ "$(tr '\n' ' ' <try1 | cut -d' ' -f2-)" = "refcount_under fail refcount warn_once fail warning " ] ||
		fail "the first time: $(cat try1)"
	cmp try1 try2 || fail "the second time: $(cat try2)"
}
