# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# Options, commands and exit statuses: rules that hold for all commands.

commands() {
	"$OUTPOST" --help | sed -n 's/^  \([a-z]\{2,\}\)  .*/\1/p'
}

test_overview() {
	outpost --help
	expect_status 0
	expect_out "usage: outpost"
	expect_silent err
	for command in board log shell doctor clean; do
		commands | grep -qx "$command" || fail "'$command' is not among the commands"
	done
	outpost
	expect_status 2
	expect_silent out
	expect_err "usage: outpost"
}

test_version() {
	outpost --version
	expect_status 0
	expect_out "outpost "
	[ "$(wc -l <out)" = 1 ] || fail "expected one line"
}

test_unknown_command() {
	outpost frobnicate
	expect_status 2
	expect_one_error "Unknown command 'frobnicate'"
	expect_err "hint: Run outpost --help"
	outpost tset
	expect_status 2
	expect_one_error "Unknown command 'tset' (did you mean 'test'?)"
	outpost vm upp
	expect_status 2
	expect_one_error "Unknown command 'vm upp' (did you mean 'up'?)"
}

test_unknown_options() {
	outpost --frobnicate
	expect_status 2
	expect_one_error "--frobnicate"
	outpost -Z
	expect_status 2
	expect_one_error "-Z"
	outpost board list --frobnicate
	expect_status 2
	expect_one_error "--frobnicate"
	outpost -b
	expect_status 2
	expect_one_error "-b requires a value"
}

test_help_of_every_command() {
	local n=0
	for command in $(commands); do
		outpost "$command" --help
		expect_status 0
		expect_out "usage: outpost"
		expect_out " $command"
		expect_out "--help"
		expect_silent err
		n=$((n + 1))
	done
	[ $n -ge 5 ] || fail "only $n commands were found"
}

test_json_is_refused() {
	local refused=0
	for command in $(commands); do
		"$OUTPOST" "$command" --help | grep -q '^usage:.*\[--json\]' && continue
		outpost --json "$command"
		expect_status 2
		expect_one_error "'$command' has no --json"
		expect_silent out
		refused=$((refused + 1))
	done
	[ $refused -ge 2 ] || fail "only $refused commands refuse --json"
	outpost --json board remove x
	expect_status 2
	expect_one_error "has no --json"
}

test_number_of_arguments() {
	outpost log surplus
	expect_status 2
	expect_one_error "'log' takes no arguments"
	outpost board
	expect_status 2
	expect_one_error "'board' requires"
	outpost board list surplus
	expect_status 2
	expect_one_error "'board list' takes no arguments"
	outpost kernel remove
	expect_status 2
	expect_one_error "'kernel remove' requires RELEASE"
}

# The name of a vm is an argument, so -b would be ignored. A configured default board is not an error.
test_board_option_is_refused_where_it_has_no_meaning() {
	local order
	for order in "-b pi vm status" "vm -b pi status" "vm status -b pi" "-b pi klog" "clean -b pi"; do
		# shellcheck disable=SC2086
		outpost $order </dev/null
		expect_status 2
		expect_one_error "has no -b"
	done
	printf '[board]\ndefault = pi\n' >outpost.conf
	outpost vm status
	expect_status 0
	outpost vm --help
	expect_status 0
	! grep -q -e '-b BOARD' out || fail "the usage mentions -b BOARD"
}

test_directory() {
	outpost -C "$WORK/nowhere" board list
	expect_status 3
	expect_one_error "$WORK/nowhere"
	mkdir sub
	echo '[board' >sub/outpost.conf
	outpost -C sub board list
	expect_status 3
	expect_one_error "outpost.conf:1"
}

# refuses_config TEXT MESSAGE: an outpost.conf with TEXT causes MESSAGE.
refuses_config() {
	printf %b "$1" >outpost.conf
	outpost board list
	expect_status 3
	expect_one_error "outpost.conf:$2"
}

test_configuration_is_checked() {
	refuses_config 'build.jbos = 3\n' '1: unknown key "build.jbos"'
	refuses_config '[build]\njbos = 3\n' '2: unknown key "jbos" (did you mean "jobs"?)'
	refuses_config '[biuld]\njobs = 3\n' '1: unknown section [biuld] (did you mean [build]?)'
	refuses_config 'jobs = 3\n' '1: unknown key "jobs": it belongs in [build]'
	refuses_config '[build]\njobs = 3\njobs = 4\n' '3: "jobs" is set twice; first in line 2'
	refuses_config '[board]\ndefault =\n' '2: "default" has no value'
	refuses_config '\0357\0273\0277[build]\n' '1: the file begins with a byte order mark'
	printf '[archive.mine]\nurl = x\n[container]\nrun_args =\n[kernel.git]\nurl = y\n[kernel]\nkeep = 9\n' >outpost.conf
	outpost board list
	expect_status 0
}

test_a_board_file_is_checked() {
	mkdir -p "$XDG_CONFIG_HOME/outpost/boards"
	printf '[board]\ndestination = pi\n' >"$XDG_CONFIG_HOME/outpost/boards/pi.conf"
	outpost board list
	expect_status 3
	expect_one_error 'boards/pi.conf:1: unknown section [board]: this file has none'
}

test_standard_output_is_full() {
	printf 'destination = x\n' >pi.conf
	mkdir -p "$XDG_CONFIG_HOME/outpost/boards"
	mv pi.conf "$XDG_CONFIG_HOME/outpost/boards/pi.conf"
	run bash -c "'$OUTPOST' board list >/dev/full"
	expect_status 3
	expect_one_error "standard output"
}

test_action_log() {
	outpost board list
	grep -q 'Z \[[0-9]*\] outpost: outpost .*: board list$' "$XDG_STATE_HOME/outpost/outpost.log" ||
		fail "the action log does not contain the command: $(cat "$XDG_STATE_HOME/outpost/outpost.log")"
	outpost --log mine.log board remove nonesuch
	expect_status 3
	grep -q "error: There is no board 'nonesuch'" mine.log || fail "$(cat mine.log)"
}

test_log_options() {
	outpost log --level loud
	expect_status 2
	expect_one_error "--level: 'loud'"
	outpost log --new
	expect_status 2
	expect_one_error "--new without --follow"
}
