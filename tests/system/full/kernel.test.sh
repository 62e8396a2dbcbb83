# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Makes a kernel tree from a board that has the headers installed.

# As on a user's board: dpkg installs them in a whole Debian, and they are read through sudo.
test_headers_installed_in_a_full_debian() {
	local release tree
	full_up headed --net
	own_cache
	release=$("$OUTPOST" -q -b headed shell -- uname -r)
	tree=cache/outpost/trees/$release@headed
	outpost -q unpack --arch arm64 packages "linux-headers-$release"
	expect_status 0
	hide_arm64_packages # which come before the board's headers
	# Without their dependencies: the board needs no compiler.
	# shellcheck disable=SC2016
	run "$OUTPOST" -q -b headed shell -- 'set -e; cd /tmp; sudo apt-get -qq update
		h=linux-headers-$(uname -r); apt-cache depends $h | grep -oE "linux-(headers|kbuild)-[^ ]*" >needs
		apt-get -qq download $h $(cat needs)
		sudo dpkg --force-depends --force-unsafe-io -i ./linux-*.deb'
	expect_status 0
	outpost -b headed --json test "$TOP/modules/hello"
	expect_status 0
	expect_err "from board headed"
	expect_json '.results[0].verdict' pass
	outpost --json kernel list
	expect_json '.kernels[] | "\(.release) \(.source)"' "$release board"
	cmp {packages,"$tree"}/usr/src/linux-headers-"$release"/Module.symvers || fail "Module.symvers is not the one in the package"
	outpost -b headed --json kernel verify
	expect_status 0
	expect_json .fits true
	expect_json '[.facts[] | select(.fits == "yes") | .what] | contains(["symbols", "content", "pages"])' true
	"$OUTPOST" -q vm down headed
}
