# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Real trees, as Debian ships them, unchanged.

dkms() { # BOARD PACKAGE
	"$OUTPOST" -q unpack "$PWD/$2" "$2" || fail "$2 cannot be had"
	find "$2" -type f -print0 | sort -z | xargs -0 sha256sum >before
	outpost -b "$1" --json test "$2"/usr/src/*
	find "$2" -type f -print0 | sort -z | xargs -0 sha256sum >after
	cmp before after || fail "the sources were written to"
	expect_status 0
	expect_json '[.results[] | select(.verdict != "pass" and .verdict != "skip")] | length' 0
}

test_v4l2loopback() {
	dkms vm v4l2loopback-dkms
	expect_json .summary.pass 1
}

test_dm_writeboost() {
	dkms vm dm-writeboost-dkms
	expect_json .summary.pass 1
}

# Debian 12's lttng-modules 2.13.9 does not compile for 6.1.0-50 and later, whose hrtimer_start
# tracepoint has one argument more (plain make says the same): an earlier kernel of that release.
test_lttng_modules() {
	local kernel=
	if grep -q 'VERSION_ID="12"' /etc/os-release; then
		kernel=6.1.0-47-arm64
	fi
	outpost vm up ${kernel:+--kernel "$kernel"} lttng
	expect_status 0
	dkms lttng lttng-modules-dkms
	[ "$(jq .summary.pass out)" -ge 40 ] || fail "only $(jq -c .summary out) of dozens"
	outpost vm down lttng
	expect_status 0
}
