# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# What the gateway shows of a real tunnel: tunnel status, tunnel test, and status.

tunnel_of() { # FILTER
	dev "$OUTPOST" --json tunnel status pi | jq -e ".boards[0] | $1"
}

test_status_and_test_of_a_real_tunnel() {
	make_tunnel
	wait_until tunnel_of '.state == "up" and .pings >= 3' >status.out 2>&1 || fail "not up: $(cat status.out; show_machines)"
	dev "$OUTPOST" tunnel status
	tunnel_of '.lost == 0 and .rtt_us.p50 < 500000 and .received_bytes > 1000 and .sent_bytes > 1000 and .reconnects == 0' ||
		fail "wrong figures: $(dev "$OUTPOST" --json tunnel status)"
	# Every leg that a developer can try.
	dev "$OUTPOST" tunnel test pi >test.out || fail "a leg fails: $(cat test.out)"
	# As with sudo: root reads sshd's configuration, the user logs in.
	gw env SUDO_UID="$(gw id -u dev)" "$OUTPOST" --json tunnel test pi >test.json || fail "a leg fails: $(cat test.json)"
	jq -e '[.legs[].state] | unique == ["ok"]' test.json || fail "a leg was left out: $(cat test.json)"
	# A user who is not in the group.
	add_user gw other
	! gw env SUDO_UID="$(gw id -u other)" "$OUTPOST" tunnel test pi >test.out || fail "no leg fails: $(cat test.out)"
	grep -qE '^host key +FAILED +You may not use board pi' test.out || fail "another leg fails: $(cat test.out)"
	! gw runuser -u other -- "$OUTPOST" tunnel test pi >test.out || fail "no leg fails: $(cat test.out)"
	grep -qF 'run usermod -aG outpost other' test.out || fail "it does not say what to do: $(cat test.out)"
	# The link is cut, and comes back.
	cut_link
	wait_until tunnel_of '.state == "down"' || fail "it is not down"
	mend_link
	wait_until tunnel_of '.state == "up" and .reconnects == 1 and .outages[0].cause != null' || fail "no outage: $(dev "$OUTPOST" tunnel status pi)"
	dev "$OUTPOST" tunnel status pi
	# The tunnel's service on the board is stopped.
	pi systemctl stop outpost-tunnel
	wait_until tunnel_of '.state == "down"' || fail "it is not down"
	! dev "$OUTPOST" tunnel test pi >test.out || fail "no leg fails: $(cat test.out)"
	cat test.out
	grep -qE '^(socket|listener) +FAILED' test.out || fail "another leg fails"
	dev "$OUTPOST" status >status.out
	cat status.out
	grep -qF 'tunnel  down for' status.out || fail "status does not show it"
}
