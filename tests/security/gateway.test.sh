# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2154 # what is in single quotes is for perl and other shells
#
# Hostile boards behind a gateway, with a real sshd on a machine of the test's own.
. tests/system/cli/machine_gateway.sh

# as_board COMMAND...: what a hostile board makes its sshd do, in the background.
as_board() {
	in_background setpriv --reuid board-pi4 --regid outpost-boards --clear-groups "$@"
}

expect_no_key() {
	machine /usr/local/lib/outpost/outpost-gateway keys board-pi4
	expect_status 0
	expect_silent out
}

# Processes are those of the whole machine: another test must not have an account of the same number.
join_pi4() { # UID
	make_gateway
	join pi4
	in_machine usermod -u "$1" board-pi4
	in_machine chown board-pi4 /var/lib/outpost/boards/board-pi4/s
	machine /usr/local/lib/outpost/outpost-gateway keys board-pi4
	expect_out "restrict,port-forwarding ssh-ed25519"
}

# The folder was removed before the connection, which made new sockets in it.
test_a_board_that_makes_sockets_is_revoked() {
	join_pi4 58101
	as_board perl -MSocket -e 'chdir $ARGV[0];
		for (;; $i++) {
			socket my $s, PF_UNIX, SOCK_STREAM, 0;
			bind $s, sockaddr_un("x$i");
			select undef, undef, undef, 0.0002 if $i > 2000;
		}' /var/lib/outpost/boards/board-pi4/s
	local board=$!
	wait_until in_machine test -S /var/lib/outpost/boards/board-pi4/s/x2500 || fail "the attack does not run"
	machine "$OUTPOST" tunnel revoke pi4
	expect_status 0
	! kill -0 $board || fail "its connection is still there"
	in_machine test ! -e /var/lib/outpost/boards/board-pi4 || fail "its folder is still there"
}

# sshd leaves the sockets of a connection behind when it ends.
test_a_board_that_leaves_sockets_gets_no_more() {
	join_pi4 58102
	in_machine perl -e 'chdir $ARGV[0]; for (1..5000) { open F, ">", "socket$_" }' /var/lib/outpost/boards/board-pi4/s
	expect_no_key
	tunnel_key pi4
	run in_machine "${TUNNEL[@]}" -R /s/ssh:127.0.0.1:2201
	expect_status 255
	expect_err "Permission denied"
	machine "$OUTPOST" tunnel revoke pi4
	expect_status 0
}

has_processes() { # NUMBER UID
	[ "$(pgrep -cu "$2")" -ge "$1" ]
}

test_a_board_that_keeps_connections_gets_no_more() {
	join_pi4 58103
	as_board bash -c 'for i in {1..60}; do sleep 300 & done; wait'
	local uid=58103
	wait_until has_processes 60 "$uid" || fail "the attack does not run"
	expect_no_key
	machine "$OUTPOST" tunnel revoke pi4
	expect_status 0
	! pgrep -u "$uid" || fail "its connections are still there"
}

# All users of the board could see it, and be faster. The digits before the 70th are the same in all keys.
test_the_key_of_an_invitation_is_no_argument() {
	make_gateway
	machine "$OUTPOST" tunnel invite pi4 --address 127.0.0.1
	mv out line
	mkdir stubs
	printf '#!/bin/sh\nexec "$@"\n' >stubs/sudo
	printf '#!/bin/sh\ncat /proc/[0-9]*/cmdline | tr "\\0" "\\n" >%s/seen\ncp key %s/key\nexit 1\n' "$WORK" "$WORK" >stubs/ssh
	chmod +x stubs/*
	PATH=$WORK/stubs:$PATH run sh line
	any_status
	[ -s seen ] || fail "the line did not get as far as ssh"
	grep -q 'OPENSSH PRIVATE KEY' key || fail "the line did not pass the key to ssh"
	! grep -F "$(sed -n 2p key | cut -c70-120)" seen || fail "the private key is an argument"
}
