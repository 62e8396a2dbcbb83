# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Attacks by what runs in a virtual Pi, or beside Outpost on a board.

# Does this vm reach a service on this machine's loopback? Any will do; here, the vm's own ssh.
reaches_loopback() { # VM
	local port
	port=$("$OUTPOST" --json vm status "$1" | jq '.vms[].port')
	"$OUTPOST" -q -b "$1" shell -- "nc -w 10 10.0.2.2 $port </dev/null | head -c 4" >heard
	[ "$(<heard)" = SSH- ]
}

# Modules run in the vm that may do anything; what listens on this machine's loopback trusts its users.
test_a_guest_and_the_loopback_of_this_machine() {
	needs_vm
	outpost vm up --net net
	expect_err "saved state"
	expect_err "can reach the services on this machine's loopback, as 10.0.2.2"
	outpost vm status net
	expect_out ", net"
	reaches_loopback net || fail "--net has no effect: the guest heard '$(<heard)'"
	! reaches_loopback vm || fail "the guest reached this machine's loopback"
	! board 'ping -c 1 -W 2 10.0.2.3 >/dev/null && nslookup localhost. 10.0.2.3' || fail "the guest reached a name server"
	outpost vm up --net
	expect_err "--net has no effect until the vm is restarted"
	outpost vm down net
}

# QEMU cannot start programs, so that what breaks out of the guest cannot either.
test_qemu_is_in_a_sandbox() {
	needs_vm
	local pid
	pid=$("$OUTPOST" --json vm status vm | jq '.vms[].pid')
	grep -q '^Seccomp:.*2$' "/proc/$pid/status" || fail "QEMU runs without seccomp"
	tr '\0' '\n' <"/proc/$pid/cmdline" | grep -q 'spawn=deny' || fail "QEMU may start programs"
}

# Another user of the board, and a test program: it runs as root. Python, for one, runs what is in
# .local/lib/python3.*/site-packages/*.pth below HOME; others obey what is in the working folder.
test_a_home_that_others_prepared() {
	local home
	board 'cd /tmp && mkdir -p .local/lib/python3.11/site-packages && chown -R 1000:1000 .local &&
		echo touch /tmp/pwned >.local/lib/python3.11/site-packages/x.pth'
	mkdir -p mod/test
	cp "$TOP"/modules/hello/{Kbuild,hello.c} mod/
	cp -r "$TOP/modules/include" .
	printf 'program = test/run.sh\n' >mod/test.conf
	cat >mod/test/run.sh <<-'END'
		#!/bin/sh
		echo "home $HOME"
		for pth in "$HOME"/.local/lib/python3*/site-packages/*.pth .local/lib/python3*/site-packages/*.pth; do
			[ ! -e "$pth" ] || sh "$pth"
		done
		mkdir sub && touch sub/left
		[ "$TMPDIR" = "$HOME" ] && [ "$(pwd -P)" = "$HOME" ] && [ "$(stat -c %u:%a .)" = 0:700 ]
	END
	chmod +x mod/test/run.sh
	outpost --json test mod
	expect_status 0
	board '[ ! -e /tmp/pwned ]' || fail "root ran what another user put into its HOME"
	home=$(jq -r '.results[0].output' out | sed -n 's/^home //p')
	[ -n "$home" ] || fail "the test program did not run"
	board "[ ! -e $home ]" || fail "$home was left on the board"
	board 'rm -rf /tmp/.local'
}
