# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2153,SC2154
# A build in the container may do to its own folder what it likes, and nothing to anything else.

# build NAME: it must succeed.
build() {
	outpost build --kernel "$RELEASE" "$1"
	expect_status 0
}

# change NAME: so that the next build copies something.
change() {
	echo "int changed_$RANDOM;" >>"$1/$1.c"
}

# What the container can write to: all mounts that are not read-only and not the container's own.
test_writes_only_to_its_own_folder() {
	make_module other
	build other
	make_module alone '$(info mounts: $(shell grep -v " ro[, ]" /proc/self/mounts | grep -o " /[^ ]*outpost[^ ]*" | tr "\n" " "))'
	outpost -v build --kernel "$RELEASE" alone
	expect_status 0
	grep -q "^mounts:  */outpost/run  *$(unit_of alone)/work *\$" err || fail "$(grep ^mounts: err)"
	engine exec "$(container_of alone)" sh -c "! ls $(unit_of other) && ! ls $XDG_CACHE_HOME/outpost/ccache &&
		ls $(unit_of alone)/work && ! touch $(unit_of alone)/given/new &&
		{ touch $(unit_of alone)/new || :; }" ||
		fail "the container sees or writes more than its own folder"
	[ ! -e "$(unit_of alone)/new" ] || fail "the container writes beside its work folder"
}

# The host removed and wrote what the link leads to.
test_a_link_in_place_of_the_copy() {
	local unit
	make_module turns '$(shell [ ! -e $(M)/../../../../given/evil ] || exit 0)'
	build turns
	unit=$(unit_of turns)
	mkdir -p victim/turns
	echo precious >victim/turns/turns.c
	echo precious >victim/kept
	engine exec "$(container_of turns)" sh -c "cd $unit/work/tree && rm -rf up && ln -s $WORK/victim up" ||
		fail "the attack did not run"
	change turns
	build turns
	[ "$(cat victim/turns/turns.c victim/kept)" = "precious
precious" ] || fail "the host wrote to the folder that a link leads to: $(ls -lR victim)"
	[ "$(find victim | wc -l)" = 4 ] || fail "the host made files there: $(ls -lR victim)"
}

# The same with a file, a folder in the copy, and the folders of results.
test_links_in_the_copy() {
	local unit
	make_module within
	mkdir within/sub
	echo 'int sub;' >within/sub/sub.h
	build within
	unit=$(unit_of within)
	mkdir victim
	echo precious >victim/sub.h
	engine exec "$(container_of within)" sh -c "cd $unit/work/tree/up/within && rm -rf sub within.c modules.order &&
		ln -s $WORK/victim sub && ln -s $WORK/victim/sub.h within.c && ln -s /etc/shadow modules.order &&
		rm -rf $unit/work/stripped && ln -s $WORK/victim $unit/work/stripped" || fail "the attack did not run"
	change within
	echo 'int more;' >>within/sub/sub.h
	outpost build --kernel "$RELEASE" within
	expect_status 1 # the module has only harmed itself, and is copied again from now on
	[ "$(cat victim/*)" = precious ] || fail "the host wrote to where a link leads: $(ls -lR victim)"
	build within
	engine exec "$(container_of within)" sh -c "cd $unit/work/tree/up/within && rm -rf sub && ln -s $WORK/victim sub" ||
		fail "the attack did not run"
	rm -r within/sub # the host removes it from the copy
	outpost build --kernel "$RELEASE" within
	[ "$(cat victim/*)" = precious ] || fail "the host removed what a link leads to: $(ls -lR victim)"
	expect_status 0
}

# What it left running in the container goes on writing while the same module is built here.
test_a_process_left_behind() {
	local unit
	make_module left
	build left
	unit=$(unit_of left)
	engine exec -d "$(container_of left)" sh -c "cd $unit/work/tree/up && while :; do
		echo '\$(shell touch $WORK/pwned)' >left/Kbuild; sleep 0.01; done" || fail "the attack did not run"
	outpost build --in host --kernel "$RELEASE" left
	expect_status 0
	[ ! -e pwned ] || fail "a command of the container ran on the host"
	cmp left/Kbuild "$unit/work/tree/up/left/Kbuild" || fail "the container changed what was built on the host"
}

# Answers of the compiler that a makefile made up, for the next build of anything to read.
test_forged_answers() {
	make_module forger '$(file >>$(outpost-asked),echo~s'"'\$\$(shell touch $WORK/pwned)'"' y)' \
		'$(shell for f in $(MAKEFILES); do echo "\$$(shell touch '"$WORK"'/pwned)" >>$$f; done)'
	build forger
	! grep -rF '$(shell touch' "$(unit_of forger)/given" || fail "it is in a makefile"
	make_module honest
	build honest
	change forger
	build forger
	outpost build --in host --kernel "$RELEASE" honest
	expect_status 0
	[ ! -e pwned ] || fail "a command of the container ran on the host"
}

# The note of what is mounted was beside the socket, and named /run and /var for the next start.
test_the_socket_is_alone() {
	local dir name
	make_module shown
	build shown
	name=$(container_of shown)
	dir=$XDG_RUNTIME_DIR/outpost/$name
	engine exec "$name" sh -c 'ls -A /outpost/run; printf "id\nreads 1:1 /var\n" >/outpost/run/started
		rm /outpost/run/socket && ln -s /run/other /outpost/run/socket' >shown.out || fail "the attack did not run"
	[ "$(<shown.out)" = socket ] || fail "inside is not just the socket: $(<shown.out)"
	grep -q "writes .* $(unit_of shown)/work" "$dir/started" || fail "the note changed: $(<"$dir/started")"
	change shown
	build shown
	expect_err "Starting the build container"
	! engine exec "$(container_of shown)" ls /var/tmp/. /run/. | grep -q outpost || fail "/var is shown"
}

# Objects that one build put into ccache were used by others, also on the host.
test_the_ccache_of_the_host() {
	make_module cached
	CCACHE_DIR=$WORK/ccache outpost build --kernel "$RELEASE" cached
	expect_status 0
	[ ! -e ccache ] || fail "the container used the host's ccache"
	[ -d "$(unit_of cached)/work/ccache" ] || fail "it has no ccache of its own"
}

# A device or a pipe where the host reads a file.
test_what_is_no_file() {
	make_module odd '$(shell rm -f $(M)/../../../asked; mkfifo $(M)/../../../asked)' \
		'$(shell mknod $(M)/zero c 1 5 2>/dev/null && echo made >$(M)/node)'
	outpost build --kernel "$RELEASE" odd
	expect_status 0
	[ ! -e "$(unit_of odd)/work/tree/up/odd/node" ] || fail "it made a device node"
}

# In a comment, for example: what is outside the work tree stays there.
test_neighbours_outside_the_project() {
	local home=$WORK/home images=${XDG_DATA_HOME:-$HOME/.local/share} # of an ordinary user
	mkdir -p "$home/.ssh" "$home/src/drv/.git"
	echo secret >"$home/.ssh/id"
	(cd "$home/src/drv" && make_module reaches '# ../../../.ssh/x.o ../../.ssh/x.o')
	HOME=$home XDG_DATA_HOME=$images outpost build --kernel "$RELEASE" "$home/src/drv/reaches"
	expect_status 0
	! grep -rq secret "$(unit_of reaches)" || fail "a file of the home folder was copied"
	engine exec "$(container_of reaches)" sh -c "! ls $home/.ssh" || fail "the container sees the home folder"
}

# A link in a repository to a file outside of it.
test_links_that_lead_out_of_the_project() {
	mkdir -p drv/.git secrets
	echo secret >secrets/key
	(cd drv && make_module linked && ln -s ../../secrets/key linked/key.h && ln -s ../../secrets linked/all &&
		mkdir linked/sub && ln -s ../linked.c linked/sub/inside.c)
	outpost build --kernel "$RELEASE" drv/linked
	expect_status 0
	! grep -rq secret "$(unit_of linked)" || fail "a file outside of the project was copied"
	expect_err "key.h"
	[ -L "$(unit_of linked)/work/tree/up/linked/sub/inside.c" ] || fail "a link inside was left out"
}
