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

# options_of COMMAND: "name" or "name=VALUE" of each option in its help, but --help.
options_of() {
	"$OUTPOST" "$1" --help | sed -nE '/--help/d; s/^  (-., |    )--([a-z0-9-]+)( ([A-Z,.]+) .*| .*)/\2=\4/p' | sed 's/=$//'
}

# Each option is an error in every command in which it has no effect.
test_options_of_every_command() {
	local build="sparse w1 clang no-ccache compiler-wrapper=COMMAND" n=0 command options
	local send="$build kernel=RELEASE no-check" wait="wait=TIME return-timeout=TIME"
	local test="junit=FILE timeout=TIME repeat=N no-reboot $send $wait"
	while IFS=: read -r command options; do
		[ "$(options_of "$command" | xargs)" = "${options# }" ] ||
			fail "'$command' has the options $(options_of "$command" | xargs), not $options"
		n=$((n + 1))
	done <<-end
		test: $test
		watch: $test
		build: kernel=RELEASE,... for=BOARD,... jobs=N no-tests compile-commands=FILE in=PLACE $build
		check: kernel=RELEASE $build
		deploy: $send return-timeout=TIME
		load: $send $wait
		unload: $wait
		vm: kernel=RELEASE memory=MIB cpus=N debug kaslr boot net full tap=IFNAME timeout=TIME
		board: ssh-config=FILE power-cycle=COMMAND gateway=DESTINATION
		status: timeout=TIME root=DIR
		tunnel: dry-run undo exempt=LIST login=USER port=PORT expires=TIME address=HOST boot=DIR watch root=DIR
		log: follow new level=LEVEL
		shell:
		doctor: prove yes return-timeout=TIME
		provision: dry-run only=STEP undo profile=NAME key=FILE restart headers upgrade allow-port=PORT return-timeout=TIME
		kernel: git=URL commit=COMMIT defconfig=NAME
		container: compilers=MAJORS packages=NAMES offline fresh
		trust: list remove
		klog: module=KO
		unpack: arch=ARCH dependencies
		journal:
		results: limit=N
		clean: all
	end
	[ $n = "$(commands | wc -l)" ] || fail "the table does not have every command"
}

# refuses WORDS...: they are a usage error, and nothing is done.
refuses() {
	outpost "$@"
	expect_status 2
	[ "$(wc -l <err)" = 1 ] || fail "expected one error"
	expect_silent out
}

# expect_no_option COMMAND VERB OPTION: as refuses does, but with a single process, because this runs hundreds of
# times.
expect_no_option() {
	local status=0 said
	"$OUTPOST" "$@" >out 2>err </dev/null || status=$?
	mapfile -t said <err
	[[ "$status ${#said[@]} ${said[0]-}" == "2 1 "*"has no -"* ]] && [ ! -s out ] && return
	fail "expected '$1 $2' to have no $3: status $status, $(cat out err)"
}

# Of a command that has subcommands, each takes only some of the options.
test_options_of_every_subcommand() {
	local command verb options option refused=0
	while IFS=: read -r command verb options; do
		for option in $(options_of "$command") json board=pi; do
			case " $options " in *" ${option%%=*} "*) continue ;; esac
			expect_no_option "$command" "$verb" "--${option/=*/=1000}"
			refused=$((refused + 1))
		done
	done <<-end
		vm:up:kernel memory cpus debug kaslr boot net full tap timeout
		vm:down:full
		vm:status:json
		vm:reset:full timeout
		vm:unplug:full
		vm:plug:full
		vm:console:full
		board:add:ssh-config power-cycle gateway
		board:list:json
		board:show:json board
		board:remove:
		tunnel:setup-gateway:dry-run undo exempt
		tunnel:invite:login port expires address boot
		tunnel:revoke:
		tunnel:list:json
		tunnel:status:watch root json
		tunnel:test:root json
		kernel:sync:json board
		kernel:add:git commit defconfig json board
		kernel:list:json
		kernel:path:json
		kernel:verify:json board
		kernel:remove:
		container:build:compilers packages offline fresh json
		container:status:json
		container:remove:
	end
	[ $refused -ge 70 ] || fail "only $refused were tried"
}

test_options_that_need_another_one() {
	refuses log --new
	refuses doctor --yes
	refuses doctor --return-timeout 5s
	refuses kernel add --commit HEAD
	refuses kernel add --defconfig x
	refuses results --limit 5 last
	refuses build --for pi --kernel 6.1.0
	# A value in the configuration is no error.
	printf '[board]\nreturn_timeout = 5s\n[kernel.git]\ndefconfig = x\n[build]\nkernel = x\n[vm]\ndebug = yes\n' >outpost.conf
	outpost kernel list
	expect_status 0
	outpost vm status
	expect_status 0
	outpost doctor
	expect_silent err
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
	ln -sf nowhere outpost.conf
	outpost board list
	expect_status 3
	expect_one_error "outpost.conf: it is a link to a missing file"
	rm outpost.conf
	mkfifo outpost.conf
	run timeout 20 "$OUTPOST" board list
	expect_status 3
	expect_one_error "outpost.conf: Not a regular file"
	rm outpost.conf
	refuses_config '[archive.]\n' '1: unknown section [archive.]'
	# Values are checked by every command, not only by the one that uses them.
	refuses_config '[vm]\nmemory = nonsense\n' '2: vm.memory = nonsense is not valid'
	refuses_config '[kernel]\nkeep = soon\n' '2: kernel.keep = soon is not valid'
	refuses_config '[build]\nsparse = perhaps\n' '2: build.sparse = perhaps is not valid'
	printf '[archive.mine]\nurl = x\n' >outpost.conf
	outpost board list
	expect_status 3
	expect_one_error "archive.mine.suite is missing"
	: >key.gpg
	printf '[archive.mine]\nurl = x\nsuite = y\nkey = %s\n[container]\nrun_args =\n[kernel.git]\nurl = y\n[kernel]\nkeep = 9\n' \
		"$WORK/key.gpg" >outpost.conf
	outpost board list
	expect_status 0
}

test_environment_is_checked() {
	OUTPOST_VM_MEMORY=nonsense outpost board list
	expect_status 3
	expect_one_error "OUTPOST_VM_MEMORY=nonsense: expected a whole number, at least 256"
	OUTPOST_BUILD_JBOS=3 outpost board list
	expect_status 0
	expect_err "warning: Unknown environment variable OUTPOST_BUILD_JBOS (did you mean OUTPOST_BUILD_JOBS?)"
	OUTPOST_BUILD_JOBS='' OUTPOST_BOARD_DEFAULT='' outpost vm status
	expect_status 0
	! grep -v "vms yet\|outpost vm up" err || fail "an empty variable is not as an unset one"
}

test_empty_words() {
	refuses build ''
	expect_err "'build': argument 1 is empty"
	refuses board add pi ''
	expect_err "'board': argument 3 is empty"
	refuses -b '' board show
	expect_err "Option --board requires a value"
	refuses build --kernel= modules
	expect_err "Option --kernel requires a value"
}

test_quiet_and_verbose() {
	local words
	for words in "-q -v board list" "-q board list -v" "board list -qv"; do
		# shellcheck disable=SC2086
		outpost $words
		expect_status 2
		expect_one_error "-q and -v exclude each other"
	done
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
	run bash -c "'$OUTPOST' --json board list >/dev/full"
	expect_status 3
	expect_one_error "Cannot write JSON document: No space left"
}

# A file that the program opens must not take the place of a closed one, and receive the results.
test_standard_output_is_closed() {
	mkdir -p "$XDG_CONFIG_HOME/outpost/boards"
	printf 'destination = me@pi\n' >"$XDG_CONFIG_HOME/outpost/boards/pi.conf"
	run bash -c "'$OUTPOST' --log mine.log board list >&-"
	expect_status 3
	expect_one_error "Cannot write to standard output: Bad file descriptor"
	! grep 'me@pi' mine.log || fail "the results are in the action log"
	run bash -c "'$OUTPOST' klog <&-"
	expect_status 3
	expect_one_error "Cannot read standard input: Bad file descriptor"
	run bash -c "'$OUTPOST' --log mine.log board remove nonesuch 2>&-"
	expect_status 3
	[ "$(grep -c 'error: There is no board' mine.log)" = 1 ] || fail "the error is not in the log once"
}

test_numbers() {
	refuses vm up --memory 1
	expect_err "expected a whole number, at least 256"
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
