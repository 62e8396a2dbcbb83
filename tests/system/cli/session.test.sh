# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# What can go wrong between here and the agent: one message, what to do, status 3.

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
	# Where the agent has to be put there first, that can be done by hand.
	rm "$B/lib/outpost-agent"
	outpost -b board board show
	expect_trouble "sudo asks for a password" "by hand: scp"
}

test_sudo_is_not_there() {
	make_board
	install_agent
	# Of the real PATH nothing but what the test needs: there may be a real sudo.
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

test_agent_is_another() {
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

# A connection that is cut in the middle of the agent leaves what was there.
test_install_is_cut() {
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
	cmp before "$B/lib/outpost-agent" || fail "the agent is not the one before"
	[ "$(ls "$B/lib")" = outpost-agent ] || fail "half of one was left: $(ls "$B/lib")"
}

test_disk_is_full() {
	make_board
	# The real message, of a real write that fails.
	cat >"$B/bin/cat" <<-'END'
		#!/bin/sh
		exec /bin/cat >/dev/full
	END
	chmod +x "$B/bin/cat"
	outpost -b board board show
	expect_trouble "its disk is full" "remove files"
	[ -z "$(ls "$B/lib")" ] || fail "something was left behind: $(ls "$B/lib")"
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
	expect_trouble "it is a 'armv7l', for which there is no agent" "aarch64"
	[ -z "$(ls "$B/lib")" ] || fail "something was put there: $(ls "$B/lib")"
}

test_shell_prints_text() {
	make_board
	install_agent
	printf 'Welcome to \033[31mmy Pi\n' >"$B/noise"
	outpost -b board board show
	expect_status 0
	expect_err "start-up files on board print text"
	expect_err 'Welcome to \x1b[31mmy Pi'
	# Putting the agent in place is not confused by it either.
	rm "$B/lib/outpost-agent"
	outpost -b board board show
	expect_status 0
	expect_our_agent
	# A login that only talks.
	touch "$B/nologin"
	outpost -b board board show
	expect_trouble 'Welcome to \x1b[31mmy Pi' "start-up files"
}

test_no_ssh() {
	mkdir few
	run env PATH="$WORK/few" "$OUTPOST" -b pi@nosuch.invalid board show
	expect_trouble "cannot start ssh" "apt-get install openssh-client"
}

# Nothing a person gives may reach a shell there, and the key of a board is always looked at.
test_command_lines() {
	make_board
	install_agent
	outpost -b board board show
	[ "$(sort -u "$B/commands" | wc -l)" = 1 ] || fail "one command is expected: $(cat "$B/commands")"
	run grep -rnE 'StrictHostKeyChecking[= ]*(no|off)|UserKnownHostsFile[= ]*/dev/null' "$TOP/src"
	expect_status 1
}

# It is sent to every board.
test_the_agent_is_small() {
	local size
	size=$(stat -c %s "$TOP/build/aarch64/outpost-agent")
	echo "The boards' agent has $size bytes."
	[ "$size" -lt $((1024 * 1024)) ] || fail "it is not under 1 MiB"
}
