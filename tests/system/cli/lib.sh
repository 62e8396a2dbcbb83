# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Helpers for tests of the command line. $WORK is the test's own folder, $B the
# board's part of it.
#
# The board is this machine behind a real sshd, which ssh starts as its
# ProxyCommand, without a port or root. A forced command plays the board's login:
# it has its own home, /usr/local/lib/outpost is a folder of the test, and sudo is
# a stand-in that asks for no password.

# shellcheck disable=SC2034 # some of these are for the runner and the tests
AT_ONCE=4 LIMIT=60
FIRST=(shared_connection_that_hangs no_answer)
NEEDS=(jq:jq perl:perl ssh-keygen:openssh-client sshd:openssh-server xz:xz-utils zstd:zstd script:bsdutils
	gcc:gcc nft:nftables ss:iproute2 nsenter:util-linux systemd-analyze:systemd systemd-socket-activate:systemd pgrep:procps rsync:rsync aarch64-linux-gnu-gcc:gcc-aarch64-linux-gnu nm:binutils)
[ "$(uname -m)" != aarch64 ] || NEEDS=("${NEEDS[@]/aarch64-linux-gnu-gcc*/gcc:gcc}")

suite_up() { :; }
suite_down() { :; }

# shellcheck disable=SC2034
set_up() {
	B=$WORK/board
	OUTPOST=$TOP/build/outpost
	AGENT=$TOP/build/host/outpost-agent
	[ "$(uname -m)" = aarch64 ] && AGENT=$TOP/build/aarch64/outpost-agent
	export HOME=$WORK/home XDG_CONFIG_HOME=$WORK/config XDG_STATE_HOME=$WORK/state
	export XDG_CACHE_HOME=$WORK/cache XDG_RUNTIME_DIR=$WORK/run
	unset "${!OUTPOST_@}" NO_COLOR SSH_AUTH_SOCK SUDO_USER
	export OUTPOST_YES=1 # trust what tests build on this machine, and what they configure
	OUTPOST=$TOP/build/outpost
	mkdir -p "$HOME/.ssh" "$XDG_RUNTIME_DIR" "$B/lib" "$B/bin" "$B/home"
	chmod 700 "$HOME/.ssh" "$XDG_RUNTIME_DIR"
	cd "$WORK" || exit 1
}

clean_up() {
	local socket file
	if declare -F clean_machine >/dev/null; then clean_machine; fi # see machine.sh
	for file in "$WORK"/container-*; do # see container.test.sh
		[ ! -e "$file" ] || kill "$(<"$file")"
	done
	for socket in "$XDG_RUNTIME_DIR"/outpost/ssh-*; do
		[ -S "$socket" ] && ssh -F none -o ControlPath="$socket" -O exit x 2>/dev/null
	done
	return 0
}

# --- a kernel tree ----------------------------------------------------------------

CROSS=aarch64-linux-gnu-
[ "$(uname -m)" != aarch64 ] || CROSS=

# Makes a minimal kernel tree for RELEASE, and runs 'kernel add PATH' on it. Its programs do nothing.
make_tree() { # RELEASE [LINE-OF-CONFIG...]
	local tree=$WORK/trees/$1
	release=$1
	mkdir -p "$tree/include/generated" "$tree/include/linux" "$tree/scripts/basic" "$tree/scripts/mod" "$WORK/bin"
	echo "#define UTS_RELEASE \"$1\"" >"$tree/include/generated/utsrelease.h"
	echo "void declared_only(void);" >"$tree/include/linux/kernel.h"
	printf 'CONFIG_%s=y\n' ARM64 MODULES SMP MODULE_UNLOAD MODVERSIONS MODULE_SIG ARM64_4K_PAGES "${@:2}" >"$tree/.config"
	echo 'CONFIG_CC_VERSION_TEXT="gcc-99 (A packager 99.1) 99.1.0"' >>"$tree/.config"
	cat >"$tree/Module.symvers" <<-END
		0x00000001	module_layout	vmlinux	EXPORT_SYMBOL	
		0x00000002	_printk	vmlinux	EXPORT_SYMBOL	
		0x00000003	ktime_get	vmlinux	EXPORT_SYMBOL_GPL	
		0x00000004	dma_buf_put	vmlinux	EXPORT_SYMBOL_GPL	DMA_BUF
		0x00000005	crc_itu_t	lib/crc-itu-t	EXPORT_SYMBOL	
	END
	printf '#!/bin/sh\necho "Usage: fixdep"\nexit 1\n' >"$tree/scripts/basic/fixdep"
	printf '#!/bin/sh\n' >"$tree/scripts/mod/modpost"
	printf '#!/bin/sh\necho 99\n' >"$WORK/bin/${CROSS}gcc-99"
	chmod +x "$tree/scripts/"*/* "$WORK/bin/"*
	export PATH=$WORK/bin:$PATH
	printf '[build]\nin = host\n' >outpost.conf
	outpost kernel add "$tree"
	expect_status 0
}

# --- the board -------------------------------------------------------------------

# shellcheck disable=SC2016
make_login() {
	cat >"$B/login" <<-END
		#!/bin/bash
		# Plays the login shell. Redirects paths that are fixed in the program into the test's folder.
		[ -e $B/noise ] && cat $B/noise
		[ -e $B/nologin ] && exit 1
		command=\${SSH_ORIGINAL_COMMAND//\/usr\/local\/lib\/outpost/$B/lib}
		command=\${command//\[ -O \/ ]/[ -e $B/is-root ]}
		export HOME=$B/home PATH=$B/bin:/usr/bin:/bin
		echo "\$command" >>$B/commands
		cd && exec /bin/sh -c "\$command"
	END
	cat >"$B/bin/sudo" <<-END
		#!/bin/sh
		[ "\$1" = -n ] || { echo "sudo was called without -n" >&2; exit 99; }
		shift
		echo "\$*" >>$B/sudo-commands
		exec "\$@"
	END
	chmod +x "$B/login" "$B/bin/sudo"
}

make_sshd() {
	# Without PAM, sshd itself checks whether the account is locked.
	local pam=no
	if [ "$(id -u)" = 0 ]; then
		[ -d /run/sshd ] || mkdir /run/sshd # sshd as root runs its unprivileged process there
		grep -q '^root:!' /etc/shadow && pam=yes
	fi
	ssh-keygen -q -t ed25519 -N '' -C board -f "$WORK/host_key"
	ssh-keygen -q -t ed25519 -N '' -C me -f "$HOME/.ssh/id_ed25519"
	cp "$HOME/.ssh/id_ed25519.pub" "$WORK/authorized_keys"
	cat >"$WORK/sshd_config" <<-END
		HostKey $WORK/host_key
		AuthorizedKeysFile $WORK/authorized_keys
		StrictModes no
		UsePAM $pam
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		PermitRootLogin prohibit-password
		PidFile none
		ForceCommand $B/login
	END
}

# Writes the user's ssh configuration. $1: the ProxyCommand; default: sshd.
make_ssh_config() {
	cat >"$WORK/ssh_config" <<-END
		Host board
			HostName board.test
			HostKeyAlias board.test
			User $(id -un)
			IdentityFile $HOME/.ssh/id_ed25519
			IdentitiesOnly yes
			UserKnownHostsFile $HOME/.ssh/known_hosts
			GlobalKnownHostsFile none
			ProxyCommand ${1:-/usr/sbin/sshd -i -f $WORK/sshd_config -E $WORK/sshd.log}
		Host refused
			HostName 127.0.0.1
			Port 1
	END
	echo "board.test $(cut -d' ' -f1,2 "$WORK/host_key.pub")" >"$HOME/.ssh/known_hosts"
}

# Makes a board called "board" that can be reached and has no agent.
make_board() {
	[ -x /usr/sbin/sshd ] || skip "sshd is not installed: apt-get install openssh-server"
	[ -x "$AGENT" ] || fail "$AGENT is not built"
	make_login
	make_sshd
	make_ssh_config "$@"
	mkdir -p "$XDG_CONFIG_HOME/outpost/boards"
	printf 'destination = board\nssh_config = %s\n' "$WORK/ssh_config" \
		>"$XDG_CONFIG_HOME/outpost/boards/board.conf"
}

install_agent() {
	cp "$AGENT" "$B/lib/outpost-agent"
}

# Installs a working agent from another build: ours with another build-id.
install_other_agent() {
	local id
	id=$("$AGENT" build-id)
	perl -e 'local $/; open F, "<", $ARGV[0]; $_ = <F>; $id = pack "H*", $ARGV[1];
		 s/\Q$id\E/~$id/ge or die; print' "$AGENT" "$id" >"$B/lib/outpost-agent"
	chmod +x "$B/lib/outpost-agent"
	[ "$("$B/lib/outpost-agent" build-id)" != "$id" ] || fail "the other agent still has our build-id"
}

expect_our_agent() {
	cmp "$AGENT" "$B/lib/outpost-agent" || fail "the agent on the board is not ours"
	[ "$(stat -c %a "$B/lib/outpost-agent")" = 755 ] || fail "the agent has the wrong mode"
	[ "$(ls "$B/lib")" = outpost-agent ] || fail "files were left behind beside the agent: $(ls "$B/lib")"
}

sessions() {
	grep -c 'outpost-agent serve' "$B/commands"
}
