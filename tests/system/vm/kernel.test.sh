# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Kernel trees from packages and from a board, and for two kernels side by side.

# package NAME VERSION ARCH [DEPENDS]: packs the folder NAME into repo/NAME.deb.
package() {
	mkdir -p "$1/DEBIAN" repo
	cat >"$1/DEBIAN/control" <<-END
		Package: $1
		Version: $2
		Architecture: $3
		Maintainer: a test <nobody@localhost>
		Depends: ${4:-base-files}
		Description: made by Outpost's tests
	END
	dpkg-deb --root-owner-group -Zgzip -z1 -b "$1" "repo/$1.deb" >/dev/null || fail "dpkg-deb $1"
}

# use_archive NAME KEY: configures repo/ as an archive.
use_archive() {
	cat >outpost.conf <<-END
		[archive.$1]
		url = file:$WORK/repo
		suite = ./
		key = $WORK/$2
	END
}

# Makes repo/ an archive, signed with a new key, key.gpg.
sign_archive() {
	export GNUPGHOME=$WORK/gpg
	mkdir -m 700 "$GNUPGHOME"
	gpg --batch -q --passphrase '' --quick-gen-key test@localhost rsa2048 sign 2>gpg.err ||
		fail "cannot make a key: $(cat gpg.err)"
	gpg -q --export >key.gpg || fail "cannot export the key"
	(
		set -e
		cd repo
		dpkg-scanpackages -m . /dev/null >Packages 2>scan.err || { cat scan.err; exit 1; }
		printf 'Origin: Test\nSuite: test\nSHA256:\n %s %s Packages\n' \
			"$(sha256sum Packages | cut -d' ' -f1)" "$(stat -c %s Packages)" >Release
		gpg --batch -q --clearsign -o InRelease Release
	) || fail "cannot make the archive"
	gpgconf --kill all
}

# rpi_packages DEBIAN-RELEASE FLAVOUR RPI-FLAVOUR [VERSION]: packs Debian's headers with the names and
# layout of RPi-Distro/linux-packaging, because the real packages are not available: 6.12.25+rpt-rpi-v8,
# the common tree linux-headers-6.12.25+rpt-common-rpi, and linux-kbuild-6.12.25+rpt only for arm64.
rpi_packages() {
	local debian=${1%-"$2"} rpi version=1:6-1+rpt1 name
	rpi=${4:-${debian%%+*}}+rpt
	[ -d from ] || "$OUTPOST" -q unpack --arch arm64 from "linux-headers-$debian-common" \
		"linux-kbuild-$debian" || fail "cannot unpack Debian's headers"
	"$OUTPOST" -q unpack --arch arm64 "from-$2" "linux-headers-$1" || fail "cannot unpack the headers of $1"
	name=linux-headers-$rpi-rpi-$3
	mkdir -p "$name/usr/src" "$name/lib/modules/$rpi-rpi-$3"
	cp -r "from-$2/usr/src/linux-headers-$1" "$name/usr/src/$name"
	ln -s "/usr/src/$name" "$name/lib/modules/$rpi-rpi-$3/build"
	grep -rlF "$debian" "$name/usr/src" | xargs sed -i \
		"s/linux-headers-$debian-common/linux-headers-$rpi-common-rpi/g; s/$1/$rpi-rpi-$3/g"
	ln -sfn "../../lib/linux-kbuild-$rpi/scripts" "$name/usr/src/$name/scripts"
	ln -sfn "../../lib/linux-kbuild-$rpi/tools" "$name/usr/src/$name/tools"
	package "$name" "$version" arm64 "linux-headers-$rpi-common-rpi (= $version), linux-kbuild-$rpi"
	[ ! -e "repo/linux-kbuild-$rpi.deb" ] || return 0
	name=linux-headers-$rpi-common-rpi
	mkdir -p "$name/usr/src"
	cp -r "from/usr/src/linux-headers-$debian-common" "$name/usr/src/$name"
	ln -sfn "../../lib/linux-kbuild-$rpi/scripts" "$name/usr/src/$name/scripts"
	ln -sfn "../../lib/linux-kbuild-$rpi/tools" "$name/usr/src/$name/tools"
	package "$name" "$version" all
	name=linux-kbuild-$rpi
	mkdir -p "$name/usr/lib"
	cp -r "from/usr/lib/linux-kbuild-$debian" "$name/usr/lib/$name"
	package "$name" "$version" arm64
}

test_an_archive_laid_out_as_in_raspberry_pi_os() {
	local debian rpi
	own_cache
	debian=$(newest 6.12 arm64)
	[ -n "$debian" ] || skip "Debian has no 6.12 for this release"
	rpi=${debian%%+*}+rpt
	rpi_packages "$debian" arm64 v8
	rpi_packages "$debian-16k" arm64-16k 2712
	sign_archive
	use_archive raspios key.gpg
	outpost kernel add "$rpi-rpi-v8"
	expect_status 0
	outpost kernel add "$rpi-rpi-2712"
	expect_status 0
	outpost --json kernel list
	expect_json '[.kernels[].release] | sort | join(" ")' "$rpi-rpi-2712 $rpi-rpi-v8"
	for flavour in v8:y: 2712::y; do
		IFS=: read -r name small large <<<"$flavour"
		"$OUTPOST" build --kernel "$rpi-rpi-$name" "$TOP/modules/hello" >table 2>err || fail "$(cat err)"
		find cache -name hello.ko -path "*$name*" -exec modinfo -F vermagic {} + >magic
		grep -q "^$rpi-rpi-$name SMP" magic || fail "the module is for $(cat magic)"
		config=cache/outpost/trees/$rpi-rpi-$name/usr/src/linux-headers-$rpi-rpi-$name/.config
		[ "$(sed -n 's/^CONFIG_ARM64_4K_PAGES=//p' "$config")" = "$small" ] || fail "$name: CONFIG_ARM64_4K_PAGES should be '$small'"
		[ "$(sed -n 's/^CONFIG_ARM64_16K_PAGES=//p' "$config")" = "$large" ] || fail "$name: CONFIG_ARM64_16K_PAGES should be '$large'"
	done
}

# Debian does not have this series, so qemu runs the arm64 programs of the tree.
test_programs_for_arm64_are_run_through_qemu() {
	local debian
	[ "$(uname -m)" != aarch64 ] || skip "this machine runs arm64 programs itself"
	use_packages "$(apt-cache show qemu-user-static | grep -q '^Depends:.*qemu-user ' && echo qemu-user || echo qemu-user-static)"
	own_cache
	debian=$(newest 6.12 arm64)
	[ -n "$debian" ] || skip "Debian has no 6.12 for this release"
	rpi_packages "$debian" arm64 v8 9.9.9
	sign_archive
	use_archive raspios key.gpg
	outpost kernel add 9.9.9+rpt-rpi-v8
	expect_status 0
	expect_err "run in qemu-user"
	outpost build --kernel 9.9.9+rpt-rpi-v8 "$TOP/modules/hello"
	expect_status 0
	find cache -name hello.ko -exec modinfo -F vermagic {} + >magic
	grep -q '^9.9.9+rpt-rpi-v8 SMP' magic || fail "the module is for $(cat magic)"
}

test_an_archive_that_its_key_did_not_sign_is_refused() {
	own_cache
	mkdir -p other/usr
	cd "$WORK" || exit 1
	package other 1 arm64
	sign_archive
	mv key.gpg old.gpg
	rm -r gpg repo/InRelease
	sign_archive
	use_archive strange old.gpg
	outpost kernel add 6.12.1+rpt-rpi-v8
	expect_status 3
	expect_err "strange cannot be reached"
	expect_err "No source has a kernel tree for '6.12.1+rpt-rpi-v8'"
	[ ! -e "cache/outpost/trees/6.12.1+rpt-rpi-v8" ] || fail "a tree was made"
}

# A second vm runs Debian's kernel of another series than the suite's vm.
test_two_kernels_side_by_side() {
	local other
	needs_vm
	own_cache
	other=$(newest 6.12 arm64)
	[ -n "$other" ] || skip "Debian has no 6.12 for this release"
	"$OUTPOST" -q vm up newer --kernel "$other" --timeout 120 || fail "the second vm does not boot"
	for board in vm newer; do
		outpost -b $board --json test "$TOP/modules/hello" # makes the tree
		expect_status 0
		expect_json '.results[0].verdict' pass
		expect_json '.results[0].ktap.pass' 3
		jq -r .kernel out >"kernel.$board"
	done
	[ "$(<kernel.newer)" = "$other" ] || fail "the second vm runs $(<kernel.newer)"
	[ "$(<kernel.vm)" != "$other" ] || fail "both vms run $other"
	outpost --json kernel list
	expect_json '.kernels | length' 2
	for board in vm newer; do
		outpost -b $board --json kernel verify
		expect_status 0
		expect_json .fits true
		expect_json .release "$(<kernel.$board)"
		expect_json '[.facts[] | select(.fits == "yes") | .what] | sort | join(" ")' \
			"compiler content pages release symbols"
	done
	# The tree of one does not fit the other.
	outpost -b vm kernel verify "$other"
	expect_status 1
	expect_out "NOT  release"
	expect_out "NOT  symbols"
	# The board now boots another kernel.
	"$OUTPOST" -q vm down newer
	"$OUTPOST" kernel remove "$(<kernel.vm)"
	"$OUTPOST" -q vm up newer --kernel "$(<kernel.vm)" --timeout 120 || fail "the second vm does not boot again"
	outpost -b newer --json test "$TOP/modules/hello"
	expect_status 0
	expect_err "Board newer now runs $(<kernel.vm), not $other"
	expect_json .kernel "$(<kernel.vm)"
	expect_json '.results[0].verdict' pass
	# Again, with a module that does not compile for, and one that does not fit, the kernel it ran before.
	printf %s "$other" >"$XDG_STATE_HOME/outpost/boards/newer/release"
	mkdir older
	echo 'obj-m := older.o' >older/Kbuild
	printf '#include <linux/%s.h>\n' module version >older/older.c
	printf '%s\n' '#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)' '#error "not ported yet"' '#endif' \
		'MODULE_LICENSE("GPL");' >>older/older.c
	outpost -b newer --json test older
	expect_status 0
	expect_err "Board newer now runs $(<kernel.vm), not $other"
	expect_json '.results[0].verdict' pass
	outpost -q --json build --kernel "$(<kernel.vm)" older
	printf %s "$other" >"$XDG_STATE_HOME/outpost/boards/newer/release"
	outpost -b newer --json test "$(jq -r '.modules[0].path' out)"
	expect_status 0
	expect_json '.results[0].verdict' pass
	"$OUTPOST" -q vm down newer
}

# Installs headers on the vm "headers": Debian's real programs and makefiles, a few headers, and files
# that no build needs.
headers_on_board() {
	local release=$1 build common kbuild=usr/lib/linux-kbuild-6.1
	build=usr/src/linux-headers-$release common=usr/src/linux-headers-${release%-arm64}-common
	"$OUTPOST" -q unpack --arch arm64 from "linux-headers-$release" "${common#usr/src/}" linux-kbuild-6.1 ||
		fail "cannot unpack the headers of $release"
	mkdir -p "board/$build/Documentation" "board/$build/drivers" "board/$build/arch/x86" \
		"board/$common/include/linux" "board/$kbuild"
	cp -r "from/$build/"{Makefile,.config,Module.symvers,include,scripts,tools} "board/$build"
	cp "from/$common/Makefile" "board/$common"
	cp "from/$common/include/linux/module.h" "board/$common/include/linux"
	cp -r "from/$kbuild/scripts" "board/$kbuild"
	ln -s ../../lib/linux-kbuild-6.1/scripts "board/$common/scripts"
	ln -s /etc/passwd "board/$build/include/elsewhere"
	echo x | tee "board/$build/Documentation/x.rst" "board/$build/drivers/a.c" "board/$build/drivers/a.h" \
		"board/$build/arch/x86/a.h" "board/$build/vmlinux.o" >"board/$build/include/a.o"
	tar -C board --owner=0 --group=0 -czf board.tgz usr
	"$OUTPOST" -q -b headers shell -- "tar xzf - -C / && mkdir -p /root/m/$release && \
		ln -s /$build /root/m/$release/build && ln -s /$common /root/m/$release/source && \
		mount --bind /root/m /lib/modules" <board.tgz || fail "cannot copy the headers to the vm"
}

# Starts 'kernel sync', and returns when part of the tree has arrived. Sets $! to its pid.
sync_until_it_arrives() {
	local _
	touch begun # tells new files from those that a killed sync left
	"$OUTPOST" -b headers kernel sync >out 2>err </dev/null &
	for _ in $(seq 300); do
		[ -z "$(find cache/outpost -path '*/trees/*' -name zeroes -size +1M -newer begun)" ] || return 0
		sleep 0.1
	done
	fail "no file arrived: $(cat err)"
}

expect_no_tree() {
	outpost --json kernel list
	expect_json '.kernels | length' 0
	[ -z "$(compgen -G "cache/outpost/trees/$1*")" ] || fail "there is a tree for $1"
}

test_headers_of_the_board() {
	local release trees=cache/outpost/trees root
	needs_vm
	"$OUTPOST" -q vm up headers --timeout 120 || fail "the vm does not come up"
	own_cache
	release=$("$OUTPOST" -q -b headers shell -- uname -r)
	headers_on_board "$release"
	hide_arm64_packages
	root=$trees/$release@headers

	# A killed sync, and a cut link, leave nothing that looks complete.
	"$OUTPOST" -q -b headers shell -- "dd if=/dev/urandom bs=1M count=60 of=/usr/src/linux-headers-$release/include/zeroes 2>/dev/null" ||
		fail "cannot add a big file to the headers"
	sync_until_it_arrives
	kill -KILL $!
	ends_with 137 $! || fail "the sync ended before it was killed: $(cat err)"
	expect_no_tree "$release"
	sync_until_it_arrives
	"$OUTPOST" -q vm unplug headers
	ends_with 3 $! || fail "the status is not 3: $(cat err)"
	"$OUTPOST" -q vm plug headers
	expect_err "headers"
	expect_no_tree "$release"
	[ -z "$(find $trees -name '.new-*')" ] || fail "files were left behind: $(ls -a $trees)"
	"$OUTPOST" -q -b headers shell -- "rm /usr/src/linux-headers-$release/include/zeroes"

	outpost -b headers --json kernel sync
	expect_status 0
	expect_json '.kernels[0].source' board
	find "$root" -type f -o -type l | sed "s|^$root/||" | sort >files
	for name in "linux-headers-$release/drivers/a.h" "linux-headers-${release%-arm64}-common/include/linux/module.h"; do
		grep -q "^usr/src/$name\$" files || fail "$name was not copied"
	done
	! grep -E 'x.rst|a\.c$|/arch/x86/|\.o$|elsewhere|passwd' files || fail "files that no build needs were copied"
	grep -q "include .*\.\./usr/src/linux-headers-${release%-arm64}-common/Makefile" \
		"$root/usr/src/linux-headers-$release/Makefile" || fail "the makefile includes the wrong file"
	[ "$(uname -m)" = aarch64 ] ||
		! file "$root"/usr/lib/linux-kbuild-*/scripts/{basic/fixdep,mod/modpost} | grep aarch64 || fail "the programs are for arm64"
	outpost -b headers kernel verify
	expect_status 0
	expect_out "ok   content"
	expect_out "ok   board     made from what board headers sent"
	echo x >"$root/usr/src/linux-headers-$release/Makefile"
	outpost kernel verify "$release@headers"
	expect_status 1
	expect_out "Makefile has changed"
	outpost kernel remove "$release"
	expect_status 3
	outpost kernel remove "$release@headers"
	expect_status 0
	expect_no_tree "$release"
	"$OUTPOST" -q vm down headers
}
