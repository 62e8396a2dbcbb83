# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# The list of boards, and the commands that ask a board something.

test_add_list_remove() {
	outpost board list
	expect_status 0
	expect_silent out
	expect_err "No boards yet"
	touch ssh.conf
	outpost board add pi me@raspberry --power-cycle 'usbrelay 1 0' --ssh-config ssh.conf
	expect_status 0
	outpost board list
	expect_out "me@raspberry"
	outpost --json board list
	expect_status 0
	expect_out '"schema": "outpost.board/1"'
	expect_out '"destination": "me@raspberry"'
	expect_out "\"ssh_config\": \"$WORK/ssh.conf\""
	expect_out '"power_cycle": "usbrelay 1 0"'
	outpost board add pi other
	expect_status 3
	expect_one_error "Board 'pi' exists already"
	outpost board remove pi
	expect_status 0
	outpost board remove pi
	expect_status 3
	expect_one_error "There is no board 'pi'"
	outpost --json board list
	expect_out '"boards": []'
}

test_add_refuses() {
	outpost board add ../etc me@pi
	expect_status 2
	expect_one_error "'../etc' is not a valid board name"
	outpost board add pi -oProxyCommand=touch
	expect_status 2
	outpost board add pi -- -oProxyCommand=touch
	expect_status 2
	expect_one_error "is not an ssh destination"
	outpost board add pi 'me@pi; reboot'
	expect_status 2
	expect_one_error "is not an ssh destination"
	outpost board add pi me@pi --power-cycle 'a ; b'
	expect_status 2
	expect_one_error "power_cycle"
	outpost board add pi me@pi --ssh-config nonexistent
	expect_status 3
	expect_one_error "Cannot find the ssh configuration nonexistent"
	outpost board add pi me@pi --ssh-config .
	expect_status 3
	expect_one_error "Cannot read the ssh configuration .: Is a directory"
	outpost board add vm me@pi
	expect_status 2
	expect_one_error "'vm' is the name of a virtual Pi"
	outpost board add full me@pi
	expect_status 2
	outpost board add pi
	expect_status 2
	[ -z "$(ls "$XDG_CONFIG_HOME/outpost/boards" 2>/dev/null)" ] || fail "a board file was written"
}

# What is no regular file, or cannot be followed, is neither absent nor waited for.
test_board_files_that_cannot_be_read() {
	local boards=$XDG_CONFIG_HOME/outpost/boards
	mkdir -p "$boards/folder.conf"
	ln -s nowhere "$boards/dangling.conf"
	ln -s loop.conf "$boards/loop.conf"
	mkfifo "$boards/fifo.conf"
	run timeout 20 "$OUTPOST" board list
	expect_status 3
	expect_err "dangling.conf: it is a link to a missing file"
	expect_err "fifo.conf: Not a regular file"
	expect_err "folder.conf: Is a directory"
	expect_err "loop.conf: Too many levels"
	outpost board add dangling me@pi
	expect_status 3
	expect_one_error "Board 'dangling' exists already"
	for name in loop dangling fifo; do
		outpost board remove $name
		expect_status 0
		expect_silent err
	done
	outpost board remove folder
	expect_status 3
	expect_one_error "folder.conf: Is a directory"
}

test_not_a_board() {
	outpost -b -oProxyCommand=touch board show
	expect_status 3
	expect_one_error "neither a board nor an ssh destination"
	outpost board show
	expect_status 3
	expect_one_error "No virtual Pi yet"
	expect_err "outpost vm up"
	mkdir -p "$XDG_CONFIG_HOME/outpost/boards"
	echo 'ssh_config = /x' >"$XDG_CONFIG_HOME/outpost/boards/bad.conf"
	outpost -b bad board show
	expect_status 3
	expect_one_error "bad.conf: 'destination' is missing"
}

test_show() {
	make_board
	install_agent
	outpost -b board board show
	expect_status 0
	expect_silent err
	expect_out "kernel     $(uname -r), $(uname -m)"
	expect_out "agent      $("$AGENT" build-id)"
	expect_out "boot       $(cat /proc/sys/kernel/random/boot_id)"
	expect_out "home       $B/home"
	outpost --json board show board
	expect_status 0
	expect_out '"schema": "outpost.board/1"'
	expect_out "\"kernel\": \"$(uname -r)\""
	expect_out "\"boot_id\": \"$(cat /proc/sys/kernel/random/boot_id)\""
}

test_default_board() {
	make_board
	install_agent
	printf '[board]\ndefault = board\n' >"$XDG_CONFIG_HOME/outpost/outpost.conf"
	outpost board show
	expect_status 0
	OUTPOST_BOARD_DEFAULT=refused.invalid outpost board show
	expect_status 3
	expect_one_error "refused.invalid"
	OUTPOST_BOARD_DEFAULT=refused.invalid outpost -b board board show
	expect_status 0
}

# The default is the board to use, not the only one whose results are listed.
test_results_are_of_all_boards() {
	mkdir -p "$XDG_CONFIG_HOME/outpost"
	printf '[board]\ndefault = board\n' >"$XDG_CONFIG_HOME/outpost/outpost.conf"
	outpost results
	expect_status 0
	[ "$(cat err)" = "outpost: No runs yet" ] || fail "only one board's runs are listed: $(cat err)"
	outpost -b pi results
	[ "$(cat err)" = "outpost: No runs yet on pi" ] || fail "-b was ignored: $(cat err)"
	outpost results -b pi
	[ "$(cat err)" = "outpost: No runs yet on pi" ] || fail "-b was ignored: $(cat err)"
}

# A command uses a shared connection if it finds one. Each command starts one agent.
test_shared_connection() {
	make_board
	install_agent
	outpost -b board board show
	[ -S "$(echo "$XDG_RUNTIME_DIR"/outpost/ssh-*)" ] || fail "no shared connection was opened"
	[ "$(stat -c %a "$XDG_RUNTIME_DIR/outpost")" = 700 ] || fail "other users can reach its socket"
	mv "$WORK/sshd_config" "$WORK/away"
	outpost -b board board show
	expect_status 0
	[ "$(sessions)" = 2 ] || fail "expected 2 sessions: $(cat "$B/commands")"
}

test_shared_connection_that_died() {
	make_board
	install_agent
	outpost -b board board show
	expect_status 0
	local socket pid
	socket=$(echo "$XDG_RUNTIME_DIR"/outpost/ssh-*)
	pid=$(ssh -F none -o ControlPath="$socket" -O check x 2>&1 | sed -n 's/.*pid=\([0-9]*\).*/\1/p')
	kill -9 "$pid"
	outpost -b board board show
	expect_status 0
	expect_silent err
}

# Its socket accepts requests but never answers.
test_shared_connection_that_hangs() {
	make_board
	install_agent
	outpost -b board board show
	local socket pid
	socket=$(echo "$XDG_RUNTIME_DIR"/outpost/ssh-*)
	pid=$(ssh -F none -o ControlPath="$socket" -O check x 2>&1 | sed -n 's/.*pid=\([0-9]*\).*/\1/p')
	kill -STOP "$pid"
	outpost -b board board show
	kill -9 "$pid"
	expect_status 0
}

test_shell() {
	make_board
	# shellcheck disable=SC2016
	outpost -b board shell -- 'echo "out $((6 * 7))"; echo err >&2; exit 7'
	expect_status 7
	expect_out "out 42"
	expect_err "err"
	outpost -b refused.invalid shell -- true
	expect_status 255
}

test_log() {
	make_board
	install_agent
	outpost -b board log
	# Some containers may not read it.
	if timeout 5 head -n1 /dev/kmsg >kmsg; then
		expect_status 0
		expect_silent err
		grep -q '^\[ *[0-9]*\.[0-9]\{6\}\] ' out || fail "no record was printed"
		expect_out "$(sed 's/^[^;]*;//' kmsg)"
		local all
		all=$(wc -l <out)
		outpost -b board log --level err
		[ "$(wc -l <out)" -lt "$all" ] || fail "--level err prints as much as no --level"
	else
		expect_status 3
		expect_one_error "Cannot read the kernel log"
	fi
}

# doctor recommends the compiler that built the board's kernel.
test_doctor_compiler() {
	local release tree
	release=$(uname -r)
	tree=$XDG_CACHE_HOME/outpost/trees/$release
	make_board
	install_agent
	mkdir -p "$WORK/built/include/generated" "$tree"
	echo "#define UTS_RELEASE \"$release\"" >"$WORK/built/include/generated/utsrelease.h"
	touch "$WORK/built/Module.symvers"
	echo 'CONFIG_CC_VERSION_TEXT="gcc-99 (A packager 99.1) 99.1.0"' >"$WORK/built/.config"
	cat >"$tree/manifest.ini" <<-END
		[tree]
		release = $release
		source = path
		build = $WORK/built
		compiler = gcc-99 (A packager 99.1) 99.1.0
	END
	outpost -b board doctor
	expect_status 1
	expect_out "gcc-99, which built its kernel, is not installed"
	expect_out "-> apt-get install gcc-99"
	expect_silent err
}

test_doctor() {
	outpost --json doctor
	any_status # a tool may be missing on this machine
	expect_out '"schema": "outpost.doctor/1"'
	expect_out "no boards yet"
	make_board
	install_agent
	outpost board add pi me@pi
	outpost doctor
	any_status
	expect_out "no board was selected; only this host was checked"
	expect_out "-> outpost -b NAME doctor, with one of: board pi"
	outpost -b board doctor
	any_status
	expect_out "agent                  ok       $("$AGENT" build-id)"
	expect_out "free space"
	expect_out "kernel tree"
	outpost -b nosuch.invalid doctor
	expect_status 1
	expect_out "reachable              MISSING  board nosuch.invalid: its name cannot be resolved"
	# Without any tools: names each of them, and one command that installs them all.
	run env PATH=/nonexistent "$OUTPOST" doctor
	if [ ! -e /usr/sbin/mke2fs ]; then
		any_status
		return
	fi
	expect_status 1
	expect_out "-> apt-get install qemu-system-arm"
	grep -q '^apt-get install .*make' out || fail "no single command installs all tools"
}
