# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the key of a board, and the key of an invitation, cannot be used for, and which lines see to that.
#
# A row is an attack of attacks.sh and the lines that refuse it: options of the Match block in
# gateway/sshd_config.conf, and
#	shell		the account's shell in /etc/passwd
#	key:OPTION	an option of the key that outpost-gateway keys prints
#	mode		owner and mode of another board's folder and socket
# With all lines, with each of them alone, and with the others removed, the attack must be refused. With none
# of them it must succeed: then nothing else refuses it, and the row is complete.

. tests/system/nat/attacks.sh

no_session='MaxSessions ForceCommand ChrootDirectory shell'
BOARD_ROWS=(
	"exec                     $no_session"
	"shell                    $no_session"
	"pty                      PermitTTY key:restrict $no_session"
	"sftp                     $no_session"
	"local_forward            AllowTcpForwarding PermitOpen"
	"dynamic_forward          AllowTcpForwarding PermitOpen"
	"stdio_forward            AllowTcpForwarding PermitOpen"
	"listen_on_a_port         PermitListen"
	"listen_on_all_addresses  PermitListen"
	"socket_of_the_gateway    AllowTcpForwarding PermitOpen AllowStreamLocalForwarding ChrootDirectory"
	"connect_to_another_board AllowTcpForwarding PermitOpen AllowStreamLocalForwarding ChrootDirectory mode"
	"take_another_boards_socket ChrootDirectory mode"
	"write_outside            ChrootDirectory"
	"agent_forward            AllowAgentForwarding key:restrict $no_session"
	"x11_forward              X11Forwarding key:restrict $no_session"
)

INVITE_ROWS=(
	"exec                     key:command"
	"shell                    key:command"
	"pty                      PermitTTY key:restrict key:command"
	"sftp                     key:command"
	"local_forward            DisableForwarding AllowTcpForwarding PermitOpen key:restrict"
	"dynamic_forward          DisableForwarding AllowTcpForwarding PermitOpen key:restrict"
	"stdio_forward            DisableForwarding AllowTcpForwarding PermitOpen key:restrict"
	"listen_on_a_port         DisableForwarding AllowTcpForwarding PermitListen key:restrict"
	"listen_on_all_addresses  DisableForwarding AllowTcpForwarding PermitListen key:restrict"
	"socket_of_the_gateway    DisableForwarding AllowTcpForwarding PermitOpen AllowStreamLocalForwarding key:restrict"
	"write_outside            DisableForwarding AllowTcpForwarding AllowStreamLocalForwarding key:restrict"
	"agent_forward            DisableForwarding AllowAgentForwarding key:restrict key:command"
	"x11_forward              DisableForwarding X11Forwarding key:restrict key:command"
)

# Installs a copy of the snippet in which a Match block lacks some lines, and undoes what stands beside it.
without() { # BLOCK LINE...
	local line sed='' shell=/usr/sbin/nologin keys=/usr/local/lib/outpost/outpost-gateway
	[ "$LOGIN" != "$INVITE" ] || shell=/bin/sh
	ensure_other_board
	set_modes closed
	for line in "${@:2}"; do
		case $line in
		shell) shell=/bin/sh ;;
		mode) set_modes open ;;
		key:restrict) sed+='s/restrict,?//;' ;;
		key:*) sed+="s/${line#key:}=\"[^\"]*\",?//;" ;;
		esac
	done
	if [ -n "$sed" ]; then
		keys=/usr/local/lib/outpost/keys-of-the-test
		# shellcheck disable=SC2016
		printf '#!/bin/sh\n/usr/local/lib/outpost/outpost-gateway keys "$2" | sed -E '\''%s s/^ //; s/, ssh-/ ssh-/'\''\n' "$sed" \
			>"$WORK/gw/usr-local${keys#/usr/local}"
		chmod 755 "$WORK/gw/usr-local${keys#/usr/local}"
	fi
	gw usermod -s "$shell" "$LOGIN" >/dev/null
	awk -v block="Match $1" -v drop=" ${*:2} " -v keys=$keys '
		/^Match / { inside = $0 == block }
		inside && index(drop, " " $1 " ") { next }
		inside && $1 == "AuthorizedKeysCommand" { $2 = keys; print "\t" $0; next }
		{ print }' "$SNIPPET" >"$WORK/gw/etc/ssh/sshd_config.d/50-outpost.conf"
	gw sshd -t || fail "sshd refuses its configuration without ${*:2}"
	restart_sshd
}

# Also more often than systemd allows by itself.
restart_sshd() {
	gw systemctl reset-failed ssh
	gw systemctl restart ssh
}

# Starts the other board's tunnel, unless it has its socket. That takes a gateway from which nothing is removed.
ensure_other_board() {
	local s=$ROOTS/board-other/s
	! gw test -S "$s/ssh" || other_socket_taken || return 0
	cp "$SNIPPET" "$WORK/gw/etc/ssh/sshd_config.d/50-outpost.conf"
	restart_sshd
	gw rm -f "$s/ssh"
	[ -z "${other_tunnel-}" ] || kill "$other_tunnel" 2>/dev/null || true
	(trap - ERR; KEY=$OTHER_KEY hostile -N -R /s/ssh:127.0.0.1:22 "board-other@$GW_NAME") &
	other_tunnel=$!
	wait_until gw test -S "$s/ssh" || fail "there is no other board: $(cat attack.err)"
}

# The modes of the other board's folder and socket.
set_modes() { # open|closed
	local s=$ROOTS/board-other/s
	case $1 in
	open) gw sh -c "chmod 777 $s && chmod 666 $s/ssh" ;;
	closed) gw sh -c "chmod 2750 $s && chmod 660 $s/ssh" ;;
	esac
}

# try ATTACK: succeeds if the attack does. An address that is penalized (OpenSSH 9.8 and later) is an error of the
# test, because then nothing is known about the attack.
try() {
	local status=0
	: >attack.err
	gw rm -f /tmp/outpost-attack
	"attack_$1" || status=1
	! grep -qE 'Not allowed at this time|kex_exchange_identification|Connection (closed|reset) by' attack.err ||
		fail "$1: a penalty or a broken connection, not a refusal: $(cat attack.err; journal gw ssh)"
	return $status
}

# expect_rows BLOCK ROW...: prints a line for each row.
expect_rows() {
	local block=$1 row attack lines line others wrong=''
	shift
	without "$block"
	for row; do
		read -r attack _ <<<"$row"
		if try "$attack"; then wrong+=" $attack(nothing removed)"; fi
	done
	for row; do
		read -r attack lines <<<"$row"
		for line in $lines; do
			others=" $lines "
			# shellcheck disable=SC2086
			without "$block" ${others/ $line / }
			if try "$attack"; then wrong+=" $attack(with only $line)"; fi
		done
		# shellcheck disable=SC2086
		without "$block" $lines
		if try "$attack"; then
			echo "$LOGIN: $attack: refused by: $lines"
		else
			wrong+=" $attack(still refused without: $lines)"
			cat attack.err
		fi
	done
	without "$block"
	[ -z "$wrong" ] || fail "wrong:$wrong"
}

# The attacker has the key of the board pi, and is root there. There is another board, and something that greets
# on a socket that everybody may use.
make_attacker() {
	make_tunnel
	SNIPPET=$WORK/snippet
	cp "$WORK/gw/etc/ssh/sshd_config.d/50-outpost.conf" "$SNIPPET"
	# sshd forwards X11 only if it finds xauth; what that does not matter here.
	echo 'XAuthLocation /usr/bin/true' >>"$WORK/gw/etc/ssh/sshd_config"
	OTHER_KEY=/root/other_key
	ssh-keygen -q -t ed25519 -N '' -C other -f "$WORK/pi$OTHER_KEY"
	invite other
	accept "$WORK/pi$OTHER_KEY.pub" | tee reply
	grep -qx 'ok other' reply || fail "the other board cannot join"
	gw systemd-run -q --unit greeting socat UNIX-LISTEN:/tmp/greeting,fork,mode=777 TCP:127.0.0.1:22
	pi systemctl stop outpost-tunnel
}

test_the_key_of_a_board_opens_only_its_sockets() {
	make_attacker
	# The tunnel's group may read the file, which ssh as root would not use.
	LOGIN=board-pi KEY=/root/tunnel_key
	pi install -m 600 /etc/outpost/tunnel/id_ed25519 $KEY
	expect_rows 'Group outpost-boards' "${BOARD_ROWS[@]}"
	# And what it is for still works.
	pi systemctl start outpost-tunnel
	expect_up ssh
}

test_an_invitation_opens_nothing_else() {
	make_attacker
	invite third
	LOGIN=$INVITE
	expect_rows "User $INVITE" "${INVITE_ROWS[@]}"
	accept "$WORK/pi$OTHER_KEY.pub" | grep -x 'ok third' || fail "the invitation does not work any more"
}

# asks WORD...: does the gateway carry out this command for the key of an invitation?
asks() {
	timeout 20 cat < <(trap - ERR; hostile -T "$INVITE@$GW_NAME" "$@") >asked || true
	[ -s asked ]
}

# expect_useless: neither the commands of an invitation nor any attack work with $KEY.
expect_useless() {
	local row attack
	: >attack.err
	! asks agent x86_64 || fail "it fetches the agent"
	! asks accept || fail "it can be accepted again: $(<asked)"
	grep -q 'Permission denied (publickey)' attack.err || fail "not refused by sshd: $(cat attack.err)"
	for row in "${INVITE_ROWS[@]}"; do
		read -r attack _ <<<"$row"
		! try "$attack" || fail "$attack succeeds"
	done
}

test_an_invitation_works_once() {
	local record
	make_attacker
	invite third
	LOGIN=$INVITE
	asks agent x86_64 || fail "it does not work before it is used: $(cat attack.err)"
	cmp asked "$TOP/build/host/outpost-agent" || fail "this is not the agent"
	record=$(cd "$WORK/gw/var/lib/outpost/keys/third" && echo invitation.*)
	cp -p "$WORK/gw/var/lib/outpost/keys/third/$record" record
	accept "$WORK/pi$OTHER_KEY.pub" | grep -x 'ok third' || fail "it is not accepted"
	expect_useless
	# What refuses it is that its record is gone.
	cp -p record "$WORK/gw/var/lib/outpost/keys/third/$record"
	asks agent x86_64 || fail "something else than the record refuses it: $(cat attack.err)"
}

test_an_invitation_expires() {
	local record
	make_attacker
	invite third --expires 1m
	LOGIN=$INVITE
	asks agent x86_64 || fail "it does not work before it expires: $(cat attack.err)"
	record=$(echo "$WORK"/gw/var/lib/outpost/keys/third/invitation.*)
	cp -p "$record" record
	sed -i "s/^expires .*/expires $(($(date +%s) - 1))/" "$record"
	expect_useless
	# sshd refuses it by itself, too: the key's expiry-time.
	cp -p record "$record"
	cat >"$WORK/gw/usr-local/lib/outpost/expired-keys" <<-'END'
		#!/bin/sh
		/usr/local/lib/outpost/outpost-gateway keys "$1" | sed 's/expiry-time="[^"]*"/expiry-time="20200101"/'
	END
	chmod 755 "$WORK/gw/usr-local/lib/outpost/expired-keys"
	sed 's,/usr/local/lib/outpost/outpost-gateway keys,/usr/local/lib/outpost/expired-keys,' "$SNIPPET" \
		>"$WORK/gw/etc/ssh/sshd_config.d/50-outpost.conf"
	restart_sshd
	expect_useless
	# Without both, nothing else refuses it.
	without "User $INVITE"
	asks agent x86_64 || fail "something else refuses it: $(cat attack.err)"
}
