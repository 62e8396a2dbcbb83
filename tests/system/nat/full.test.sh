# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Whole Debians on both ends: virtual Pis behind tap, bridge and NAT.

. tests/system/nat/faults.sh

# outpost with QEMU among the processes and interfaces of the router's machine, so that it ends with the test.
vm_outpost() {
	nsenter -t "$(<"$WORK/net/.init")" -n -p -- env XDG_STATE_HOME="$WORK/state" XDG_RUNTIME_DIR="$WORK/run" \
		XDG_CONFIG_HOME="$WORK/config" OUTPOST_YES=1 "$OUTPOST" "$@"
}

# Starts a full virtual Pi whose network is the bridge. full_up NAME BRIDGE
full_up() {
	command -v qemu-img >/dev/null || skip "qemu-img is not installed: apt-get install qemu-utils"
	mkdir -p "$WORK/run"
	chmod 700 "$WORK/run"
	on_network_of net ip tuntap add "$1" mode tap
	on_network_of net ip link set "$1" master "$2" up
	run vm_outpost vm up --full --tap "$1" "$1"
	! grep -qE 'Cannot (fetch|download) Debian' err || skip "cannot download Debian's packages"
	expect_status 0
}

on() { # NAME COMMAND
	vm_outpost -q -b "$1" shell -- "${*:2}"
}

test_a_whole_debian_behind_nat() {
	make_router
	full_up debian lan
	wait_until on debian 'ip -4 -o addr show | grep -q 192.168.77.' || fail "no lease: $(on debian ip addr)"
	on debian ip route show default | tee route
	[ "$(wc -l <route)" = 1 ] || fail "it has other default routes"
	grep -q 'via 192.168.77.1 ' route || fail "its default route is not the router"
	on debian ping -c 1 -W 5 192.168.77.1
	on debian 'echo nameserver 192.168.77.1 | sudo tee /etc/resolv.conf >/dev/null'
	on debian getent hosts "$GW_NAME" | tee resolved
	grep -q "$GW_ADDRESS" resolved || fail "the gateway's name is not resolved"
	vm_outpost -q vm down debian
}
