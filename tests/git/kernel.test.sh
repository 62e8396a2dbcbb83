# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash

# The headers package's Module.symvers against the one that was put together: one line of counts.
compare() { # REFERENCE OURS
	awk -F'\t' '
		NR == FNR { crc[$2] = $1; module[$2] = $3; type[$2] = $4; total++; next }
		!($2 in crc) { strange++; next }
		crc[$2] == $1 { right++ }
		crc[$2] != $1 { wrong++ }
		module[$2] != $3 { module_wrong++ }
		type[$2] == "EXPORT_SYMBOL" && $4 != type[$2] { strict++ }
		type[$2] != "EXPORT_SYMBOL" && $4 != type[$2] { lax++ }
		END {
			printf "%d of %d symbols, %d wrong, %d strange, module wrong: %d, ", \
				right, total, wrong, strange, module_wrong
			printf "taken for GPL: %d, GPL not known: %d\n", strict, lax
		}' "$1" "$2"
}

# What the board has when its kernel's package is installed; the virtual Pi has but the modules.
install_config() {
	board "mkdir -p /boot && cat >/boot/config-$release" <"$headers/.config" || fail "no config on the board"
}

make_repository() {
	"$OUTPOST" -q unpack --arch arm64 "$WORK/packed" linux-source-6.1 ||
		skip "linux-source-6.1 cannot be had"
	version=$(board 'cat /proc/version')
	source=$(zcat packed/usr/share/doc/linux-source-6.1/changelog.Debian.gz | sed -n '1s/.*(\(.*\)).*/\1/p')
	case $version in
	*"Debian $source "*) ;;
	*) skip "linux-source-6.1 is $source, and the board runs another: $version" ;;
	esac
	tar -xf packed/usr/src/linux-source-6.1.tar.xz || fail "cannot unpack the sources"
	rm -r packed
	git -C linux-source-6.1 init -q
	git -C linux-source-6.1 add -Af
	git -C linux-source-6.1 -c user.name=test -c user.email=test@localhost -c gc.auto=0 \
		commit -q -m "$source" || fail "cannot make a repository"
}

test_a_module_loads_that_was_built_with_sources_and_the_symbols_of_the_board() {
	local cache=${XDG_CACHE_HOME:-$HOME/.cache}/outpost release headers version source tree commit counts
	needs_vm
	"$OUTPOST" -q kernel sync >/dev/null || fail "there is no tree to compare with"
	release=$(board uname -r)
	headers=$("$OUTPOST" kernel path "$release")
	install_config
	make_repository
	commit=$(git -C linux-source-6.1 rev-parse HEAD)
	mkdir -p cache/outpost
	ln -s "$cache/apt" "$cache/vm" cache/outpost/
	export XDG_CACHE_HOME=$WORK/cache

	outpost -b vm kernel add --git linux-source-6.1 --commit "$commit" 6.0.0-other
	expect_status 3
	expect_err "not 6.0.0-other"

	outpost -b vm kernel add --git linux-source-6.1 --commit "$commit" "$release"
	expect_status 0
	tree=$(<out)
	[ "$(du -sm "$tree" | cut -f1)" -lt 200 ] || fail "the tree has $(du -sm "$tree")"
	counts=$(compare "$headers/Module.symvers" "$tree/Module.symvers")
	echo "$counts"
	echo "outpost: $counts" >&2
	case $counts in
	*", 0 wrong, 0 strange, module wrong: 0, "*", GPL not known: 0") ;;
	*) fail "symbols are not as in the headers package: $counts" ;;
	esac
	[ "${counts%% *}" -gt 17000 ] || fail "only $counts"

	outpost -b vm kernel verify
	grep -q "^ok *symbols" out || fail "verify does not find the board's CRCs in it"
	grep -q "^ok *release" out || fail "verify finds another release"

	# Without the CRCs it would be refused: the kernel has CONFIG_MODVERSIONS.
	grep -q '^CONFIG_MODVERSIONS=y' "$tree/.config" || fail "the kernel does not compare CRCs"
	outpost --json -b vm test "$TOP/modules/hello"
	expect_status 0
	expect_json '.results[].verdict' pass
	find cache -name hello.ko -exec modprobe --dump-modversions {} \; | grep -q module_layout ||
		fail "the module was built without CRCs"
}
