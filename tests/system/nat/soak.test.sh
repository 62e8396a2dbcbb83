# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# For make soak-nat: what takes longer than a quarter of an hour. Tables go to build/nat.

. tests/system/nat/faults.sh

test_a_thousand_forced_cuts() {
	long_test
	make_tunnel
	force_cuts "${CUTS:-1000}"
}

# ROUNDS with autossh, of which M20000 also with -M 20000, which looks only every 600 s; then OWN without, for a 95th
# percentile. ONLY_FAULTS: only these. An autossh that is not back within AUTOSSH_LIMIT seconds is helped.
test_faults_beside_autossh() {
	local fault i faults=("${FAULTS[@]}" link_60) limit=${AUTOSSH_LIMIT:-600}
	long_test
	[ -z "${ONLY_FAULTS-}" ] || read -ra faults <<<"$ONLY_FAULTS"
	make_tunnel
	make_autossh
	for fault in "${faults[@]}"; do
		for ((i = 0; i < ${ROUNDS:-5}; i++)); do
			if [ "$i" -lt "${M20000:-2}" ]; then
				round "$fault" $((limit + 900)) ssh autossh-alive autossh-m20000
			else
				round "$fault" "$limit" ssh autossh-alive
			fi
			! tail -n 3 rounds | grep -q 'autossh.* >' || help_autossh
		done
		for ((i = 0; i < ${OWN:-20}; i++)); do round "$fault" 60 ssh; done
		"$MEASURE" table <rounds | figures autossh >/dev/null
	done
	expect_fast ssh autossh
}

# As somebody does who finds the tunnel dead: ends what holds its ports on the gateway, and starts it again.
help_autossh() {
	gw pkill -9 -u tunnel || true
	pi systemctl restart 'autossh-*'
}

# --- many boards ----------------------------------------------------------------------

# Makes COUNT boards b1, b2, ... of supervisors with a root folder each, all on the machine pi.
make_boards() { # COUNT
	local i dir
	make_machines
	make_gateway
	for ((i = 1; i <= $1; i++)); do
		invite "b$i" 2>invite.err || fail "b$i cannot be invited: $(cat invite.err)"
		dir=$WORK/pi/boards/b$i
		mkdir -p "$dir"/etc/outpost/tunnel "$dir"/run/outpost-tunnel "$dir"/var/lib/outpost-tunnel
		ssh-keygen -q -t ed25519 -N '' -C "b$i" -f "$dir/etc/outpost/tunnel/id_ed25519"
		accept "$dir/etc/outpost/tunnel/id_ed25519.pub" | grep -qx "ok b$i" || fail "b$i cannot join"
		printf 'name = b%d\ngateway = %s\n' "$i" "$GW_NAME" >"$dir/etc/outpost/tunnel/tunnel.conf"
		printf 'outpost-gateway %s\n' "$(cut -d' ' -f1,2 "$WORK/gw/etc/ssh/ssh_host_ed25519_key.pub")" \
			>"$dir/etc/outpost/tunnel/known_hosts"
	done
	cat >"$WORK/pi/etc/systemd/system/board@.service" <<-END
		[Service]
		Type=notify
		ExecStart=$TOP/build/host/outpost-agent tunnel run --root /boards/%i
		Restart=always
	END
	pi systemctl daemon-reload
}

boards_up() {
	gw sh -c 'grep -lx state=up /run/outpost/status/* 2>/dev/null | wc -l'
}

# await_boards COUNT LIMIT: waits until the prober reaches all; prints the seconds since $T0.
await_boards() {
	until [ "$(boards_up)" = "$1" ]; do
		[ $((${EPOCHREALTIME/./} - T0)) -lt $(($2 * 1000000)) ] ||
			fail "only $(boards_up) of $1 boards are up: $(journal gw ssh | tail -20; journal pi | tail -20)"
		sleep 0.2
	done
	echo "$1 boards are up after $(((${EPOCHREALTIME/./} - T0) / 1000)) ms"
}

# In KiB: the proportional share of all processes of sshd but the one that listens, for each connection.
memory_per_board() { # COUNT
	# shellcheck disable=SC2016
	gw sh -c 'listener=$(systemctl show -P MainPID ssh); for p in $(pgrep -x sshd); do
		[ "$p" = "$listener" ] || cat /proc/$p/smaps_rollup; done' | awk -v n="$1" '/^Pss:/ { sum += $2 } END { printf "%d\n", sum / n }'
}

# Its figures are only good on a machine that does nothing else.
test_two_hundred_boards() {
	local count=${BOARDS:-200} i memory
	long_test
	make_boards "$count"
	possible_again
	for ((i = 1; i <= count; i++)); do pi systemctl start --no-block "board@b$i"; done
	await_boards "$count" 300 >back
	sleep 5
	memory=$(memory_per_board "$count")
	fault_gateway_rebooted
	await_boards "$count" 300 >>back
	{
		cat back
		echo "PSS of sshd for each of $count boards: $memory KiB"
	} | figures boards
	! journal gw ssh | grep -i 'MaxStartups' || fail "sshd turned boards away"
	# OpenSSH 9.2 with PAM: 2260 KiB. Its two processes for each connection are all that there is.
	[ "$memory" -le 2560 ] || fail "more than 2.5 MiB for each board"
}
