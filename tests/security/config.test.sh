# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# outpost.conf: who may write it, where it is looked for, and what it may set in a project.
. tests/security/host_build.sh

# The attacker's file in shared/, above the folder that the user works in. Its command would run as
# the user.
shared_config() {
	make_host_tree
	mkdir -p shared/mine
	write_wrapper shared/outpost.conf
	make_source shared/mine
}

expect_ignored() { # REASON
	[ ! -e ran ] || fail "the command of another user ran"
	expect_err "warning: Ignoring $WORK/shared/outpost.conf: $1"
	[ "$(grep -c warning: err)" = 1 ] || fail "expected one warning"
}

build_in() { # FOLDER
	outpost -C "$1" build --no-tests --kernel "$release" .
	any_status
}

# What the tests below rely on: a wrapper in a file of the user's own runs.
test_a_configuration_of_the_user() {
	shared_config
	build_in shared/mine
	[ -e ran ] || fail "the user's own command did not run"
}

test_a_configuration_of_another_user() {
	needs_root
	shared_config
	chown "$OTHER" shared/outpost.conf
	build_in shared/mine
	expect_ignored "it belongs to another user ($OTHER)"
	expect_err "hint: Copy what you want from it"
}

test_a_configuration_that_others_can_write_to() {
	shared_config
	chmod 646 shared/outpost.conf
	build_in shared/mine
	expect_ignored "other users can write to it"
	rm -f ran
	chmod 644 shared/outpost.conf
	needs_root
	chown 0:"$OTHER" shared/outpost.conf
	chmod 664 shared/outpost.conf
	build_in shared/mine
	expect_ignored "other users can write to it"
}

test_a_configuration_behind_a_link() {
	needs_root
	shared_config
	mv shared/outpost.conf theirs
	chown "$OTHER" theirs
	ln -s "$WORK/theirs" shared/outpost.conf
	build_in shared/mine
	expect_ignored "it belongs to another user ($OTHER)"
	chown 0 theirs # now the user's, but another user chose that it counts here
	chown -h "$OTHER" shared/outpost.conf
	build_in shared/mine
	expect_ignored "it belongs to another user ($OTHER)"
	chown -h 0 shared/outpost.conf
	build_in shared/mine
	[ -e ran ] || fail "the user's own link was not followed"
}

# Neither may make every command of everybody fail, or wait.
test_a_configuration_that_is_no_file() {
	needs_root
	shared_config
	rm shared/outpost.conf
	mkfifo shared/outpost.conf
	chown "$OTHER" shared/outpost.conf
	build_in shared/mine
	expect_ignored "it belongs to another user ($OTHER)"
	rm shared/outpost.conf
	mkdir -m 777 shared/outpost.conf
	build_in shared/mine
	expect_ignored "other users can write to it"
}

# The nearest file of the user counts, not one above it, and one of another user hides nothing.
test_a_configuration_above_one_that_is_ignored() {
	needs_root
	shared_config
	echo '[build' >shared/mine/outpost.conf
	chown "$OTHER" shared/mine/outpost.conf
	build_in shared/mine
	expect_err "warning: Ignoring $WORK/shared/mine/outpost.conf"
	[ -e ran ] || fail "the user's file above it did not count"
}

test_a_configuration_above_the_repository() {
	shared_config
	mkdir -p shared/mine/.git shared/mine/sub
	make_source shared/mine/sub
	build_in shared/mine/sub
	[ ! -e ran ] || fail "looked above the repository"
	mv shared/outpost.conf shared/mine/outpost.conf
	build_in shared/mine/sub
	[ -e ran ] || fail "did not look at the repository's root"
}

test_a_configuration_above_the_home_folder() {
	shared_config
	mkdir -p shared/home/project
	make_source shared/home/project
	HOME=$WORK/shared/home build_in shared/home/project
	[ ! -e ran ] || fail "looked above the home folder"
	mv shared/outpost.conf shared/home/outpost.conf
	HOME=$WORK/shared/home build_in shared/home/project
	[ -e ran ] || fail "did not look in the home folder"
}

test_a_configuration_above_a_mount_point() {
	needs_root
	shared_config
	# shellcheck disable=SC2016
	run unshare -m sh -c 'mount -t tmpfs none shared/mine && mkdir shared/mine/sub &&
		echo "obj-m := m.o" >shared/mine/sub/Kbuild && exec "$@"' sh \
		"$OUTPOST" -C shared/mine/sub build --no-tests --kernel "$release" .
	any_status
	[ ! -e ran ] || fail "looked above the mount point"
}

# --- what a project may set ---------------------------------------------------------------

# Everything that runs something, widens the container, or chooses a target.
test_keys_that_need_trust() {
	local key section
	unset OUTPOST_YES
	mkdir project
	for key in 'board.default = evil' 'build.in = host' "build.compiler_wrapper = $WORK/evil" \
		'container.run_args = -v /:/host --privileged' 'container.build_args = x' 'container.image = x' \
		'container.base = x' 'container.engine = docker' 'container.packages = x' 'container.compilers = 12' \
		'kernel.git.url = x' 'kernel.git.commit = x' 'kernel.git.defconfig = x' 'kernel.keep = 1'; do
		section=${key%% =*}
		printf '[%s]\n%s\n' "${section%.*}" "${key##*."${section##*.}"}" | sed "2s/^/${section##*.}/" >project/outpost.conf
		outpost -C project board list
		expect_status 3
		expect_one_error "$WORK/project/outpost.conf sets what runs here, and where: $section, and you do not trust $WORK/project yet"
		expect_err "run outpost trust $WORK/project"
	done
	touch key.asc
	printf '[archive.mine]\nurl = http://archive.invalid\nsuite = x\nkey = %s\n' "$WORK/key.asc" >project/outpost.conf
	outpost -C project board list
	expect_status 3
	expect_err "outpost.conf sets what runs here, and where: archive.mine.url"
	outpost trust project
	outpost -C project board list
	outpost trust --remove project
	outpost -C project --yes board list
	outpost -C project board list
	expect_status 3
}

test_keys_that_need_no_trust() {
	unset OUTPOST_YES
	mkdir project
	printf '[board]\nreturn_timeout = 5s\n[build]\nkernel = x\njobs = 2\nclang = yes\n[test]\nrepeat = 2\n[vm]\nmemory = 2048\n' \
		>project/outpost.conf
	outpost -C project board list
}

# board.default: a plain `outpost test` began to install the agent on another machine.
test_a_project_chooses_no_board() {
	unset OUTPOST_YES
	make_board
	mkdir project
	printf '[board]\ndefault = board\n' >project/outpost.conf
	outpost -C project log
	expect_status 3
	expect_err "board.default"
	[ ! -e "$B/commands" ] || fail "connected to a board that the project chose"
	outpost -C project doctor # tells, instead of asking
	any_status
	expect_out "$WORK/project/outpost.conf sets board.default, and you do not trust the project"
	expect_out "-> outpost trust $WORK/project"
	[ ! -e "$B/commands" ] || fail "doctor connected to a board that the project chose"
}

# container.run_args: `-v /:/host --privileged` reached podman run.
test_a_project_widens_no_container() {
	unset OUTPOST_YES
	mkdir -p project/m bin "$XDG_CACHE_HOME/outpost/container"
	printf 'engine podman\nimage 0123456789abcdef\nprogram gcc\n' >"$XDG_CACHE_HOME/outpost/container/image"
	# shellcheck disable=SC2016
	printf '#!/bin/sh\necho "$*" >>%s/calls\nexit 1\n' "$WORK" >bin/podman
	chmod +x bin/podman
	printf '[container]\nrun_args = -v /:/host --privileged\n' >project/outpost.conf
	PATH=$WORK/bin:$PATH outpost -C project container build
	expect_status 3
	expect_err "container.run_args"
	[ ! -e calls ] || fail "$(<calls)"
}

# In the user's own folder, it is the user's own file.
test_the_users_own_file_needs_no_trust() {
	unset OUTPOST_YES
	mkdir -p "$XDG_CONFIG_HOME/outpost"
	printf '[board]\ndefault = board\n' >"$XDG_CONFIG_HOME/outpost/outpost.conf"
	outpost -C "$XDG_CONFIG_HOME/outpost" board list
	outpost board list
}
