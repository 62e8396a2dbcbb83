# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# Source trees that take all room on the disk.
. tests/security/host_build.sh

# What links within a project lead to is copied, each time: here, a file of 5 GiB four to the power
# of twelve times.
test_links_that_multiply_the_sources() {
	local i link
	make_host_tree
	make_source project/m
	mkdir project/.git
	for i in {1..12}; do
		mkdir "project/$i"
		for link in a b c d; do ln -s "../$((i + 1))" "project/$i/$link"; done
	done
	mkdir project/13
	truncate -s 5G project/13/data
	ln -s ../1 project/m/more
	run bash -c 'ulimit -f 1000 && exec "$@"' - "$OUTPOST" build --no-tests --kernel "$release" project/m
	expect_status 1
	expect_err "is more than 200000 files or 4 GiB"
}
