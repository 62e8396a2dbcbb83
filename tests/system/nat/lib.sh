# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A board behind a NAT, and its gateway, in namespaces: real ssh, systemd and nftables.
#
#	pi, other --- lan (bridge) -- net: the router -- wan (bridge) --- gw, laptop
#	192.168.77.0/24               masquerade, DNS                     203.0.113.0/24
#
# Each of gw, pi and other is a machine of its own (see the script node): its own root with a private /etc, /run
# and /var, its own processes, its own systemd. It reboots by losing its namespaces, so that no socket and no
# FIN outlives a power cut. Nothing is done outside of these namespaces and the test's folder; all of it ends with
# the test, even if that is killed. The addresses are those that are reserved for documentation and for private
# networks; no interface leads out of the namespaces.

# shellcheck disable=SC2034 # for the runner
AT_ONCE=1 LIMIT=900 FIRST=()
[ -z "${LONG-}" ] || LIMIT=86400
NEEDS=(jq:jq nft:nftables ip:iproute2 conntrack:conntrack dnsmasq:dnsmasq-base autossh:autossh
	unshare:util-linux setpriv:util-linux sshd:openssh-server ssh-keygen:openssh-client
	dbus-daemon:dbus)

NAT=$TOP/tests/system/nat
FIGURES=$TOP/build/nat # what tests measured, one file each
MEASURE=$TOP/build/host/nat-measure

suite_up() {
	local cgroup
	[ "$(id -u)" = 0 ] || return 0 # each test is skipped
	# Empty groups of tests that were killed.
	for cgroup in "$(cgroups)"/outpost-nat-*; do
		[ ! -d "$cgroup" ] || kill -0 "$(cut -d- -f3 <<<"${cgroup##*/}")" 2>/dev/null || remove_cgroup "$cgroup"
	done
}

suite_down() { :; }

# figures NAME <TEXT: prints what a test measured and keeps it, with the load of the machine.
figures() {
	mkdir -p "$FIGURES"
	{
		cat
		echo "load: $(cut -d' ' -f1-3 /proc/loadavg)"
	} | tee "$FIGURES/$1"
}

set_up() {
	[ "$(id -u)" = 0 ] || skip "requires root: network namespaces with several users"
	[ -x /usr/lib/systemd/systemd ] || skip "systemd is not installed"
	cd "$WORK" || exit 1
	if ! can_boot 2>namespaces.err; then
		echo "this machine forbids what a machine in namespaces needs: $(<namespaces.err)"
		exit 79 # as in needs_namespaces
	fi
}

# Does what boot() and the script node do that a container may forbid. Says why not on standard error.
can_boot() {
	local cgroup status=0
	[ -n "$(cgroups)" ] || { echo "cgroup2 is not mounted" >&2; return 1; }
	cgroup=$(cgroups)/outpost-nat-$$-try
	mkdir "$cgroup" || return 1
	# shellcheck disable=SC2016
	bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$cgroup" \
		unshare --mount --net --pid --uts --ipc --cgroup --fork --kill-child=KILL bash -ec '
			mount --make-rprivate /
			mount -t tmpfs tmpfs /mnt
			mkdir /mnt/proc /mnt/sys /mnt/cgroup
			mount -t proc proc /mnt/proc
			mount -t sysfs -o ro sysfs /mnt/sys
			mount -t cgroup2 cgroup2 /mnt/cgroup
			mknod /mnt/null c 1 3
			: >/mnt/null
			mkdir /mnt/cgroup/try
			rmdir /mnt/cgroup/try
			hostname try
			ip link add try0 type veth peer name try1
			ip link add try2 type bridge
			nft "add table ip try; add chain ip try out { type nat hook postrouting priority srcnat; }; add rule ip try out masquerade"
		' || status=1
	wait_until rmdir "$cgroup" 2>/dev/null || true
	return $status
}

clean_up() {
	local node
	trap - ERR
	for node in gw pi other laptop net; do
		[ ! -e "$WORK/$node/.unshare" ] || power_off "$node"
	done
	for node in gw pi other laptop net; do remove_cgroup "$(cgroups)/outpost-nat-$$-$node"; done
	return 0
}

# --- machines in namespaces ---------------------------------------------------------

# Where this machine has its cgroup2 hierarchy.
cgroups() {
	awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts
}

remove_cgroup() { # FOLDER
	[ ! -d "$1" ] || find "$1" -depth -type d -exec rmdir {} + 2>/dev/null || true
}

# Makes the disk of a node: what a new Debian has in /etc, with keys of its own and no passwords.
make_disk() { # NODE
	local d=$WORK/$1 unit
	mkdir -p "$d"/{etc,home,var/{lib/dbus,log,tmp,cache,spool,empty},usr-local/{lib,bin,sbin}}
	mkdir -m 700 "$d/root"
	chmod 1777 "$d/var/tmp"
	(cd /etc && cp -a --parents passwd group shadow login.defs pam.d security nsswitch.conf ld.so.* alternatives \
		default/useradd dbus-1 skel services protocols ssl profile bash.bashrc environment "$d/etc")
	mkdir -p "$d"/etc/systemd/{system,network} "$d"/etc/ssh/{ssh,sshd}_config.d
	sed -i 's/^\([^:]*\):[^:]*/\1:*/' "$d/etc/shadow"
	cp /usr/share/openssh/sshd_config "$d/etc/ssh/sshd_config"
	printf 'Include /etc/ssh/ssh_config.d/*.conf\n' >"$d/etc/ssh/ssh_config"
	ssh-keygen -q -t ed25519 -N '' -C "$1" -f "$d/etc/ssh/ssh_host_ed25519_key"
	ssh-keygen -q -t ecdsa -N '' -C "$1" -f "$d/etc/ssh/ssh_host_ecdsa_key"
	printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$1" >"$d/etc/hosts"
	echo "$1" >"$d/etc/hostname"
	tr -d - </proc/sys/kernel/random/uuid >"$d/etc/machine-id" # otherwise systemd enables all services
	printf 'nameserver 192.168.77.1\n' >"$d/etc/resolv.conf"
	sed -i 's/^hosts:.*/hosts: files dns/' "$d/etc/nsswitch.conf"
	printf '[Manager]\nDefaultTimeoutStartSec=20s\nDefaultTimeoutStopSec=5s\n' >"$d/etc/systemd/system.conf"
	# The line that a board's user pastes begins with sudo; here he is root.
	printf '#!/bin/sh\nexec "$@"\n' >"$d/usr-local/bin/sudo"
	chmod 755 "$d/usr-local/bin/sudo"
	printf '[Journal]\nStorage=volatile\nForwardToSyslog=no\n' >"$d/etc/systemd/journald.conf"
	for unit in getty.target systemd-random-seed.service; do
		ln -s /dev/null "$d/etc/systemd/system/$unit"
	done
	mkdir "$d/etc/systemd/system/multi-user.target.wants"
	ln -s /usr/lib/systemd/system/multi-user.target "$d/etc/systemd/system/default.target"
	ln -s /usr/lib/systemd/system/ssh.service "$d/etc/systemd/system/multi-user.target.wants/ssh.service"
	ln -s /usr/lib/systemd/system/ssh.service "$d/etc/systemd/system/sshd.service"
}

# Call boot() and everything that starts a process of a node in the test's own shell: the process ends with it.
boot() { # NODE [plain]
	local d=$WORK/$1 cgroup
	cgroup=$(cgroups)/outpost-nat-$$-$1
	mkdir -p "$cgroup"
	rm -f "$d/.init" "$d/.online" "$d/.up"
	# shellcheck disable=SC2016
	setpriv --pdeathsig KILL bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$cgroup" \
		unshare --mount --net --pid --uts --ipc --cgroup --fork --kill-child=KILL \
		"$NAT/node" "$d" "$1" "${2:-systemd}" >>"$WORK/$1.console" 2>&1 </dev/null &
	echo $! >"$d/.unshare"
	wait_until [ -e "$d/.init" ] || fail "$1 does not start: $(cat "$WORK/$1.console")"
	"plug_$1"
	: >"$d/.online"
	wait_until [ -e "$d/.up" ] || fail "$1 does not start: $(cat "$WORK/$1.console")"
}

# Ends all processes of a node at once.
power_off() { # NODE
	local pid
	pid=$(<"$WORK/$1/.unshare")
	rm -f "$WORK/$1/.unshare"
	kill -9 "$pid" || return 0
	wait "$pid" 2>/dev/null || true
	wait_until gone "$(<"$WORK/$1/.init")" || fail "the processes of $1 do not end"
}

gone() { # PID
	! kill -0 "$1" 2>/dev/null
}

# Runs a command as root of a node.
in_node() { # NODE COMMAND...
	nsenter -t "$(<"$WORK/$1/.init")" -m -n -p -u -i -C -r -w -- \
		/usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin HOME=/root LC_ALL=C.UTF-8 "${@:2}"
}
gw() { in_node gw "$@"; }
pi() { in_node pi "$@"; }
net() { in_node net "$@"; }

# As a developer who may use the boards.
dev() {
	gw runuser -u dev -- env HOME=/home/dev "$@"
}

# Runs a command in the network of a node only.
on_network_of() { # NODE COMMAND...
	nsenter -t "$(<"$WORK/$1/.init")" -n -- "${@:2}"
}

journal() { # NODE [UNIT]
	in_node "$1" journalctl -q --no-pager -o short-precise ${2:+-u "$2"} | tail -60
}

# --- the network --------------------------------------------------------------------

GW_ADDRESS=203.0.113.10 PI_ADDRESS=192.168.77.2
GW_NAME=gateway.test

plug_net() {
	local bridge
	for bridge in lan wan; do
		on_network_of net ip link add $bridge type bridge
		on_network_of net ip link set $bridge up
	done
	on_network_of net ip addr add 192.168.77.1/24 dev lan
	on_network_of net ip addr add 203.0.113.1/24 dev wan
}

# plug NODE BRIDGE ADDRESS ROUTER: the cable between a node and a bridge.
plug() {
	on_network_of net ip link add "$1" type veth peer name eth0 netns "$(<"$WORK/$1/.init")"
	on_network_of net ip link set "$1" master "$2" up
	on_network_of "$1" ip addr add "$3/24" dev eth0
	on_network_of "$1" ip link set eth0 up
	on_network_of "$1" ip route add default via "$4"
}
plug_gw() { plug gw wan "$GW_ADDRESS" 203.0.113.1; }
plug_pi() { plug pi lan "$PI_ADDRESS" 192.168.77.1; }
plug_laptop() { plug laptop wan 203.0.113.20 203.0.113.1; }
plug_other() { plug other lan 192.168.77.12 192.168.77.1; }

# A home router: masquerades, forgets silently, and answers the LAN's DNS queries.
make_router() {
	mkdir -p "$WORK"/net/{etc,var/{lib,tmp,log},usr-local,root,home}
	cp /etc/{passwd,group,nsswitch.conf} "$WORK/net/etc"
	[ ! -d /etc/alternatives ] || cp -a /etc/{ld.so*,alternatives} "$WORK/net/etc"
	boot net plain
	# What belongs to no connection that it knows is dropped, as after its own reboot.
	net sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
	net nft -f - <<-'END'
		table ip nat {
			chain out { type nat hook postrouting priority srcnat; ip saddr 192.168.77.0/24 oifname "wan" masquerade; }
		}
		table inet filter {
			chain cut { }
			chain forward {
				type filter hook forward priority 0;
				iifname "wan" oifname "wan" accept # bridged: between gateways and laptops
				jump cut
				ct state invalid drop
				iifname "wan" ct state new drop
			}
			chain input {
				type filter hook input priority 0;
				iifname "wan" ct state { invalid, new } drop
			}
		}
	END
	net sh -c 'echo 0 >/proc/sys/net/netfilter/nf_conntrack_tcp_loose'
	name_gateway "$GW_ADDRESS"
	in_node net dnsmasq -u root -p 53 --interface=lan --bind-interfaces --no-resolv --no-hosts \
		--addn-hosts=/etc/names --local-ttl=0 --dhcp-range=192.168.77.100,192.168.77.200,1h \
		--pid-file=/run/dnsmasq.pid --dhcp-leasefile=/run/leases
}

# name_gateway ADDRESS: what the gateway's name resolves to from now on.
name_gateway() {
	echo "$1 $GW_NAME" >"$WORK/net/etc/names"
	# shellcheck disable=SC2016
	[ ! -e "$WORK/net/.named" ] || net sh -c 'kill -HUP "$(cat /run/dnsmasq.pid)"'
	: >"$WORK/net/.named"
}

cut_link() {
	net nft add rule inet filter cut drop
}

mend_link() {
	net nft flush chain inet filter cut
}

# --- gateway and board --------------------------------------------------------------

listens() { # NODE PORT
	[ -n "$(on_network_of "$1" ss -Htln "sport = :$2")" ]
}

# expect_listening NODE PORT
expect_listening() {
	wait_until listens "$1" "$2" || fail "nothing listens on port $2 of $1: $(journal "$1" ssh)"
}

add_user() { # NODE NAME [USERADD-OPTION...]
	in_node "$1" useradd -m -s /bin/bash "${@:3}" "$2"
	in_node "$1" usermod -p '*' "$2"
}

# Lets the key PUBLIC log in as USER of NODE.
authorize() { # NODE USER PUBLIC
	local home=$WORK/$1/home/$2
	mkdir -p "$home/.ssh"
	chmod 700 "$home/.ssh"
	cat "$3" >>"$home/.ssh/authorized_keys"
	in_node "$1" chown -R "$2:" "/home/$2/.ssh"
}

# The gateway and the board pi, and a developer's account on the gateway, whose key the board knows.
make_machines() {
	local key=$WORK/gw/home/dev/.ssh/id_ed25519
	make_router
	make_disk gw
	make_disk pi
	boot gw
	boot pi
	expect_listening gw 22
	expect_listening pi 22
	add_user gw dev
	add_user pi pi
	mkdir -p "${key%/*}"
	chmod 700 "${key%/*}"
	ssh-keygen -q -t ed25519 -N '' -C dev -f "$key"
	gw chown -R dev: /home/dev/.ssh
	authorize pi pi "$key.pub"
}

# --- the tunnel ---------------------------------------------------------------------

# shellcheck disable=SC2034 # for the tests
INVITE=outpost-invite ROOTS=/var/lib/outpost/boards

# join_board NODE NAME: invites it, and accepts the invitation there with the line that is printed.
join_board() {
	gw "$OUTPOST" tunnel invite "$2" --login pi --address "$GW_NAME" >"line.$2"
	in_node "$1" sh -c "$(<"line.$2")" || fail "$1 does not join: $(in_node "$1" ls -la /usr/local/lib/outpost /etc/outpost/tunnel; journal "$1" outpost-tunnel)"
}

# invite NAME [OPTION...]: sets $KEY to the one-time key, as the board gets it from the line that is pasted there.
invite() {
	gw "$OUTPOST" tunnel invite "$1" --address "$GW_NAME" "${@:2}" >"line.$1"
	KEY=$(pi sh -c "$(sed "s/ && ssh -F none .*/ \&\& echo \"\$d\"' | sudo sh/" "line.$1")")/key
	pi test -s "$KEY" || fail "no key is in $(<"line.$1")"
}

# accept PUBLIC: accepts the invitation whose key is $KEY for this public key; prints the reply.
accept() {
	printf 'outpost-join 1\nkey %s\nhost-key %s\nend\n' "$(cut -d' ' -f1,2 "$1")" \
		"$(cut -d' ' -f1,2 "$WORK/pi/etc/ssh/ssh_host_ed25519_key.pub")" >request
	pi ssh -F none -T -i "$KEY" -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
		-o IdentitiesOnly=yes "$INVITE@$GW_NAME" accept <request 2>>attack.err
}

make_gateway() {
	gw "$OUTPOST" tunnel setup-gateway
	gw usermod -aG outpost dev
}

# A gateway, and the board pi, which has joined it and is up. Sets $SOCKET and $BOARD_HOST.
make_tunnel() {
	make_machines
	make_gateway
	join_board pi pi
	# shellcheck disable=SC2034
	SOCKET=$ROOTS/board-pi/s/ssh BOARD_HOST=pi
	expect_up ssh
}

# Where each carrier's way begins, and a command through it.
target_of() { # CARRIER
	case $1 in
	ssh) echo "$SOCKET" ;;
	autossh-alive) echo 127.0.0.1:2301 ;;
	autossh-m20000) echo 127.0.0.1:2302 ;;
	esac
}

# await CARRIER SINCE LIMIT: prints the milliseconds until the first command succeeded.
await() {
	local target options=()
	target=$(target_of "$1")
	case $1 in ssh) ;; *) options=(-p "${target#*:}" -o HostKeyAlias=outpost-pi -o HostName=127.0.0.1) ;; esac
	dev "$MEASURE" await "$2" "$3" "$target" \
		ssh -o BatchMode=yes -o ConnectTimeout=3 -o ControlPath=none "${options[@]}" "$BOARD_HOST" true
}

# is_up CARRIER: works now, or within a minute.
expect_up() {
	local carrier
	for carrier; do
		await "$carrier" "${EPOCHREALTIME/./}" "${UP_LIMIT:-60}" >up.out 2>up.err ||
			fail "$carrier is not up: $(cat up.out up.err; show_machines)"
	done
}

show_machines() {
	echo "--- board"
	journal pi
	echo "--- gateway"
	journal gw
}

probe_is_up() {
	gw grep -qx state=up /run/outpost/status/pi
}
