# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2016 # what is in single quotes is for shells in the machine
#
# A machine of the test's own: its mount namespace has a copy of /etc, and an empty /run, /var/lib and
# /usr/local/lib; its network namespace has only loopback; and it sees only its own processes. $WORK is also /run/work there, and the build /run/build, where each user finds them.
# Needs root. A test that uses this calls make_machine first.

# Is run in the namespaces; $1 is the folder of the machine, $2 the test's, $3 the build.
_furnish() {
	local name pid
	read -r pid _ </proc/self/stat # as the test sees it: /proc is not yet the machine's
	mount -t proc proc /proc
	mount -t tmpfs -o mode=755 none "$1"
	cp -a /etc "$1/etc"
	mkdir -p "$1/run/sshd" "$1/run/work" "$1/run/build" "$1/lib" "$1/local"
	for name in etc:/etc run:/run lib:/var/lib local:/usr/local/lib; do
		mount --bind "$1/${name%%:*}" "${name#*:}"
	done
	mount --bind "$2" /run/work
	mount --bind "$3" /run/build
	ip link set lo up
	# Neither the host keys nor the accounts and settings of the real machine matter.
	rm -rf /etc/ssh/sshd_config.d /etc/ssh/ssh_config.d /etc/ssh/ssh_host_*
	mkdir /etc/ssh/sshd_config.d /etc/ssh/ssh_config.d
	ssh-keygen -q -t ed25519 -N '' -C '' -f /etc/ssh/ssh_host_ed25519_key
	ssh-keygen -q -t ecdsa -N '' -C '' -f /etc/ssh/ssh_host_ecdsa_key
	printf '%s\n' 'Include /etc/ssh/sshd_config.d/*.conf' 'Port 2200' 'ListenAddress 127.0.0.1' \
		'PidFile /run/sshd.pid' 'UsePAM no' 'HostKey /etc/ssh/ssh_host_ed25519_key' \
		'HostKey /etc/ssh/ssh_host_ecdsa_key' 'Subsystem sftp internal-sftp' >/etc/ssh/sshd_config
	printf 'Include /etc/ssh/ssh_config.d/*.conf\n' >/etc/ssh/ssh_config
	echo "$pid" >"$2/machine.pid.new"
	mv "$2/machine.pid.new" "$2/machine.pid"
	while :; do # bash also waits for processes that others leave behind
		sleep 3600 &
		wait $!
	done
}

make_machine() {
	if [ "$(id -u)" != 0 ] || ! unshare -m -n -p -f sh -c "mount -t tmpfs none /mnt && nft add table ip try" 2>namespaces.err; then
		echo "a machine of its own needs root and namespaces"
		exit 79
	fi
	mkdir "$WORK/machine"
	chmod 755 "$WORK"
	export -f _furnish
	unshare -m -n -p -f --kill-child --propagation private bash -ec '_furnish "$@"' - "$WORK/machine" "$WORK" "$TOP/build" &
	wait_until test -e "$WORK/machine.pid" || fail "the machine is not ready"
	MACHINE=$(<"$WORK/machine.pid")
}

# in_machine COMMAND...: runs it there, as root.
in_machine() {
	nsenter -t "$MACHINE" -m -n -p -- sh -c 'cd "$1" && shift && exec "$@"' - "$PWD" "$@"
}

# in_background COMMAND...: the same; $! ends when the command does, with its status.
in_background() {
	(exec nsenter -t "$MACHINE" -m -n -p -- sh -c 'cd "$1" && shift && exec "$@"' - "$PWD" "$@") &
}

# machine COMMAND...: the same, as run does.
machine() {
	run in_machine "$@"
}

# Sets $AS to what runs a command as USER, with the user's groups and home.
as_user() { # USER
	local home=/run/work/home-$1
	AS=(setpriv --reuid "$1" --regid "$(in_machine id -g "$1")" --init-groups env HOME="$home" XDG_CONFIG_HOME="$home/config"
		XDG_STATE_HOME="$home/state" XDG_CACHE_HOME="$home/cache" XDG_RUNTIME_DIR="$home/run"
		sh -c 'cd /run/work && exec "$@"' -)
}

# as USER COMMAND...: runs it there, as run does.
as() {
	as_user "$1"
	run in_machine "${AS[@]}" "${@:2}"
}

# All processes of the machine end with its first.
clean_machine() {
	[ ! -e "$WORK/machine.pid" ] || kill -9 "$(<"$WORK/machine.pid")"
}

# Prints all that is in the folders of the machine, but the backups that useradd(8) makes of its files.
tree() {
	in_machine bash -c '
		cd / && find etc var/lib usr/local/lib -printf "%p %M %U:%G %l\n" | grep -Ev "^etc/(passwd|group|shadow|gshadow)- " | sort
		find etc var/lib usr/local/lib -type f ! -path "etc/*-" -print0 | sort -z | xargs -0 sha256sum'
}

start_sshd() {
	in_machine /usr/sbin/sshd -E "$WORK/sshd.log"
	wait_until in_machine test -e /run/sshd.pid || fail "sshd does not start"
}

make_user() { # NAME [GROUP...]
	in_machine useradd --no-create-home --home-dir "/run/work/home-$1" --password '*' --shell /bin/sh -N -g users "$1"
	mkdir -p "$WORK/home-$1/.ssh"
	[ $# = 1 ] || in_machine usermod -aG "$2" "$1"
	in_machine chown -R "$1" "$WORK/home-$1"
}
