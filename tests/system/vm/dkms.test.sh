# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Real modules, unchanged as Debian ships them.

dkms() { # PACKAGE [BOARD]
	"$OUTPOST" -q unpack "$PWD/$1" "$1" || fail "cannot unpack $1"
	find "$1" -type f -print0 | sort -z | xargs -0 sha256sum >before
	outpost ${2:+-b "$2"} --json test "$1"/usr/src/*
	find "$1" -type f -print0 | sort -z | xargs -0 sha256sum >after
	cmp before after || fail "the sources were changed"
	expect_status 0
	expect_json '[.results[] | select(.verdict != "pass" and .verdict != "skip")] | length' 0
}

test_v4l2loopback() {
	needs_namespaces
	dkms v4l2loopback-dkms
	expect_json .summary.pass 1
}

test_dm_writeboost() {
	needs_namespaces
	dkms dm-writeboost-dkms
	expect_json .summary.pass 1
}

# Debian 12's lttng-modules 2.13.9 does not compile for 6.1.0-50 and later, whose hrtimer_start
# tracepoint has one more argument (plain make fails too), so use an earlier kernel of that release.
test_lttng_modules() {
	needs_namespaces
	needs_vm
	long_test # forty modules
	local kernel=
	if grep -q 'VERSION_ID="12"' /etc/os-release; then
		kernel=6.1.0-47-arm64
	fi
	outpost vm up ${kernel:+--kernel "$kernel"} lttng
	expect_status 0
	dkms lttng-modules-dkms lttng
	[ "$(jq .summary.pass out)" -ge 40 ] || fail "expected at least 40 passed modules: $(jq -c .summary out)"
	outpost vm down lttng
	expect_status 0
}
