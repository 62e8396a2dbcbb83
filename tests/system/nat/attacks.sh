# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What a hostile holder of a key tries. Each attack_* succeeds if the attack does. They run on the board, as the
# user $LOGIN of the gateway, with the private key $KEY.

# hostile OPTION... [COMMAND]: ssh to the gateway.
hostile() {
	pi ssh -F none -i "$KEY" -o BatchMode=yes -o ConnectTimeout=5 -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null -o IdentitiesOnly=yes -o IdentityAgent=none -o LogLevel=ERROR \
		-o ExitOnForwardFailure=yes "$@" 2>>attack.err </dev/null
}

# Does the output of a command on the gateway contain this? hostile_says PATTERN OPTION... COMMAND
hostile_says() {
	timeout 10 cat < <(trap - ERR; hostile "${@:2}") >attack.out || true
	grep -qE "$1" attack.out
}

# Once ssh with these options has logged in and its forwards are accepted, does the check succeed?
while_hostile() { # CHECK OPTION...
	local status=1
	hostile -f -N "${@:2}" "$LOGIN@$GW_NAME" >/dev/null || return 1
	for _ in 1 2 3; do
		if $1; then
			status=0
			break
		fi
		sleep 0.2
	done
	pi pkill -f "^ssh -F none -i $KEY .* -f -N" || echo "ssh ended by itself" >>attack.err
	return $status
}

# What greets on a port of the board: pi_greets PORT
pi_greets() {
	# shellcheck disable=SC2016
	[[ "$(pi timeout 2 bash -c 'exec 3<>/dev/tcp/127.0.0.1/$0 && head -c 4 <&3' "$1" 2>/dev/null)" = SSH- ]]
}

greets_9001() { pi_greets 9001; }

# The same through a SOCKS4 proxy on port 9002: to port 22 on the gateway's loopback.
greets_through_socks() {
	# shellcheck disable=SC2016
	pi timeout 2 bash -c 'exec 3<>/dev/tcp/127.0.0.1/9002 && printf "\4\1\0\26\177\0\0\1\0" >&3 && head -c 12 <&3' \
		2>/dev/null | grep -aq SSH-
}

port_8022() { listens gw 8022; }
port_8023() { listens gw 8023; }
socket_in_tmp() { gw test -S /tmp/outpost-attack; }
# Is the other board's socket another one than before?
other_socket_taken() {
	[ "$(gw stat -c %u "$ROOTS/board-other/s/ssh" 2>/dev/null)" != "$(gw id -u board-other)" ]
}

attack_exec() { hostile_says uid= "$LOGIN@$GW_NAME" id; }
attack_shell() { hostile_says uid= -T "$LOGIN@$GW_NAME" 'sh -c id'; }
attack_pty() { hostile_says /dev/pts -tt "$LOGIN@$GW_NAME" tty; }
attack_sftp() {
	# shellcheck disable=SC2016
	pi sh -c 'echo "ls /etc" | timeout 10 sftp -F none -b - -i "$0" -o BatchMode=yes -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null -o IdentitiesOnly=yes "$1"' "$KEY" "$LOGIN@$GW_NAME" >attack.out 2>>attack.err || true
	grep -q passwd attack.out
}
attack_local_forward() { while_hostile greets_9001 -L 127.0.0.1:9001:127.0.0.1:22; }
attack_dynamic_forward() { while_hostile greets_through_socks -D 127.0.0.1:9002; }
attack_stdio_forward() { hostile_says SSH- -W 127.0.0.1:22 "$LOGIN@$GW_NAME"; }
attack_socket_of_the_gateway() { while_hostile greets_9001 -L 127.0.0.1:9001:/tmp/greeting; }
attack_listen_on_a_port() { while_hostile port_8022 -R 127.0.0.1:8022:127.0.0.1:22; }
attack_listen_on_all_addresses() { while_hostile port_8023 -R 0.0.0.0:8023:127.0.0.1:22; }
attack_connect_to_another_board() { while_hostile greets_9001 -L "127.0.0.1:9001:$ROOTS/board-other/s/ssh"; }
attack_take_another_boards_socket() { while_hostile other_socket_taken -R "$ROOTS/board-other/s/ssh:127.0.0.1:22"; }
attack_write_outside() { while_hostile socket_in_tmp -R /tmp/outpost-attack:127.0.0.1:22; }
attack_agent_forward() {
	# shellcheck disable=SC2016
	pi ssh-agent sh -c 'ssh -A -F none -i "$0" -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
		-o IdentitiesOnly=yes "$1" "test -S \"\$SSH_AUTH_SOCK\" && echo has-agent"' "$KEY" "$LOGIN@$GW_NAME" \
		>attack.out 2>>attack.err || true
	grep -q has-agent attack.out
}
attack_x11_forward() {
	# shellcheck disable=SC2016
	pi env DISPLAY=127.0.0.1:9 ssh -Y -F none -i "$KEY" -o BatchMode=yes -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null -o IdentitiesOnly=yes "$LOGIN@$GW_NAME" 'echo "display=$DISPLAY"' \
		>attack.out 2>>attack.err || true
	grep -q 'display=.' attack.out
}
