# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Kernel trees: from packages, from a board, for two kernels side by side.

# A cache of the test's own, with the package lists and packages of the person's.
own_cache() {
	local apt=${XDG_CACHE_HOME:-$HOME/.cache}/outpost/apt arch
	mkdir -p "$WORK/cache/outpost/apt"
	for arch in arm64 amd64; do
		mkdir -p "$apt/$arch"
		ln -s "$apt/$arch" "$WORK/cache/outpost/apt/$arch"
	done
	export XDG_CACHE_HOME=$WORK/cache
}

# Debian's newest arm64 kernel of a series: newest 6.12 arm64
newest() {
	"$OUTPOST" -q unpack --arch arm64 "$WORK/none" linux-base # lists that are up to date
	apt-cache -c "$XDG_CACHE_HOME/outpost/apt/arm64/apt.conf" pkgnames "linux-headers-$1." |
		sed -n "s/^linux-headers-\([0-9.]*[-+][^-]*-$2\)$/\1/p" | sort -V | tail -1
}

# package NAME VERSION ARCH DEPENDS: what is in the folder NAME becomes NAME.deb in repo/.
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

# The archive of repo/, signed by a key of its own: key.gpg.
sign_archive() {
	export GNUPGHOME=$WORK/gpg
	mkdir -m 700 "$GNUPGHOME"
	gpg --batch -q --passphrase '' --quick-gen-key test@localhost rsa2048 sign 2>/dev/null
	gpg -q --export >key.gpg
	(
		cd repo || exit 1
		dpkg-scanpackages -m . /dev/null >Packages 2>/dev/null
		printf 'Origin: Test\nSuite: test\nSHA256:\n %s %s Packages\n' \
			"$(sha256sum Packages | cut -d' ' -f1)" "$(stat -c %s Packages)" >Release
		gpg --batch -q --clearsign -o InRelease Release
	)
	gpgconf --kill all
}

# rpi_packages DEBIAN-RELEASE FLAVOUR RPI-FLAVOUR: Debian's headers in the names and layout of
# RPi-Distro/linux-packaging, which is all that can be had of it here: 6.12.25+rpt-rpi-v8, the common
# tree linux-headers-6.12.25+rpt-common-rpi, kbuild for arm64 alone in linux-kbuild-6.12.25+rpt.
rpi_packages() {
	local debian=${1%-"$2"} rpi version=1:6-1+rpt1 name
	rpi=${debian%+*}+rpt
	[ -d from ] || "$OUTPOST" -q unpack --arch arm64 from "linux-headers-$debian-common" \
		"linux-kbuild-$debian" || fail "no headers of Debian's"
	"$OUTPOST" -q unpack --arch arm64 "from-$2" "linux-headers-$1" || fail "no headers of $1"
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

test_an_archive_laid_out_as_raspberry_pi_os_has_it() {
	local debian rpi
	own_cache
	debian=$(newest 6.12 arm64)
	[ -n "$debian" ] || skip "Debian has no 6.12 for this release"
	rpi=${debian%%+*}+rpt
	rpi_packages "$debian" arm64 v8
	rpi_packages "$debian-16k" arm64-16k 2712
	sign_archive
	cat >outpost.conf <<-END
		[archive.raspios]
		url = file:$WORK/repo
		suite = ./
		key = $WORK/key.gpg
	END
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
		[ "$(sed -n 's/^CONFIG_ARM64_4K_PAGES=//p' "$config")" = "$small" ] || fail "$name: 4K?"
		[ "$(sed -n 's/^CONFIG_ARM64_16K_PAGES=//p' "$config")" = "$large" ] || fail "$name: 16K?"
	done
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
	cat >outpost.conf <<-END
		[archive.strange]
		url = file:$WORK/repo
		suite = ./
		key = $WORK/old.gpg
	END
	outpost kernel add 6.12.1+rpt-rpi-v8
	expect_status 3
	expect_err "strange cannot be reached"
	expect_err "No source has a kernel tree for '6.12.1+rpt-rpi-v8'"
	[ ! -e "cache/outpost/trees/6.12.1+rpt-rpi-v8" ] || fail "a tree was made"
}
