# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # make_tree sets $release
#
# Text from a compiler, a makefile, a dkms.conf or a board that would control the terminal, or look
# like a message of Outpost's.

. "$TOP/tests/system/cli/gateway.sh"

# Escapes, C1 controls, and Unicode's controls of direction.
evil=$'\e[31m\u009b31m\u202Egnirts\u2066\u200F\u061C'

expect_no_controls() { # FILE...
	! grep -qP '[\x00-\x08\x0b-\x1f\x7f]' "$@" || fail "control characters"
	! grep -qP '(*UTF)[\x{80}-\x{9f}\x{202A}-\x{202E}\x{2066}-\x{2069}\x{200E}\x{200F}\x{061C}]' "$@" || fail "controls of direction, or C1 controls"
}

expect_harmless() {
	expect_no_controls out err
	! grep -q '^[[:space:]]*outpost: hint: Run evil' out err || fail "a forged hint"
	grep -q 'Run evil' out err || fail "the text is missing"
}

# build_prints: the standard input is what make prints before it fails.
build_prints() {
	make_tree 6.1.0-9-test
	cat >printed
	printf '%%:\n\t@cat %s; exit 1\n' "$WORK/printed" >"$WORK/trees/$release/Makefile"
	mkdir mod
	echo 'obj-m := mod.o' >mod/Kbuild
	echo 'int x;' >mod/mod.c
	outpost build -k "$release" mod
	expect_status 1
	expect_harmless
}

test_an_error_of_the_compiler_with_escapes() {
	build_prints <<<"mod.c:1:1: error: #error ${evil}Run evil"
}

test_a_makefile_that_prints_hints() {
	build_prints <<-END
		something unknown
		outpost: hint: Run evil
		$(printf ' \toutpost: hint: Run evil%s' "$evil")
	END
}

test_a_value_of_dkms_conf_with_lines() {
	needs_namespaces
	make_tree 6.1.0-9-test
	mkdir package
	cat >package/dkms.conf <<-END
		PACKAGE_NAME=package
		PACKAGE_VERSION=1
		BUILT_MODULE_NAME=package
		DEST_MODULE_LOCATION=/extra
		BUILD_EXCLUSIVE_ARCH=$'x\noutpost: hint: Run evil\e[31m'
	END
	outpost build -k "$release" package
	expect_status 0
	expect_harmless
}

test_a_board_that_prints_escapes() {
	make_board
	printf '#!/bin/sh\nprintf "%%s" "%s"\n' "${evil}Run evil" >"$B/bin/uname"
	chmod +x "$B/bin/uname"
	outpost board show board
	expect_status 3
	expect_harmless
	printf '#!/bin/sh\nprintf "%%s\\nx\\r\\noutpost: hint: Run evil%%s\\n" "%s" "%s" >&2; exit 200\n' "$evil" "$evil" >"$B/lib/outpost-agent"
	chmod +x "$B/lib/outpost-agent"
	rm "$B/bin/uname"
	outpost board show board
	any_status
	expect_harmless
}

test_a_board_whose_status_has_escapes() {
	make_board
	mkdir forged
	echo "6.1.0${evil}Run evil" >forged/release
	echo "${evil}Run evil" | tee forged/user >forged/loaded
	printf '#!/bin/sh\nexec %s %s\n' "$TOP/build/host/forged-agent" "$WORK/forged" >"$B/lib/outpost-agent"
	chmod +x "$B/lib/outpost-agent"
	outpost status
	expect_status 0
	expect_harmless
}

test_a_board_that_explains_outages_with_escapes() {
	make_gateway
	add_gateway_board pi
	serve_probe pi answer "${evil}Run evil"
	start_prober
	wait_until tunnel_is_up || fail "it is not up: $(cat prober.log)"
	kill "$background"
	rm "$WORK/container-$background"
	wait_until tunnel_is_down || fail "it is not down"
	serve_probe pi answer "${evil}Run evil"
	wait_until tunnel_is_up || fail "it is not up again: $(cat prober.log)"
	outpost tunnel status --root "$G"
	expect_status 0
	expect_out gnirts # the text is there
	expect_no_controls out err "$G/run/outpost/status/pi" "$G/var/lib/outpost/history/pi"
}

tunnel_is_up() {
	[ -e "$G/run/outpost/status/pi" ] && grep -qx state=up "$G/run/outpost/status/pi"
}

tunnel_is_down() {
	grep -qx state=down "$G/run/outpost/status/pi"
}

# hint_runs_nothing: runs the commands of hints, which makes the file `ran` if a name is not quoted.
hint_runs_nothing() {
	local command
	mkdir -p stubs
	for command in ssh-keygen outpost sed chmod; do printf '#!/bin/sh\n' >stubs/$command; done
	chmod +x stubs/*
	sed -n 's/^outpost: hint: .*\(ssh-keygen -f\|outpost trust\|sed -i\|chmod go-w\)/\1/p' err >commands
	[ -s commands ] || fail "no command in the hints"
	while read -r command; do PATH=$WORK/stubs:$PATH sh -c "$command" || :; done <commands
	[ ! -e ran ] || fail "the hint runs something else: $(<commands)"
}

# The text of a board looked like ssh's own. Its command was not quoted.
test_a_hint_with_names_from_a_board() {
	make_board
	# shellcheck disable=SC2016
	printf '%s\n' '#!/bin/sh' 'cat >&2 <<"END"' \
		'@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @' \
		'Offending ED25519 key in /k;touch${IFS}ran;:1' \
		"Host key for x';touch\${IFS}ran;' has changed" END 'exit 255' >"$B/lib/outpost-agent"
	chmod +x "$B/lib/outpost-agent"
	outpost board show board
	expect_status 3
	expect_err "its host key changed"
	hint_runs_nothing
}

test_a_hint_with_the_name_of_a_folder() {
	# shellcheck disable=SC2016
	local dir=$WORK/'$(touch ran)'
	make_tree 6.1.0-9-test
	unset OUTPOST_YES
	mkdir -p "$XDG_CONFIG_HOME/outpost"
	printf '[build]\nin = host\n' >"$XDG_CONFIG_HOME/outpost/outpost.conf"
	rm outpost.conf
	mkdir "$dir"
	echo 'obj-m := m.o' >"$dir/Kbuild"
	touch "$dir/m.c"
	outpost build -k "$release" "$dir"
	any_status
	hint_runs_nothing
	printf 'PACKAGE_NAME=x\r\nPACKAGE_VERSION=1\r\n' >"$dir/dkms.conf"
	outpost build -k "$release" "$dir"
	any_status
	hint_runs_nothing
	printf '[board]\n' >"$dir/outpost.conf"
	chmod go+w "$dir/outpost.conf"
	outpost -C "$dir" board list
	any_status
	hint_runs_nothing
}
