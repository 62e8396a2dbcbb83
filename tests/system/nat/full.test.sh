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

# A developer's machine, which reaches the board only through the gateway. It has this machine's cache of kernel
# trees. laptop COMMAND...
laptop() {
	in_node laptop env OUTPOST_YES=1 XDG_CACHE_HOME="${CACHE%/outpost}" "$@"
}

# Makes it, with a key that the gateway's user dev and the board's user pi know.
make_laptop() {
	local ssh=$WORK/laptop/root/.ssh
	export CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/outpost
	make_disk laptop
	boot laptop plain
	mkdir -m 700 "$ssh"
	ssh-keygen -q -t ed25519 -N '' -C laptop -f "$ssh/id_ed25519"
	printf 'Host gateway\n\tHostName %s\n\tUser dev\n' "$GW_ADDRESS" >"$ssh/config"
	printf '%s %s\n' "$GW_ADDRESS" "$(cut -d' ' -f1,2 "$WORK/gw/etc/ssh/ssh_host_ed25519_key.pub")" >"$ssh/known_hosts"
	authorize gw dev "$ssh/id_ed25519.pub"
}

# A full virtual Pi behind the NAT joins the gateway as debian.
join_debian() {
	full_up debian lan
	on debian 'echo nameserver 192.168.77.1 | sudo tee /etc/resolv.conf >/dev/null'
	gw "$OUTPOST" tunnel invite debian --login pi --address "$GW_NAME" >line.debian
	on debian "$(<line.debian)" || fail "it does not join: $(on debian sudo journalctl -n 30 -u outpost-tunnel)"
	on debian 'mkdir -p .ssh && cat >>.ssh/authorized_keys' <"$WORK/laptop/root/.ssh/id_ed25519.pub"
}

# A module whose test takes 20 seconds.
make_slow_module() { # FOLDER
	mkdir -p "$1/test"
	printf 'obj-m := slow.o\n' >"$1/Kbuild"
	cat >"$1/slow.c" <<-'END'
		#include <linux/module.h>
		static int __init slow_init(void) { return 0; }
		static void __exit slow_exit(void) { }
		module_init(slow_init);
		module_exit(slow_exit);
		MODULE_LICENSE("GPL");
	END
	printf 'program = test/slow.sh\n' >"$1/test.conf"
	printf '#!/bin/sh\necho TAP version 13\ntouch /run/slow-runs\nsleep 20\necho ok 1 - slept\necho 1..1\n' >"$1/test/slow.sh"
	chmod +x "$1/test/slow.sh"
}

# The board debian, and a laptop that knows it by that name.
make_whole_path() {
	local release
	make_router
	make_disk gw
	boot gw
	expect_listening gw 22
	add_user gw dev
	make_gateway
	make_laptop
	join_debian
	release=$(on debian uname -r)
	"$OUTPOST" -q kernel add "$release" || skip "there is no kernel tree for $release"
	laptop "$OUTPOST" board add debian --gateway gateway
}

# The verdict arrives and is right, although the link was cut for 10 s while the module was tested.
test_a_test_through_the_tunnel_while_the_link_is_cut() {
	local connects
	make_whole_path
	make_slow_module "$WORK/slow"
	laptop "$OUTPOST" -b debian --json test "$WORK/slow" >out 2>err &
	host=$!
	wait_until slow_runs || fail "the test does not begin: $(cat out err)"
	connects=$(gw grep ^connects= /run/outpost/status/debian)
	cut_link
	sleep 10
	mend_link
	ends_with 0 $host || fail "the status is not 0: $(cat out err)"
	cat err
	[ "$(gw grep ^connects= /run/outpost/status/debian)" != "$connects" ] || fail "the tunnel was not cut"
	expect_json '.results[0].verdict' pass
	expect_json '.results[0].ktap.pass' 1
	vm_outpost -q vm down debian
}

# The board reboots, connects by itself, and the laptop gets what survived. The emulated board boots for minutes
# if this machine is busy.
test_a_crash_through_the_tunnel() {
	long_test
	make_whole_path
	laptop "$OUTPOST" -b debian --json test --return-timeout 900s "$TOP/tests/modules/crashers/null_init" \
		>out 2>err || any_status
	expect_json '.results[0].verdict' crash
	vm_outpost -q vm down debian
}

slow_runs() {
	on debian test -e /run/slow-runs || ! kill -0 "$host" 2>/dev/null
}

expect_json() { # FILTER VALUE
	local got
	got=$(jq -r "$1" out) || fail "standard output is not JSON: $(cat out err)"
	[ "$got" = "$2" ] || fail "$1: expected '$2', got '$got': $(cat out err)"
}
