# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Real trees, as Debian ships them, unchanged.

dkms() { # PACKAGE
	"$OUTPOST" -q unpack "$PWD/$1" "$1" || fail "$1 cannot be had"
	find "$1" -type f -print0 | sort -z | xargs -0 sha256sum >before
	outpost --json test "$1"/usr/src/*
	find "$1" -type f -print0 | sort -z | xargs -0 sha256sum >after
	cmp before after || fail "the sources were written to"
	expect_status 0
	expect_json '[.results[] | select(.verdict != "pass" and .verdict != "skip")] | length' 0
}

test_v4l2loopback() {
	dkms v4l2loopback-dkms
	expect_json .summary.pass 1
}

test_dm_writeboost() {
	dkms dm-writeboost-dkms
	expect_json .summary.pass 1
}

test_lttng_modules() {
	dkms lttng-modules-dkms
	[ "$(jq .summary.pass out)" -ge 40 ] || fail "only $(jq -c .summary out) of dozens"
}
