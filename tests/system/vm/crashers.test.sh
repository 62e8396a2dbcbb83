# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2030,SC2031 # the boards of subshells are their own
# Each crasher gets the verdict that its file `expect` names, all in one run,
# and not one of Outpost's mechanisms could be done without.

# shellcheck source=tests/system/expect.sh
. "$TOP/tests/system/expect.sh"

# All these in one run; its id is then in $run.
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
	board true || fail "the board does not answer after it"
	"$TOP/build/host/mutate" "$TOP/tests/modules/crashers" "$XDG_STATE_HOME/outpost/runs/$run/journal" \
		>matrix || fail "without a mechanism: $(cat matrix)"
	# odd_text and odd_panic are among them.
	outpost results "$run"
	! LC_ALL=C grep -nP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' out err ||
		fail "control characters are shown"
	iconv -f UTF-8 -t UTF-8 out >/dev/null || fail "what is shown is no UTF-8"
}

PARTS=4

# A board boots some forty times for them: several virtual Pis share it.
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
	outpost vm up --debug debug
	expect_status 0
	outpost --json vm status debug
	expect_json '.vms[].debug' true
	export OUTPOST_BOARD_DEFAULT=debug
	mapfile -t folders < <(crashers_of "$TOP/tests/modules/crashers" debug)
	expect_verdicts 1 "${folders[@]}"
	outpost vm down debug
}

# The release's own kernel, if it is 6.12 or newer, else the newest of its backports:
# Debian has KFENCE in those. Nothing where there is none.
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

# A kernel that reports otherwise than the release's (klog_sequel.c) as well.
test_memory_errors_are_found_by_a_newer_kernel() {
	local kernel folders
	needs_vm
	kernel=$(kernel_with_kfence)
	[ -n "$kernel" ] || skip "no Debian kernel with KFENCE: neither 6.12 in the release nor backports"
	outpost vm up --debug --kernel "$kernel" newer
	expect_status 0
	export OUTPOST_BOARD_DEFAULT=newer
	board test -d /sys/module/kfence || fail "Linux $kernel has no KFENCE"
	mapfile -t folders < <(for boot in debug kfence; do crashers_of "$TOP/tests/modules/crashers" "$boot"; done)
	expect_verdicts 1 "${folders[@]}"
	outpost vm down newer
}

# WARN_ONCE() marks what has warned in its own module, or in the kernel: that of
# refcount_under is the kernel's, and stays as long as the boot does.
test_what_warns_once_is_caught_twice_in_one_boot() {
	local try
	for try in 1 2; do
		outpost --json test --no-reboot "$TOP"/tests/modules/crashers/{refcount_under,warn_once}
		expect_status 1
		jq -r '.boot_id, (.results[] | .module, .verdict, .reports[].kind)' out >"try$try"
		grep -q refcount_under "try$try" || fail "nothing was run"
	done
	[ "$(tr '\n' ' ' <try1 | cut -d' ' -f2-)" = "refcount_under fail refcount warn_once fail warning " ] ||
		fail "the first time: $(cat try1)"
	cmp try1 try2 || fail "the second time: $(cat try2)"
}
