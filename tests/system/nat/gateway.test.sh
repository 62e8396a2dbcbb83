# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The units of a gateway, started by a real systemd. The rest of `outpost tunnel` is tested without it, in
# system/cli/gateway.test.sh.

# A gateway with the board pi4, for which this machine's own sshd answers.
make_gateway_alone() {
	make_router
	make_disk gw
	boot gw
	expect_listening gw 22
	run gw "$OUTPOST" tunnel setup-gateway
	add_user gw dev -G outpost
	add_user gw other
	run gw "$OUTPOST" tunnel invite pi4 --address "$GW_NAME"
	serve_board
}

# Makes the board's socket as sshd would.
serve_board() {
	local socket=/var/lib/outpost/boards/board-pi4/s/ssh
	(gw systemd-socket-activate -a --inetd -l "$socket" /usr/sbin/sshd -i 2>board.log) &
	wait_until gw test -S "$socket" || fail "no socket: $(<board.log)"
	gw chown board-pi4:outpost "$socket"
	gw chmod 660 "$socket"
}

reaches() { # USER: connects to the port of pi4
	gw runuser -u "$1" -- ssh-keyscan -T 5 -t ed25519 -p 2222 127.0.0.1 >found 2>/dev/null || true
	grep -q ssh-ed25519 found
}

reaches_not() {
	! reaches "$1"
}

is_active() { # UNIT
	gw systemctl -q is-active "$1"
}

test_only_the_group_reaches_the_ports() {
	make_gateway_alone
	is_active outpost-nft.service || fail "no rules: $(journal gw outpost-nft)"
	is_active outpost-port@pi4.socket || fail "no port: $(journal gw outpost-port@pi4.socket)"
	reaches dev || fail "dev does not reach the port: $(journal gw outpost-port@pi4)"
	reaches_not other || fail "other reaches the port"
	# Another port takes the place of the old one.
	run gw "$OUTPOST" tunnel invite pi4 --port 2300
	! listens gw 2222 || fail "the old port is still open"
	listens gw 2300 || fail "the new port is not open"
	run gw "$OUTPOST" tunnel invite pi4 --port 2222
	reaches dev || fail "dev does not reach the port: $(journal gw)"
	# Who joins or leaves the group is noticed.
	gw usermod -aG outpost other
	wait_until reaches other || fail "other is not let in: $(journal gw)"
	gw gpasswd -d other outpost >/dev/null
	wait_until reaches_not other || fail "other is still let in"
	# Also after many changes at once.
	# shellcheck disable=SC2016
	gw sh -c 'for i in $(seq 30); do touch /etc/outpost/boards/x; rm /etc/outpost/boards/x; sleep 0.1; done'
	gw usermod -aG outpost other
	wait_until reaches other || fail "other is not let in: $(journal gw)"
	gw gpasswd -d other outpost >/dev/null
	wait_until reaches_not other || fail "other is still let in: $(journal gw)"
	# nftables.service begins with "flush ruleset".
	echo 'flush ruleset' >"$WORK/gw/etc/nftables.conf"
	gw systemctl restart nftables.service
	wait_until reaches dev || fail "dev does not reach the port after nftables was restarted: $(journal gw)"
	reaches_not other || fail "other reaches the port after nftables was restarted"
	# So it is after a reboot.
	power_off gw
	boot gw
	wait_until is_active outpost-port@pi4.socket || fail "no port after a reboot: $(journal gw)"
	gw nft list chain inet outpost developers >rules || fail "no rules after a reboot: $(journal gw)"
	reaches_not other || fail "other reaches the port after a reboot"
}

# login USER COMMAND...: a session of PAM and logind on the gateway, from itself.
login() {
	# shellcheck disable=SC2024
	(gw ssh -F none -i /root/key -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null "$@" \
		>"login-$1" 2>&1) &
}

has_session() { # USER
	gw loginctl --no-legend list-sessions >sessions && grep -qw "$1" sessions
}

# logind starts one for each user with a session.
test_boards_get_no_service_manager() {
	local uid
	make_router
	make_disk gw
	boot gw
	expect_listening gw 22
	run gw "$OUTPOST" tunnel setup-gateway
	add_user gw dev -G outpost
	ssh-keygen -q -t ed25519 -N '' -C '' -f "$WORK/gw/root/key"
	authorize gw dev "$WORK/gw/root/key.pub"
	run gw "$OUTPOST" tunnel invite pi4 --address "$GW_NAME"
	cp "$WORK/gw/root/key.pub" "$WORK/gw/var/lib/outpost/keys/pi4/key"
	login board-pi4@127.0.0.1 -N -R /s/ssh:127.0.0.1:22
	login dev@127.0.0.1 sleep 60
	wait_until has_session board-pi4 || fail "no session of the board: $(cat login-* && journal gw ssh)"
	wait_until has_session dev || fail "no session of dev: $(cat login-* && journal gw ssh)"
	wait_until gw test -S /var/lib/outpost/boards/board-pi4/s/ssh || fail "no tunnel: $(cat login-*)"
	wait_until is_active "user@$(gw id -u dev).service" || fail "dev has no service manager: $(journal gw)"
	uid=$(gw id -u board-pi4)
	! is_active "user@$uid.service" || fail "the board has a service manager"
	! is_active "user-runtime-dir@$uid.service" || fail "the board has a runtime directory"
	[ -z "$(gw pgrep -u board-pi4 -f 'systemd|sd-pam')" ] || fail "processes of the board: $(gw pgrep -au board-pi4)"
}

test_revoke_and_undo_end_units() {
	make_gateway_alone
	wait_until is_active outpost-prober.service || fail "no prober: $(journal gw outpost-prober)"
	reaches dev || fail "dev does not reach the port"
	run gw "$OUTPOST" tunnel revoke pi4
	! listens gw 2222 || fail "the port is still open"
	! is_active outpost-port@pi4.service || fail "the service still runs"
	run gw "$OUTPOST" tunnel setup-gateway --undo
	gw systemctl --no-legend --plain list-units --all 'outpost*' >units
	[ ! -s units ] || fail "units are left: $(<units)"
	gw nft list tables >listed
	! grep -q outpost listed || fail "rules are left"
	gw pgrep -af 'outpost-gateway|socket-proxyd' >processes && fail "processes are left: $(<processes)"
	[ -z "$(gw systemctl --no-legend --plain --failed list-units)" ] || fail "$(gw systemctl --failed)"
}
