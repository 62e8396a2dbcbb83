# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# outpost check agrees with the kernel.

# Builds both modules, and sets $victim and $plain to their paths.
build_them() { # RELEASE
	outpost --json build -k "$1" "$TOP/tests/modules/check/victim" "$TOP/tests/modules/check/plain"
	expect_status 0
	victim=$(jq -r '.modules[] | select(.module == "victim").path' out)
	plain=$(jq -r '.modules[] | select(.module == "plain").path' out)
}

# The check and finit_module on the board judge every variant of tests/tools/variants.c alike. With -d,
# tries only the variants on which kernels differ.
variants_agree() { # BOARD, RELEASE [, -d]
	build_them "$2"
	mkdir variants
	# A module that the distribution signed.
	"$OUTPOST" -q -b "$1" shell -- "cat /lib/modules/$2/kernel/lib/crc-itu-t.ko*" >signed.ko ||
		fail "the board has no crc-itu-t"
	"$TOP/build/host/make-variants" ${3:+"$3"} "$2" "$victim" "$plain" signed.ko variants >index || fail "make-variants: $?"
	outpost --json check -k "$2" variants/*.ko
	expect_status 1
	jq -r '.modules[] | "\(.path | sub(".*/"; "")) \(.loads)"' out | sort >checked
	cp "$TOP/build/aarch64/load-variants" variants
	tar -C variants -czf - . |
		"$OUTPOST" -q -b "$1" shell -- 'rm -rf /tmp/variants && mkdir /tmp/variants && tar -C /tmp/variants -xzf -' ||
		fail "cannot copy the variants to the board"
	"$OUTPOST" -q -b "$1" shell -- 'cd /tmp/variants && ./load-variants *.ko; cd / && rm -r /tmp/variants' >loaded
	cut -d' ' -f1,2 loaded | sort >seen
	cut -f1 index | sort >all
	[ "$(wc -l <all)" -gt "$([ "${3-}" = -d ] && echo 8 || echo 600)" ] || fail "only $(wc -l <all) variants were made"
	diff all <(cut -d' ' -f1 seen) || fail "not every variant was tried on the board"
	diff checked seen >wrong || {
		grep '^[<>]' wrong | cut -d' ' -f2 | sort -u | while read -r file; do
			echo "$file: check: $(grep "^$file " checked), kernel: $(grep "^$file " loaded)"
			grep "^$file" index
			jq -c --arg f "$file" '.modules[] | select(.path | endswith("/" + $f)) | .problems' out
		done
		fail "the kernel disagrees with the check about $(grep -c '^<' wrong) variants"
	}
	# Both agree with the table, for variants whose result it has.
	awk -F'\t' '$2 != "-" {print $1, $2}' index | sort | diff - <(
		cut -f1,2 index | awk '$2 != "-" {print $1}' | sort | join - seen) || fail "the table is wrong"
	echo "$(wc -l <seen) variants on $2, $(grep -c true seen) of them load"
}

board_release() { # BOARD
	"$OUTPOST" -q -b "$1" shell -- 'uname -r'
}

test_it_agrees_with_the_kernel() {
	local name=${BOARD-vm}
	variants_agree "$name" "$(board_release "$name")"
}

# Another kernel of the same distribution: one that is in the cache, or the newest.
test_it_agrees_with_linux_6_12() {
	needs_vm
	local release
	release=$(find "${XDG_CACHE_HOME:-$HOME/.cache}/outpost/vm" -maxdepth 1 -name "6.12.*" -printf "%f\n" | sort -V | tail -1)
	[ "$release" ] || release=$(newest 6.12 arm64)
	[ "$release" ] || skip "Debian has no 6.12 for this release"
	outpost vm up --timeout 300s -k "$release" new
	expect_status 0
	# The other test covers variants that both kernels judge alike; make check-all runs all on both.
	variants_agree new "$release" "$([ -n "${LONG-}" ] || echo -d)"
	outpost vm down new
}

# This machine has only the tree; the board has the image of its kernel, which contains the keys.
test_the_boards_kernel_image_has_the_keys() {
	needs_vm
	local release here=${XDG_CACHE_HOME:-$HOME/.cache}/outpost
	"$OUTPOST" -q kernel sync >/dev/null || fail "cannot make the kernel tree"
	release=$(board_release vm)
	board "cat /lib/modules/$release/kernel/lib/crc-itu-t.ko" >signed.ko
	sed 's/license=/licence=/' signed.ko >changed.ko
	mkdir -p cache/outpost
	ln -s "$here/trees" cache/outpost/trees
	export XDG_CACHE_HOME=$WORK/cache
	outpost --json check changed.ko
	expect_json '.modules[0].problems[] | select(.kind == "signature") | .fatal' false
	board "mkdir -p /boot && cat >/boot/vmlinuz-$release" <"$here/vm/$release/vmlinuz" || fail "cannot copy the kernel image to the board"
	outpost --json check signed.ko changed.ko
	expect_status 1
	expect_err "which keys its kernel has (once per kernel)"
	expect_json '.modules[] | select(.path | endswith("/signed.ko")) | .loads' true
	expect_json '.modules[] | select(.path | endswith("/signed.ko")) | .problems | length' 0
	expect_json '.modules[] | select(.path | endswith("/changed.ko")) | .problems[] | select(.kind == "signature") | .fatal' true
	board "rm -r /boot"
	outpost check changed.ko
	expect_status 1
	expect_silent err
	[ "$(du -sk cache/outpost/kernels | cut -f1)" -lt 100 ] || fail "the whole image was cached"
}

# A compressed module is unpacked before it is sent. --no-check sends a module that the check refuses.
test_compressed_modules_and_no_check() {
	build_them "$(board_release "${BOARD-vm}")"
	cp "$victim" victim.ko
	xz -k victim.ko
	gzip -k victim.ko
	zstd -qk victim.ko
	for packed in victim.ko.xz victim.ko.gz victim.ko.zst; do
		outpost check "$packed"
		expect_status 0
		outpost --json test "$packed"
		expect_status 0
		expect_json '.results[0].verdict' pass
	done
	sed 's/license=GPL/license=Own/' <"$victim" >victim.ko
	outpost --json test victim.ko
	expect_status 3
	expect_json '.results[0].phase' check
	expect_err "gpl-only"
	expect_err "--no-check"
	outpost --json test --no-check victim.ko
	expect_status 1
	expect_json '.results[0].phase' load
	expect_json '.results[0].verdict' fail
	head -c 2000 "$victim" >victim.ko
	outpost --json test --no-check victim.ko
	expect_status 1
	expect_json '.results[0].phase' load
	expect_clean_board victim
}
