# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Faults. Each sets $T0, in microseconds, to the moment since which the tunnel could work again: packets pass,
# the gateway's sshd and the board's listen, and its services have been started.

# shellcheck disable=SC2034 # for the tests
FAULTS=(link_5 cable_5 nat_lost sshd_restarted sshd_killed gateway_rebooted board_rebooted power_cut
	gateway_moved board_moved wan_moved)

possible_again() {
	T0=${EPOCHREALTIME/./}
}

# The way between is cut: packets vanish. Nobody's interface goes down.
fault_link_5() { link_down_for 5; }
fault_link_60() { link_down_for 60; }

link_down_for() { # SECONDS
	cut_link
	sleep "$1"
	mend_link
	possible_again
}

# The board's own cable is pulled, which its kernel notices.
fault_cable_5() {
	on_network_of net ip link set pi down
	sleep 5
	on_network_of net ip link set pi up
	possible_again
}

# The router forgets its connections, and drops what belongs to none.
fault_nat_lost() {
	net conntrack -F >/dev/null 2>&1
	possible_again
}

# As apt does after an update: connections go on.
fault_sshd_restarted() {
	gw systemctl reset-failed ssh
	gw systemctl restart ssh
	expect_listening gw 22
	possible_again
}

# The same, but no process of sshd survives.
fault_sshd_killed() {
	gw systemctl kill --signal=KILL ssh
	gw sh -c 'pkill -9 -x sshd || true'
	gw systemctl stop ssh
	sleep 2
	gw systemctl reset-failed ssh
	gw systemctl start ssh
	expect_listening gw 22
	possible_again
}

# Its peers hear nothing of it. It is away for three seconds.
fault_gateway_rebooted() {
	on_network_of net ip link del gw
	power_off gw
	sleep 3
	boot gw
	expect_listening gw 22
	possible_again
}

# In good order: its services are stopped first.
fault_board_rebooted() {
	pi systemctl stop --no-block 'outpost-tunnel*' 'autossh*'
	wait_until board_is_idle || fail "the board's tunnels do not stop"
	power_off pi
	on_network_of net ip link del pi 2>/dev/null || true
	boot pi
	expect_listening pi 22
	possible_again
}

board_is_idle() {
	! pi pgrep -x ssh >/dev/null && ! pi pgrep -x autossh >/dev/null && ! pi pgrep -x outpost-agent >/dev/null
}

fault_power_cut() {
	on_network_of net ip link del pi
	power_off pi
	sleep 1
	boot pi
	expect_listening pi 22
	possible_again
}

# The gateway gets another address, and its name follows. The old address is gone.
fault_gateway_moved() {
	local old=$GW_ADDRESS
	case $old in *.10) GW_ADDRESS=203.0.113.11 ;; *) GW_ADDRESS=203.0.113.10 ;; esac
	on_network_of gw ip addr del "$old/24" dev eth0
	sleep 1
	on_network_of gw ip addr add "$GW_ADDRESS/24" dev eth0
	on_network_of gw ip route replace default via 203.0.113.1
	name_gateway "$GW_ADDRESS"
	possible_again
}

# The board gets another address, as with a new lease.
fault_board_moved() {
	local old=$PI_ADDRESS
	case $old in *.2) PI_ADDRESS=192.168.77.3 ;; *) PI_ADDRESS=192.168.77.2 ;; esac
	on_network_of pi ip addr del "$old/24" dev eth0
	on_network_of pi ip addr add "$PI_ADDRESS/24" dev eth0
	on_network_of pi ip route replace default via 192.168.77.1
	possible_again
}

# The router gets another public address, and with it loses all connections.
fault_wan_moved() {
	local old new
	old=$(on_network_of net ip -4 -o addr show dev wan | awk '{ print $4 }')
	case $old in *.1/24) new=203.0.113.2/24 ;; *) new=203.0.113.1/24 ;; esac
	on_network_of net ip addr del "$old" dev wan
	on_network_of net ip addr add "$new" dev wan
	on_network_of gw ip route replace default via "${new%/24}"
	possible_again
}

# --- rounds -------------------------------------------------------------------------

# round FAULT LIMIT CARRIER...: adds a line for each carrier to the file rounds.
round() {
	local fault=$1 limit=$2 carrier pids=()
	shift 2
	expect_up "$@"
	sleep "0.$((RANDOM % 10))" # the fault is at no fixed moment of anybody's interval
	"fault_$fault"
	for carrier; do
		(trap - ERR; ms=$(await "$carrier" "$T0" "$limit" 2>"await.$carrier") || true
			echo "$fault $carrier $ms" >>rounds) &
		pids+=($!)
	done
	wait "${pids[@]}"
	grep "^$fault " rounds | tail -n $#
}

# Breaks the connection in one of the ways in which it can break while both ends stay up.
cut_somehow() {
	case $((RANDOM % 6)) in
	0) fault_nat_lost ;;
	1) pi pkill -9 -x ssh && possible_again ;;
	2) gw pkill -9 -u board-pi && possible_again ;;
	3) fault_wan_moved ;;
	4) fault_board_moved ;;
	5) link_down_for 3 ;;
	esac
}

# force_cuts COUNT: after each, the tunnel must come back within 15 s. Keeps the times in the file cuts.
force_cuts() {
	local i ms failures=0
	RANDOM=${SEED:-1}
	for ((i = 1; i <= $1; i++)); do
		expect_up ssh
		sleep "0.$((RANDOM % 10))"
		cut_somehow
		ms=$(await ssh "$T0" 15 2>await.ssh) || failures=$((failures + 1))
		echo "cut ssh $ms" >>cuts
	done
	"$MEASURE" table <cuts | figures "cuts-$1"
	[ $failures = 0 ] || fail "$failures of $1 cuts: not back within 15 s: $(show_machines)"
}

# Autossh on the board, as people configure it; a gateway with Debian's own configuration of sshd for it.
make_autossh() {
	local name options
	add_user gw tunnel
	mkdir -p "$WORK/pi/root/.ssh"
	chmod 700 "$WORK/pi/root/.ssh"
	ssh-keygen -q -t ed25519 -N '' -C autossh -f "$WORK/pi/root/.ssh/id_ed25519"
	authorize gw tunnel "$WORK/pi/root/.ssh/id_ed25519.pub"
	printf '%s %s\n' "$GW_NAME" "$(cut -d' ' -f1,2 "$WORK/gw/etc/ssh/ssh_host_ed25519_key.pub")" \
		>"$WORK/pi/root/.ssh/known_hosts"
	echo "CheckHostIP no" >"$WORK/pi/root/.ssh/config"
	for name in alive m20000; do
		case $name in
		alive) options='-M 0 -o ServerAliveInterval=30 -o ServerAliveCountMax=3 -R 2301:localhost:22' ;;
		m20000) options='-M 20000 -R 2302:localhost:22' ;;
		esac
		cat >"$WORK/pi/etc/systemd/system/autossh-$name.service" <<-END
			[Unit]
			After=network-online.target ssh.service
			[Service]
			Environment=AUTOSSH_GATETIME=0 HOME=/root
			ExecStart=/usr/bin/autossh -N -o ExitOnForwardFailure=yes $options tunnel@$GW_NAME
			Restart=always
			[Install]
			WantedBy=multi-user.target
		END
		pi systemctl enable -q autossh-$name
		pi systemctl start autossh-$name
	done
}

# Aims, in milliseconds.
MEDIAN=4000 P95=6000

# expect_fast CARRIER NAME: the medians and the 95th percentiles of all faults in the file rounds are within the aims.
expect_fast() {
	"$MEASURE" table <rounds >"$2.table"
	figures "$2" <"$2.table"
	awk -v carrier="$1" -v median=$MEDIAN -v p95=$P95 '
		NR > 1 && $2 == carrier && ($4 == "never" || $4 * 1000 > median || $5 == "never" || $5 * 1000 > p95) {
			print "too slow: " $0; slow = 1
		}
		END { exit slow || NR < 2 }' "$2.table" || fail "some faults take longer than $MEDIAN ms (median) or $P95 ms (p95)"
}
