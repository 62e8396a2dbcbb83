# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash

# Compares the headers package's Module.symvers with ours. Prints one line of counts, and appends the
# differences to the file "differ".
compare() { # REFERENCE OURS
	awk -F'\t' '
		NR == FNR { crc[$2] = $1; module[$2] = $3; type[$2] = $4; space[$2] = $5; total++; next }
		!($2 in crc) { strange++; print "strange", $0 >"differ"; next }
		crc[$2] == $1 { right++ }
		crc[$2] != $1 { wrong++; print "wrong", $0 >"differ" }
		module[$2] != $3 { module_wrong++; print "module", $0 >"differ" }
		space[$2] != $5 { space_wrong++; print "namespace", space[$2], $0 >"differ" }
		type[$2] == "EXPORT_SYMBOL" && $4 != type[$2] { strict++ }
		type[$2] != "EXPORT_SYMBOL" && $4 != type[$2] { lax++ }
		END {
			printf "%d of %d symbols, %d wrong, %d strange, module wrong: %d, ", \
				right, total, wrong, strange, module_wrong
			printf "namespace wrong: %d, taken for GPL: %d, GPL not known: %d\n", \
				space_wrong, strict, lax
		}' "$1" "$2"
}

expect_symbols() { # TREE
	local counts
	: >differ
	counts=$(compare "$headers/Module.symvers" "$1/Module.symvers")
	echo "$counts"
	case $counts in
	*", 0 wrong, 0 strange, module wrong: 0, namespace wrong: 0, "*", GPL not known: 0") ;;
	*) fail "the symbols differ from the headers package: $counts, $(cat differ)" ;;
	esac
	[ "${counts%% *}" -gt 17000 ] || fail "only $counts"
}

# The kernel has CONFIG_MODVERSIONS, so it refuses a module without CRCs.
expect_hello_loads() {
	outpost --json -b vm test "$TOP/modules/hello"
	expect_status 0
	expect_json '.results[].verdict' pass
	find cache -name hello.ko -exec modprobe --dump-modversions {} \; | grep -q module_layout ||
		fail "the module was built without CRCs"
}

# Installs what a kernel package puts on a board. The virtual Pi has only the modules.
install_config() {
	board "mkdir -p /boot && cat >/boot/config-$release" <"$headers/.config" || fail "cannot install the configuration on the board"
}

# Makes a repository of the sources of the board's kernel, which all tests share. Its defconfig is
# the configuration of Debian's kernel.
repository() {
	local version source
	repository=$ALL/linux
	[ ! -e "$repository/.whole" ] || return 0
	"$OUTPOST" -q unpack --arch arm64 "$WORK/packed" linux-source-6.1 ||
		skip "cannot unpack linux-source-6.1"
	version=$(board 'cat /proc/version')
	source=$(zcat packed/usr/share/doc/linux-source-6.1/changelog.Debian.gz | sed -n '1s/.*(\(.*\)).*/\1/p')
	case $version in
	*"Debian $source "*) ;;
	*) skip "linux-source-6.1 is $source, but the board runs $version" ;;
	esac
	rm -rf "$repository"
	mkdir "$repository"
	tar -xf packed/usr/src/linux-source-6.1.tar.xz -C "$repository" --strip-components=1 ||
		fail "cannot unpack the sources"
	rm -r packed
	cp "$headers/.config" "$repository/arch/arm64/configs/board_defconfig"
	git -C "$repository" init -q
	git -C "$repository" add -Af
	git -C "$repository" -c user.name=test -c user.email=test@localhost -c gc.auto=0 \
		commit -q -m "$source" || fail "cannot make a repository"
	touch "$repository/.whole"
}

# Sets $release, $headers and $commit. The cache has no tree, and Debian's archive cannot be reached.
set_the_stage() {
	local cache=${XDG_CACHE_HOME:-$HOME/.cache}/outpost
	needs_vm
	"$OUTPOST" -q kernel sync >/dev/null || fail "cannot make the tree to compare with"
	release=$(board uname -r)
	headers=$("$OUTPOST" kernel path "$release")
	repository
	commit=$(git -C "$repository" rev-parse HEAD)
	mkdir -p cache/outpost
	echo 'Dir::Bin::methods "/nonexistent/";' >apt.conf
	export APT_CONFIG=$WORK/apt.conf
	ln -s "$cache/vm" cache/outpost/
	export XDG_CACHE_HOME=$WORK/cache
	board 'rm -rf /boot/config-* /usr/share/doc/linux-image-*'
}

test_a_module_built_with_sources_and_the_boards_symbols_loads() {
	local release headers repository commit tree
	set_the_stage
	install_config

	outpost -b vm kernel add --git "$repository" --commit "$commit" 6.0.0-other
	expect_status 3
	expect_err "not 6.0.0-other"

	outpost -b vm kernel add --git "$repository" --commit "$commit" "$release"
	expect_status 0
	tree=$(<out)
	! grep "come out differently" err || fail "the configuration differs from the board's"
	[ "$(du -sm "$tree" | cut -f1)" -lt 200 ] || fail "the tree is larger than 200 MB: $(du -sm "$tree")"
	expect_symbols "$tree"

	outpost -b vm kernel verify
	expect_status 0
	for what in content release config pages compiler symbols; do
		grep -q "^ok *$what " out || fail "verify does not report that the $what fits"
	done
	expect_hello_loads
}

# 'kernel sync' tries the repository last, and uses the commit that the board's package names.
test_sync_takes_the_commit_that_the_boards_package_names() {
	local release headers repository commit doc
	set_the_stage
	install_config
	printf '[kernel.git]\nurl = %s\n' "$repository" >outpost.conf

	outpost -b vm kernel sync
	expect_status 3
	expect_err "Debian cannot be reached"
	expect_err "no commit of the repository was given (--commit)"

	doc=/usr/share/doc/linux-image-$release
	printf 'linux (1:6.1-1+rpt1) bookworm; urgency=medium\n\n  * Linux commit: %s\n\n -- A <a@b>  Mon, 1 Jan\n' \
		"$commit" | gzip | board "mkdir -p $doc && cat >$doc/changelog.Debian.gz"
	outpost --json -b vm kernel sync
	expect_status 0
	expect_json '.kernels[0].source' git
	expect_json '.kernels[0].release' "$release"
	expect_symbols "$(jq -r '.kernels[0].build' out)"
	outpost -b vm kernel verify
	expect_status 0
}

# The configuration of the board's kernel is unknown.
test_a_defconfig_when_the_boards_configuration_is_unknown() {
	local release headers repository commit tree
	set_the_stage

	outpost -b vm kernel add --git "$repository" --commit "$commit"
	expect_status 3
	expect_err "its configuration is unknown (use --defconfig)"

	outpost -b vm kernel add --git "$repository" --commit "$commit" --defconfig no_such_defconfig
	expect_status 3
	expect_err "no_such_defconfig"

	printf '[kernel.git]\nurl = %s\ncommit = %s\ndefconfig = board_defconfig\n' "$repository" "$commit" >outpost.conf
	outpost -b vm kernel sync
	expect_status 0
	tree=$(<out)
	outpost -b vm kernel verify
	expect_status 0
	grep -q "^? *config " out || fail "verify does not report that the configuration is unknown"
	# Now the board has its configuration: all that the defconfig left open must be as in the board's kernel.
	install_config
	outpost -b vm kernel verify
	diff <(grep -o '^CONFIG_.*' "$headers/.config" | sort) <(grep -o '^CONFIG_.*' "$tree/.config" | sort) |
		grep '^[<>]' | grep -v COMPAT_VDSO >differ || true
	[ ! -s differ ] || fail "the configuration differs: $(cat differ)"
	expect_hello_loads
}
