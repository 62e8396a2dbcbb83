# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# What is seen of the tunnels of a gateway. The gateway is a folder, its boards are processes of the test.

# shellcheck source=tests/system/cli/gateway.sh
. "$TOP/tests/system/cli/gateway.sh"

tunnel_is() { # NAME STATE
	[ "$("$OUTPOST" --json tunnel status --root "$G" "$1" | jq -r '.boards[0].state')" = "$2" ]
}

# --- tunnel status ------------------------------------------------------------------------------

test_status_not_a_gateway() {
	outpost tunnel status --root "$WORK/nowhere"
	expect_status 3
	expect_one_error "This machine is not a gateway"
	expect_err "outpost tunnel setup-gateway"
}

test_status_without_boards() {
	make_gateway
	outpost tunnel status --root "$G"
	expect_status 0
	expect_silent out
	expect_err "no boards yet"
	outpost tunnel status --root "$G" nosuch
	expect_status 3
	expect_one_error "This gateway has no board 'nosuch'"
}

test_status_without_prober() {
	make_gateway
	add_gateway_board pi
	outpost tunnel status --root "$G"
	expect_status 0
	expect_out "the prober does not run"
	outpost --json tunnel status --root "$G"
	[ "$(jq -r '.schema, .boards[0].name, .boards[0].state' out | xargs)" = "outpost.tunnel-status/1 pi unknown" ] ||
		fail "wrong document"
}

# The real prober, a board that comes, goes and comes back; the outage stays in the store.
test_status_of_real_prober() {
	make_gateway
	add_gateway_board pi
	add_gateway_board away
	serve_probe pi answer
	local listener=$background
	start_prober
	wait_until tunnel_is pi up || fail "pi is not up: $(cat prober.log)"
	outpost tunnel status --root "$G"
	expect_status 0
	grep -q '^pi  *up ' out || fail "no row for pi"
	grep -q '^away  *down ' out || fail "no row for away"
	expect_out "it has not connected"
	outpost --json tunnel status --root "$G" pi
	expect_status 0
	jq -e '.boards[0] | .rtt_us.p50 > 0 and .rtt_us.p95 >= .rtt_us.p50 and .pings > 0 and .received_bytes == 123456 and
		.sent_bytes == 7890 and .reconnects == 0 and .outages == []' out || fail "wrong figures"
	outpost tunnel status --root "$G" away
	expect_status 1
	kill "$listener" && rm "$WORK/container-$listener"
	wait_until tunnel_is pi down || fail "pi is not down"
	outpost tunnel status --root "$G" pi
	expect_status 1
	expect_out "its connection "
	serve_probe pi answer
	wait_until tunnel_is pi up || fail "pi is not up again: $(cat prober.log)"
	outpost --json tunnel status --root "$G" pi
	jq -e '.boards[0] | .reconnects == 1 and (.outages | length) == 1 and .outages[0].cause == "path" and
		.outages[0].seen == "closed" and .outages[0].duration_ms > 0' out || fail "wrong outage"
	# Also after the gateway's copy is gone.
	rm "$G/var/lib/outpost/history/pi"
	outpost tunnel status --root "$G" pi
	expect_out "the board's address or its route"
	expect_out "(wlan0 became eth0)"
}

test_status_watch() {
	make_gateway
	add_gateway_board pi
	"$OUTPOST" --json tunnel status --watch --root "$G" >documents 2>err &
	local watch=$!
	echo $watch >"$WORK/container-$watch"
	# shellcheck disable=SC2016
	wait_until bash -c '[ "$(wc -l <documents)" -ge 2 ]' || fail "it prints only once: $(cat err)"
	kill -TERM $watch
	ends_with 0 $watch || fail "it does not end with status 0"
	[ "$(jq -r .schema documents | sort -u)" = outpost.tunnel-status/1 ] || fail "wrong documents: $(cat documents)"
}

# Whoever could write these files could write anything to the terminal.
test_status_of_hostile_files() {
	make_gateway
	add_gateway_board pi
	printf 'state=up\nsince=1\nwritten=%d000\noutage_start=1\noutage_end=2\noutage_seen=lost\noutage_text=\033]0;x\007\n' \
		"$(date +%s)" >"$G/run/outpost/status/pi"
	printf 'start=1000 end=2000 seen=lost cause=other text=\033]0;x\007\nnonsense\n' >"$G/var/lib/outpost/history/pi"
	outpost tunnel status --root "$G"
	expect_status 0
	expect_out '\x1b]0;x\x07'
	grep -q $'\033' out && fail "the terminal would obey the text"
	head -c 100000 /dev/zero >"$G/run/outpost/status/pi"
	outpost tunnel status --root "$G"
	expect_err "Cannot read $G/run/outpost/status/pi"
	rm "$G/run/outpost/status/pi"
	mkfifo "$G/run/outpost/status/pi"
	run timeout 20 "$OUTPOST" tunnel status --root "$G"
	expect_status 0
}

# --- tunnel test --------------------------------------------------------------------------------

# Makes a gateway with the board pi, to which every leg works.
make_whole_way() {
	make_board
	make_gateway
	add_gateway_board pi
	cat >"$G/etc/ssh/sshd_config" <<-END
		HostKey $WORK/host_key
		AuthenticationMethods publickey
		AuthorizedKeysFile none
		AuthorizedKeysCommand /usr/local/lib/outpost/outpost-gateway keys %u
		AuthorizedKeysCommandUser outpost-invite
		ChrootDirectory /var/lib/outpost/boards/%u
		AllowStreamLocalForwarding remote
		AllowTcpForwarding remote
		PermitListen none
		PermitOpen none
		MaxSessions 0
		GatewayPorts no
		StreamLocalBindUnlink yes
		StreamLocalBindMask 0117
	END
	sed 's/^Host board$/Host pi/' "$WORK/ssh_config" >"$G/etc/ssh/ssh_config.d/50-outpost-pi.conf"
	cp "$HOME/.ssh/known_hosts" "$G/var/lib/outpost/keys/pi/host_keys"
	serve_ssh pi /usr/sbin/sshd -i -f "$WORK/sshd_config" -E "$WORK/sshd.log"
	serve_probe pi answer
	# shellcheck disable=SC2016
	background "$WORK/port" '
		my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 5) or die $!;
		open my $f, ">", shift; print $f $s->sockport; close $f;
		$s->accept while 1;' "$WORK/port"
	wait_until test -s "$WORK/port"
	printf 'port = %d\n' "$(cat "$WORK/port")" >"$G/etc/outpost/boards/pi.conf"
}

# expect_leg LEG TEXT FIX: this leg is the first that fails; those before did not, and those after were not tried.
expect_leg() {
	outpost tunnel test --root "$G" pi
	expect_status 1
	expect_silent err
	expect_out "$2"
	expect_out "-> $3"
	outpost --json tunnel test --root "$G" pi
	expect_status 1
	[ "$(jq -r .failed out)" = "$1" ] || fail "expected leg '$1' to fail"
	jq -e --arg leg "$1" '.ok == false and ([.legs[].name] | index($leg)) as $at |
		([.legs[:$at][].state] - ["ok", "skipped"] == []) and .legs[$at].state == "failed" and
		([.legs[$at + 1:][].state] - ["not-tried"] == [])' out || fail "wrong states"
}

test_test_whole_way() {
	make_whole_way
	outpost tunnel test --root "$G" pi
	expect_status 0
	expect_silent err
	expect_out "the board answers in "
	expect_out "SSH-2.0-OpenSSH"
	expect_out "ssh pi works"
	outpost --json tunnel test --root "$G" pi
	jq -e '.schema == "outpost.tunnel-test/1" and .ok and .failed == null' out || fail "wrong document"
	[ "$(id -u)" != 0 ] || jq -e '[.legs[].state] | unique == ["ok"]' out || fail "a leg was left out"
	outpost tunnel test --root "$G" '../etc'
	expect_status 2
	expect_one_error "is not the name of a board"
	outpost tunnel test --root "$G"
	expect_status 2
}

test_test_account() {
	make_whole_way
	: >"$G/etc/passwd"
	expect_leg account "no account board-pi" "As root, run outpost tunnel invite pi"
}

test_test_key() {
	make_whole_way
	echo "ssh-ed25519 nonsense" >"$G/var/lib/outpost/keys/pi/key"
	expect_leg key "it is not a key" "As root, run outpost tunnel invite pi"
	rm "$G/var/lib/outpost/keys/pi/key"
	expect_leg key "no key here, and no invitation" "As root, run outpost tunnel invite pi"
	touch "$G/var/lib/outpost/keys/pi/invitation.0123456789abcdef"
	expect_leg key "invited, but has not accepted" "On the board, as root, run the line"
}

test_test_sshd() {
	make_whole_way
	[ "$(id -u)" = 0 ] || skip "only root may see the configuration of sshd"
	sed -i 's/^MaxSessions 0/MaxSessions 10/' "$G/etc/ssh/sshd_config"
	expect_leg sshd "maxsessions 10 instead of 0" "As root, run outpost tunnel setup-gateway"
	echo "Nonsense yes" >>"$G/etc/ssh/sshd_config"
	expect_leg sshd "Bad configuration option: Nonsense" "Correct what sshd -T names"
}

test_test_socket() {
	make_whole_way
	rm "$G/var/lib/outpost/boards/board-pi/s/ssh"
	expect_leg socket "the board has not connected" "Check that the board has power"
}

test_test_listener() {
	make_whole_way
	rm "$G/var/lib/outpost/boards/board-pi/s/ssh"
	leave_socket pi ssh
	expect_leg listener "the socket is stale" "Nothing to remove here"
	rm "$G/var/lib/outpost/boards/board-pi/s/ssh"
	touch "$G/var/lib/outpost/boards/board-pi/s/ssh"
	expect_leg listener "it is not a socket" "As root, remove"
}

test_test_probe() {
	make_whole_way
	local socket=$G/var/lib/outpost/boards/board-pi/s/probe
	rm "$socket"
	serve_probe pi close
	expect_leg probe "its tunnel's service does not run" "On the board: systemctl status outpost-tunnel"
	rm "$socket"
	serve_probe pi mute
	expect_leg probe "the connection behind the socket is dead" "Wait until the board connects again"
}

test_test_board_s_sshd() {
	make_whole_way
	rm "$G/var/lib/outpost/boards/board-pi/s/ssh"
	serve_ssh pi echo "HTTP/1.0 400 $(printf '\033[31m')"
	expect_leg "board's sshd" 'is not an ssh server: HTTP/1.0 400 \x1b[31m' "On the board: systemctl status ssh"
}

test_test_host_key() {
	make_whole_way
	ssh-keygen -q -t ed25519 -N '' -f other_key
	echo "board.test $(cut -d' ' -f1,2 other_key.pub)" >"$HOME/.ssh/known_hosts"
	expect_leg "host key" "not the one pinned" "If you know why it changed"
	rm "$G/var/lib/outpost/keys/pi/host_keys"
	expect_leg "host key" "are not pinned" "As root, run outpost tunnel invite pi"
}

test_test_login() {
	make_whole_way
	: >"$WORK/authorized_keys"
	expect_leg login "accepts none of the keys of this user" "Run ssh-copy-id pi"
}

test_test_port() {
	make_whole_way
	echo "port = 1" >"$G/etc/outpost/boards/pi.conf"
	expect_leg port "nothing listens on 127.0.0.1:1" "As root, run systemctl enable --now outpost-port@pi.socket"
}
