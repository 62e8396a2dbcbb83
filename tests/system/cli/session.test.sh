# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# Whatever fails between the host and the agent: one message, one hint, status 3.

expect_trouble() { # WHY HINT
	expect_status 3
	expect_silent out
	expect_one_error "$1"
	expect_err "hint: "
	expect_err "$2"
}

test_name_unknown() {
	outpost -b pi@nosuch.invalid board show
	expect_trouble "its name cannot be resolved" "ssh -G pi@nosuch.invalid"
}

test_refused() {
	make_board
	outpost board add refused refused --ssh-config "$WORK/ssh_config"
	outpost -b refused board show
	expect_trouble "the connection was refused" "no SSH server answers"
}

test_vm_is_down() {
	make_board
	mkdir -p "$XDG_STATE_HOME/outpost/vm/vm"
	printf 'destination = refused\nkind = vm\nssh_config = %s\n' "$WORK/ssh_config" \
		>"$XDG_STATE_HOME/outpost/vm/vm/board.conf"
	outpost board list
	expect_out "vm "
	outpost board show
	expect_trouble "the virtual Pi is not running" "outpost vm up"
	outpost board remove vm
	expect_status 2
	expect_one_error "is a virtual Pi"
}

test_no_answer() {
	make_board "sleep 40"
	outpost -b board board show
	expect_trouble "does not answer" "switched on"
}

test_no_key_is_accepted() {
	make_board
	: >"$WORK/authorized_keys"
	outpost -b board board show
	expect_trouble "it accepts none of your keys" "ssh-copy-id"
}

test_host_key_changed() {
	make_board
	ssh-keygen -q -t ed25519 -N '' -f other_key
	echo "# a comment
board.test $(cut -d' ' -f1,2 other_key.pub)" >"$HOME/.ssh/known_hosts"
	outpost -b board board show
	expect_trouble "its host key changed" "line 2 of $HOME/.ssh/known_hosts"
	expect_err "ssh-keygen -f $HOME/.ssh/known_hosts -R"
	# The command in the hint removes the key; then the host key is not known.
	eval "$(sed -n "s/.*\(ssh-keygen -f .*\)/\1/p" err)" 2>/dev/null
	outpost -b board board show
	expect_trouble "its host key is not known" "Connect by hand once"
}

test_sudo_asks() {
	make_board
	install_agent
	cat >"$B/bin/sudo" <<-'END'
		#!/bin/sh
		echo "sudo: a password is required" >&2
		exit 1
	END
	outpost -b board board show
	expect_trouble "sudo asks for a password" \
		"ALL=(root) NOPASSWD: /usr/local/lib/outpost/outpost-agent"
	# If the agent is not installed yet, the hint shows how to do it by hand.
	rm "$B/lib/outpost-agent"
	outpost -b board board show
	expect_trouble "sudo asks for a password" "by hand: scp"
}

test_sudo_is_missing() {
	make_board
	install_agent
	# PATH has only what the test needs, because this machine may have a real sudo.
	mkdir "$B/few"
	rm "$B/bin/sudo"
	sed -i "s|^export HOME=.*|export HOME=$B/home PATH=$B/few|" "$B/login"
	outpost -b board board show
	expect_trouble "sudo is not installed" "Install sudo on the board"
}

test_root_needs_no_sudo() {
	make_board
	install_agent
	touch "$B/is-root"
	outpost -b board board show
	expect_status 0
	[ ! -e "$B/sudo-commands" ] || fail "sudo was called: $(cat "$B/sudo-commands")"
}

test_agent_is_missing() {
	make_board
	rmdir "$B/lib"
	outpost -b board board show
	expect_status 0
	expect_err "Installing the agent on board"
	expect_out "agent      $("$AGENT" build-id)"
	expect_our_agent
	[ "$(sessions)" = 2 ] || fail "2 sessions are expected: $(cat "$B/commands")"
	outpost -b board board show
	expect_silent err
}

test_agent_of_another_build() {
	make_board
	install_other_agent
	outpost -b board board show
	expect_status 0
	expect_err "Installing the agent on board"
	expect_our_agent
}

test_agent_is_torn() {
	make_board
	head -c 2000 "$AGENT" >"$B/lib/outpost-agent"
	chmod 755 "$B/lib/outpost-agent"
	outpost -b board board show
	expect_status 0
	expect_our_agent
	: >"$B/lib/outpost-agent"
	outpost -b board board show
	expect_status 0
	expect_our_agent
}

# A connection that is cut while the agent is sent leaves the old agent in place.
test_cut_during_install() {
	make_board
	install_other_agent
	cp "$B/lib/outpost-agent" before
	cat >"$B/bin/cat" <<-'END'
		#!/bin/sh
		exec head -c 100000
	END
	chmod +x "$B/bin/cat"
	outpost -b board board show
	expect_status 3
	cmp before "$B/lib/outpost-agent" || fail "the old agent was replaced"
	[ "$(ls "$B/lib")" = outpost-agent ] || fail "part of the new agent was left behind: $(ls "$B/lib")"
}

test_disk_is_full() {
	make_board
	# A real write fails, so the message is the real one.
	cat >"$B/bin/cat" <<-'END'
		#!/bin/sh
		exec /bin/cat >/dev/full
	END
	chmod +x "$B/bin/cat"
	outpost -b board board show
	expect_trouble "its disk is full" "remove files"
	[ -z "$(ls "$B/lib")" ] || fail "files were left behind: $(ls "$B/lib")"
}

test_read_only() {
	make_board
	cat >"$B/bin/mkdir" <<-'END'
		#!/bin/sh
		echo "mkdir: cannot create directory '/usr/local/lib/outpost': Read-only file system" >&2
		exit 1
	END
	chmod +x "$B/bin/mkdir"
	outpost -b board board show
	expect_trouble "its file system is read-only" "remount"
}

test_other_architecture() {
	make_board
	printf '#!/bin/sh\necho armv7l\n' >"$B/bin/uname"
	chmod +x "$B/bin/uname"
	outpost -b board board show
	expect_trouble "it is a 'armv7l', for which there is no agent" "arm_64bit=1"
	[ -z "$(ls "$B/lib")" ] || fail "files were installed: $(ls "$B/lib")"
}

test_shell_prints_text() {
	make_board
	install_agent
	printf 'Welcome to \033[31mmy Pi\n' >"$B/noise"
	outpost -b board board show
	expect_status 0
	expect_err "start-up files on board print text"
	expect_err 'Welcome to \x1b[31mmy Pi'
	# The text does not confuse the installation of the agent either.
	rm "$B/lib/outpost-agent"
	outpost -b board board show
	expect_status 0
	expect_our_agent
	# A login that prints text and exits.
	touch "$B/nologin"
	outpost -b board board show
	expect_trouble 'Welcome to \x1b[31mmy Pi' "start-up files"
}

test_no_ssh() {
	mkdir few
	run env PATH="$WORK/few" "$OUTPOST" -b pi@nosuch.invalid board show
	expect_trouble "cannot start ssh" "apt-get install openssh-client"
}

# No user input reaches a shell on the board, and the host key is always checked.
test_command_lines() {
	make_board
	install_agent
	outpost -b board board show
	[ "$(sort -u "$B/commands" | wc -l)" = 1 ] || fail "expected one command: $(cat "$B/commands")"
	run grep -rnE 'StrictHostKeyChecking[= ]*(no|off)|UserKnownHostsFile[= ]*/dev/null' "$TOP/src"
	expect_status 1
}

# The agent is sent to every board.
test_the_agent_is_small() {
	local size
	size=$(stat -c %s "$TOP/build/aarch64/outpost-agent")
	echo "The agent for boards has $size bytes"
	[ "$size" -lt $((1024 * 1024)) ] || fail "the agent is not smaller than 1 MiB"
}
