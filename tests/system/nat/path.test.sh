# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the tunnel costs: round trips, bytes and memory.

. tests/system/nat/faults.sh

# Measured the same way on the path itself: through router and NAT, without ssh.
test_the_tunnel_adds_less_than_two_milliseconds() {
	local path tunnel
	make_tunnel
	gw systemctl stop outpost-prober
	gw systemd-run -q --unit echo "$MEASURE" echo 7000
	wait_until listens gw 7000
	path=$(pi "$MEASURE" rtt "$GW_ADDRESS:7000" 2000)
	tunnel=$(gw "$MEASURE" rtt "${SOCKET%ssh}probe" 2000)
	echo "microseconds, p50 and p95: path $path; through the tunnel $tunnel" | figures round-trip
	# The 95th percentile says more about how busy this machine is.
	[ $((${tunnel% *} - ${path% *})) -lt 2000 ] || fail "the tunnel adds more than two milliseconds"
}
