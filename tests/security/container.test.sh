# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# What a build in the container leaves in its folder, and in that of its socket. The engine is a
# stand-in, so these tests play the container; tests/system/container/attack.test.sh has a real one.
. tests/security/host_build.sh
. tests/system/cli/engine.sh

# Builds of $release are in the container from now on.
make_container() {
	make_host_tree
	make_engines podman
	local compiler
	compiler=$(basename "$WORK"/bin/*gcc-99)
	mkdir -p "$XDG_CACHE_HOME/outpost/container"
	printf 'engine podman\nimage 0123456789abcdef\nbase x\nprogram %s\n' "$compiler" \
		>"$XDG_CACHE_HOME/outpost/container/image"
	: >"$XDG_CONFIG_HOME/outpost/outpost.conf"
}

# build FOLDER: the tree makes no module, which does not matter here.
build() {
	outpost build --no-tests --kernel "$release" "$1"
	any_status
	unit=$(echo "$XDG_CACHE_HOME"/outpost/build/*-"${1##*/}/$release")
}

# change FOLDER: so that the next build copies something.
change() {
	echo "/* $RANDOM */" >>"$1/m.c"
}

test_a_container_writes_only_to_its_own_folder() {
	make_container
	make_source m
	build m
	grep "^podman run" calls | grep -F "source=$unit/work," >calls.unit
	[ "$(wc -l <calls.unit)" = 1 ] || fail "not one container of this unit: $(<calls)"
	tr ' ' '\n' <calls.unit | grep '^type=bind' | grep -v ',readonly$' >writable
	cut -d, -f3 writable | sort >targets
	[ "$(<targets)" = "$(printf 'target=%s\n' /outpost/run "$unit/work" | sort)" ] || fail "it may write to $(<targets)"
	! grep -E "target=$XDG_CACHE_HOME/outpost/(build|ccache)?," calls.unit || fail "it sees other builds: $(<calls.unit)"
	socket=$(sed -n 's/^type=bind,source=\(.*\),target=\/outpost\/run$/\1/p' writable)
	[ "$(ls -A "$socket")" = socket ] || fail "more than the socket is shown: $(ls -A "$socket")"
}

# The host followed the link, and removed and wrote files where it led.
test_a_link_in_place_of_a_copy() {
	make_container
	make_source m
	build m
	mkdir -p victim/m
	echo precious >victim/m/m.c
	rm -r "$unit/work/tree/up"
	ln -s "$WORK/victim" "$unit/work/tree/up"
	change m
	build m
	[ "$(<victim/m/m.c)" = precious ] || fail "the host wrote to where a link led: $(ls -lR victim)"
	[ "$(ls -A victim/m)" = m.c ] || fail "the host made files where a link led: $(ls -lR victim)"
}

# Names of probes that became part of the makefile that every build reads.
test_a_forged_answer_is_not_run() {
	make_host_tree
	# shellcheck disable=SC2016
	make_source forger '$(file >>$(outpost-asked),true~s'"'"'$$(shell touch '"$WORK"'/ran)'"'"' y)'
	build forger
	rm -f ran
	make_source honest
	build honest
	[ ! -e ran ] || fail "a command in the name of a probe ran: $(cat "$XDG_CACHE_HOME"/outpost/build/answers/*)"
}

# A comment is enough to name a file.
test_neighbours_outside_the_project() {
	make_host_tree
	mkdir -p "$HOME/.ssh" "$HOME/src/m"
	echo secret >"$HOME/.ssh/id"
	make_source "$HOME/src/m" '# see ../../.ssh/x.o'
	build "$HOME/src/m"
	! grep -rqs secret "$unit" || fail "a file of the home folder was copied: $(grep -rs secret "$unit")"
	[ ! -L "$unit/work/tree/.ssh" ] || fail "there is a link to a folder of the home folder"
	expect_err "left out what is outside its project, $HOME/src/m: $HOME/.ssh"
}

test_links_out_of_the_project() {
	make_host_tree
	mkdir -p secrets
	echo secret >secrets/key
	make_source project/m
	mkdir project/.git
	ln -s "$WORK/secrets/key" project/m/key.h
	ln -s ../../secrets project/m/all
	build project/m
	! grep -rqs secret "$unit" || fail "a file outside of the project was copied: $(grep -rs secret "$unit")"
	expect_err "left out what is outside its project, $WORK/project: $WORK/project/m/all, $WORK/project/m/key.h"
}

# The host sent its commands to whatever socket a link in place of the builder's led to.
test_a_link_in_place_of_the_socket() {
	make_container
	make_source m
	build m
	local run
	run=$(echo "$XDG_RUNTIME_DIR"/outpost/outpost-*-*-*/run)
	[ -S "$run/socket" ] || fail "no socket: $(find "$XDG_RUNTIME_DIR")"
	perl -MIO::Socket::UNIX -e '$s = IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 5) or die;
		$SIG{ALRM} = sub { exit 0 }; alarm 60; print "up\n"; close STDOUT; $s->accept; open F, ">", $ARGV[1]' \
		"$WORK/bus" "$WORK/reached" >up &
	local pid=$!
	wait_until test -s up || fail "the other socket is not up"
	rm "$run/socket"
	ln -s "$WORK/bus" "$run/socket"
	outpost container status
	expect_status 0
	kill $pid
	[ ! -e reached ] || fail "the host connected to another socket"
}

# Objects that one build put into ccache were found by others.
test_a_container_has_its_own_ccache() {
	make_container
	# shellcheck disable=SC2016
	make_source m '$(shell echo "$$CCACHE_DIR" >$(M)/../../../ccache-is)'
	CCACHE_DIR=$WORK/ccache build m
	[ "$(<"$unit/work/ccache-is")" = "$unit/work/ccache" ] || fail "it uses $(<"$unit/work/ccache-is")"
}

# As root, with the groups of the user who started it.
test_a_container_has_no_groups() {
	needs_root
	make_container
	# shellcheck disable=SC2016
	make_source m '$(shell id -G >$(M)/../../../groups)'
	run setpriv --groups 4242,4243 "$OUTPOST" build --no-tests --kernel "$release" m
	any_status
	[ "$(cat "$XDG_CACHE_HOME"/outpost/build/*-m/*/work/groups)" = 0 ] ||
		fail "groups: $(cat "$XDG_CACHE_HOME"/outpost/build/*-m/*/work/groups)"
}

# Folders within folders took all descriptors, and whoever made a folder could close it.
test_folders_that_resist_removal() {
	make_container
	make_source m
	build m
	perl -e 'chdir $ARGV[0]; for (1..3000) { mkdir "deep"; chdir "deep" or die }' "$unit/work"
	mkdir -p "$unit/work/closed/in"
	chmod 0 "$unit/work/closed"
	if [ "$(id -u)" = 0 ]; then # root may enter it all the same
		chown -R "$OTHER" "$WORK"
		chmod o+x "$WORK/.."
		run as_other "$OUTPOST" clean
	else
		outpost clean
	fi
	expect_status 0
	! find "$XDG_CACHE_HOME/outpost" | grep -E 'deep|closed' | head -3 | grep . || fail "it was not removed"
}

# The host kept all commands that a build claims to have run, and looked at each file for every other.
test_many_files_of_commands() {
	make_container
	# shellcheck disable=SC2016
	make_source m '$(shell sh $(M)/leave.sh $(M))'
	cat >m/leave.sh <<-'END'
		cd "$1" && cp /bin/true m.ko && echo m.ko >modules.order
		{ printf 'savedcmd_a.o := gcc -o a.o '; head -c 8000000 /dev/zero | tr '\0' x; printf ' m.c\n'; } >.a.o.cmd
		for i in $(seq 100); do ln .a.o.cmd .a$i.o.cmd; done
	END
	run bash -c 'ulimit -v 600000 && exec "$@"' - "$OUTPOST" build --no-tests --kernel "$release" m
	any_status
	expect_err "File too large"
	! grep -i "memory" err || fail "the host ran out of memory"
}

# Each name in a folder was compared with all others.
test_many_files_in_a_folder() {
	local memory
	memory=$(mktemp -d /dev/shm/outpost.XXXXXX) || skip "/dev/shm is missing"
	export XDG_CACHE_HOME=$memory # a disk would take half a minute
	mkdir -p "$memory/outpost/build/x"
	perl -e 'chdir $ARGV[0]; for (1..200000) { open F, ">", $_ or die }' "$memory/outpost/build/x"
	run bash -c 'ulimit -t 2 && exec "$@"' - "$OUTPOST" clean
	rm -rf "$memory"
	expect_status 0
}

# What a makefile reads, it can put into the module, and the module goes to a board.
test_a_build_sees_no_secret_in_the_environment() {
	make_container
	# shellcheck disable=SC2016
	make_source m '$(shell env >$(M)/../../../seen)'
	printf '[container]\nenv = MINE_*\n' >"$XDG_CONFIG_HOME/outpost/outpost.conf"
	SOME_TOKEN=secret KBUILD_SIGN_PIN=secret CONFIG_THIS=y MINE_IS=mine build m
	grep -q '^CONFIG_THIS=y$' "$unit/work/seen" || fail "a variable for builds is missing"
	grep -q '^MINE_IS=mine$' "$unit/work/seen" || fail "a variable in container.env is missing"
	! grep secret "$unit/work/seen" || fail "the build sees the environment"
}

test_a_kernel_tree_shows_no_other_project() {
	make_container
	mkdir -p "$HOME/src/other"
	outpost kernel remove "$release"
	cp -r "trees/$release" "$HOME/src/linux"
	outpost kernel add "$HOME/src/linux"
	make_source "$HOME/work/m"
	build "$HOME/work/m"
	tr ' ' '\n' <calls | grep '^type=bind' >mounts
	grep -q "source=$HOME/src/linux," mounts || fail "the tree is not shown: $(<mounts)"
	! grep -E "source=$HOME(/src)?," mounts || fail "more than the tree is shown: $(<mounts)"
}
