# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2034 # what is in single quotes is for shells in the machine; tests read the rest
#
# A gateway on a machine of the test's own, with a real sshd, and boards that join it.
# shellcheck source=tests/system/cli/machine.sh
. "$TOP/tests/system/cli/machine.sh"

make_gateway() {
	make_machine
	machine "$OUTPOST" tunnel setup-gateway
	start_sshd
}

# Invites NAME, and does what the line does on a board, up to where it would start the agent: the folder
# of the invitation is then $WORK/NAME.
invite() { # NAME [OPTION...]
	machine "$OUTPOST" tunnel invite "$1" --address 127.0.0.1 "${@:2}"
	grep -q '^printf %s .* | sudo sh$' out || fail "no line was printed"
	sed "s|./outpost-agent tunnel join.*|cp -r . $WORK/$1; rm -rf \"\$d\"' \| sh|" out >"line-$1"
	machine sh "line-$1"
	mv "$1" "$1.new" && rm -rf "$1" && mv "$1.new" "$1"
}

# The options for ssh that use the invitation in the folder $1.
invitation() {
	INVITATION=(ssh -F none -T -i "$WORK/$1/key" -p 2200 -o IdentitiesOnly=yes -o BatchMode=yes
		-o UserKnownHostsFile="$WORK/$1/known_hosts" -o GlobalKnownHostsFile=none
		-o HostKeyAlias=outpost-gateway outpost-invite@127.0.0.1)
}

# Makes a key for the tunnel of NAME, and the request with it. The board's host key is $WORK/board-host.
make_request() { # NAME
	[ -e board-host ] || ssh-keygen -q -t ed25519 -N '' -C '' -f board-host
	ssh-keygen -q -t ed25519 -N '' -C '' -f "$1.tunnel"
	printf '%s\n' 'outpost-join 1' "key $(cut -d' ' -f1,2 "$1.tunnel.pub")" \
		"host-key $(cut -d' ' -f1,2 board-host.pub)" 'hostname raspberrypi' 'login pi' end >"$1.request"
}

# accept NAME [REQUEST]: sends the request as the board's join does.
accept() {
	invitation "$1"
	run in_machine sh -c 'file=$1; shift; exec "$@" <"$file"' - "${2-$WORK/$1.request}" "${INVITATION[@]}" accept
}

join() { # NAME [OPTION...]
	invite "$@"
	make_request "$1"
	accept "$1"
	expect_out "ok $1"
}

tunnel_key() { # NAME
	TUNNEL=(ssh -F none -N -T -i "$WORK/$1.tunnel" -p 2200 -o IdentitiesOnly=yes -o BatchMode=yes
		-o ExitOnForwardFailure=yes -o UserKnownHostsFile="$WORK/$1/known_hosts"
		-o HostKeyAlias=outpost-gateway "board-$1@127.0.0.1")
}

# A board's sshd on port 2201, with a sudo that asks nothing, and its tunnel. $BOARD_TUNNEL is its process.
connect_board() { # NAME
	mkdir -p board-bin
	printf '#!/bin/sh\nshift\nexec "$@"\n' >board-bin/sudo
	chmod +x board-bin/sudo
	in_machine /usr/sbin/sshd -f /dev/null -E "$WORK/board.log" -o Port=2201 -o ListenAddress=127.0.0.1 \
		-o HostKey="$WORK/board-host" -o PidFile=none -o UsePAM=no -o StrictModes=no \
		-o SetEnv=PATH=/run/work/board-bin:/usr/bin:/bin -o AuthorizedKeysFile=/run/work/authorized_keys -o 'Subsystem=sftp internal-sftp'
	tunnel_key "$1"
	in_background "${TUNNEL[@]}" -R /s/ssh:127.0.0.1:2201 2>tunnel.err
	BOARD_TUNNEL=$!
	wait_until in_machine test -S "/var/lib/outpost/boards/board-$1/s/ssh" || fail "no tunnel: $(<tunnel.err)"
}
