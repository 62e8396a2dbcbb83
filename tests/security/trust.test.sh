# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Building on this machine, which runs a makefile as the user: only what he trusts.
. tests/security/host_build.sh

# A project whose Kbuild makes the file `ran` on this machine.
make_project() { # FOLDER
	unset OUTPOST_YES
	# shellcheck disable=SC2016
	make_source "$1" "\$(shell touch $WORK/ran)"
}

build_here() { # [WORD...]
	rm -f ran
	outpost build --no-tests --kernel "$release" "$@"
	any_status
}

expect_refused() { # PROJECT
	expect_status 3
	[ ! -e ran ] || fail "the makefile of a project that is not trusted ran"
	expect_err "and you do not trust $1 yet"
	expect_err "run outpost trust $1"
}

# refused WORD...: builds that, which must be refused.
refused() { # PROJECT WORD...
	local project=$1
	shift
	rm -f ran
	outpost build --no-tests --kernel "$release" "$@"
	expect_refused "$project"
}

expect_ran() {
	[ -e ran ] || fail "the makefile did not run: $(<err)"
}

test_a_makefile_runs_only_if_trusted() {
	make_host_tree
	make_project project/m
	refused "$WORK/project/m" project/m
	refused "$WORK/project/m" --in host project/m
	outpost trust project/m
	build_here project/m
	expect_ran
	outpost trust --remove project/m
	refused "$WORK/project/m" project/m
}

# One answer is for the whole repository, and not for another one.
test_trust_is_for_a_repository() {
	make_host_tree
	make_project project/a/m
	mkdir project/.git
	make_project other/m
	refused "$WORK/project" project/a/m
	outpost trust project/a
	outpost trust --list
	expect_out "$WORK/project"
	build_here project/a/m
	expect_ran
	refused "$WORK/other/m" other/m
	refused "$WORK/other/m" project/a/m other/m
}

test_yes_is_not_remembered() {
	make_host_tree
	make_project m
	build_here --yes m
	expect_ran
	OUTPOST_YES=1 build_here m
	expect_ran
	OUTPOST_YES=no refused "$WORK/m" m
	OUTPOST_YES=maybe outpost build m
	expect_status 3
	expect_one_error "Invalid environment variable OUTPOST_YES=maybe"
	refused "$WORK/m" m
}

# The project itself cannot answer.
test_a_configuration_cannot_say_yes() {
	make_host_tree
	make_project m
	printf '[outpost]\nyes = yes\n' >m/outpost.conf
	outpost -C m build --no-tests --kernel "$release" .
	expect_status 3
	printf 'yes = yes\n' >m/outpost.conf
	outpost -C m build --no-tests --kernel "$release" .
	expect_status 3
	[ ! -e ran ] || fail "the makefile ran"
}

# answer TEXT: builds m on a terminal.
answer() {
	rm -f ran
	script -qec "$OUTPOST build --no-tests --kernel $release m" typescript <<<"$1" >out || : "its status is not 0 if refused"
	sed 's/^/terminal: /' out
}

test_the_question() {
	make_host_tree
	make_project m
	answer ''
	[ ! -e ran ] || fail "the default is yes"
	expect_out "Building $WORK/m on this machine runs its makefiles, which can do whatever you can."
	expect_out "Trust $WORK/m? [y/N]"
	answer n
	[ ! -e ran ] || fail "no is yes"
	answer y
	expect_ran
	answer n # is not asked again
	expect_ran
	[ "$(stat -c %a "$XDG_STATE_HOME/outpost/trusted")" = 600 ] || fail "others can read the list"
}

# What was trusted once may have been opened to others since.
test_a_trusted_folder_that_others_can_write_to() {
	make_host_tree
	make_project project/m
	mkdir project/.git
	outpost trust project
	chmod 777 project/m
	build_here project/m
	expect_status 3
	[ ! -e ran ] || fail "another user could have changed it"
	chmod 755 project/m
	build_here project/m
	expect_ran
	chmod 777 project
	build_here project/m
	[ ! -e ran ] || fail "another user could have changed it"
	outpost trust --list
	expect_err "$WORK/project is no longer trusted"
}

test_what_cannot_be_trusted() {
	local dir
	unset OUTPOST_YES
	mkdir shared
	chmod 777 shared
	outpost trust shared
	expect_status 3
	expect_one_error "Refusing to trust $WORK/shared: other users can write to it"
	for dir in / "$HOME" "$WORK"; do
		mkdir -p "$HOME"
		outpost trust "$dir"
		expect_status 3
		expect_one_error "Refusing to trust $dir: your home folder is in it"
	done
	outpost trust missing
	expect_status 3
	outpost trust --list
	expect_silent out
	needs_root
	mkdir theirs
	chown "$OTHER" theirs
	outpost trust theirs
	expect_status 3
	expect_one_error "Refusing to trust $WORK/theirs: it belongs to another user ($OTHER)"
}

# A list, or a link in its place, that another user made.
test_a_list_of_another_user() {
	needs_root
	make_host_tree
	make_project m
	echo "$WORK/m" >"$XDG_STATE_HOME/outpost/trusted"
	chown "$OTHER" "$XDG_STATE_HOME/outpost/trusted"
	build_here m
	expect_status 3
	[ ! -e ran ] || fail "believed a list that another user wrote"
	mv "$XDG_STATE_HOME/outpost/trusted" theirs
	chown 0 theirs
	ln -s "$WORK/theirs" "$XDG_STATE_HOME/outpost/trusted"
	build_here m
	expect_status 3
	[ ! -e ran ] || fail "followed a link"
}

# A module that is built because a trusted one depends on it.
test_a_dependency_outside_the_project() {
	make_host_tree
	make_project shared/other
	make_source shared/mine
	printf 'depends = other\n' >shared/mine/test.conf
	# shellcheck disable=SC2016
	printf 'obj-m := other.o\n$(shell touch %s/ran)\n' "$WORK" >shared/other/Kbuild
	outpost trust shared/mine
	refused "$WORK/shared/other" shared/mine
	expect_err "mine depends on other"
}
