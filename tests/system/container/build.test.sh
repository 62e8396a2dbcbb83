# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2034,SC2153,SC2154
# Builds in the container.

# Each object names its compiler: it must be the image's, not this machine's.
test_modules() {
	outpost --json build --kernel "$RELEASE" "$TOP/modules"
	expect_status 0
	expect_err "in the build container"
	jq -e '[.modules[].state] | length >= 3 and all(. == "built")' out || fail "not all modules were built"
	local ko
	ko=$(jq -r '.modules[] | select(.module == "hello") | .unstripped' out)
	readelf -p .comment "$ko" >comment || fail "$ko is not a module"
	engine exec "$(container_of hello)" sh -c 'cd /usr/bin
		for gcc in aarch64-linux-gnu-gcc-[0-9]* gcc-[0-9]*; do
			[ ! -x $gcc ] || exec $gcc --version
		done' | head -1 >compiler
	[ -s compiler ] || fail "cannot find the container's compiler"
	grep -qF "$(sed 's/^[^(]*//' compiler)" comment ||
		fail "hello was compiled by $(<comment), not by $(<compiler)"
	[ -z "$(find "$XDG_CACHE_HOME/outpost/build" ! -user "$(id -un)")" ] ||
		fail "files of other users: $(find "$XDG_CACHE_HOME/outpost/build" ! -user "$(id -un)" -ls)"
	[ -x "$(jq -r '.modules[] | select(.module == "chardev") | .test_program' out)" ] ||
		fail "the test program was not built"
}

test_again_is_quick() {
	make_module quick
	outpost build --kernel "$RELEASE" quick
	expect_status 0
	local start=${EPOCHREALTIME/./}
	outpost build --kernel "$RELEASE" quick
	expect_status 0
	[ $(((${EPOCHREALTIME/./} - start) / 1000)) -lt 2000 ] || fail "an unchanged module took 2 s or more"
}

# Messages and compile_commands.json name the user's files.
test_paths_are_the_same() {
	make_module broken
	echo 'int broken_call(void) { return broken_name; }' >>broken/broken.c
	outpost build --kernel "$RELEASE" broken
	expect_status 1
	expect_err "broken/broken.c:3"
	expect_err "broken_name"
	make_module sound
	outpost build --kernel "$RELEASE" --compile-commands commands.json sound
	expect_status 0
	jq -e --arg f "$WORK/sound/sound.c" '.[] | select(.file == $f)' commands.json || fail "$(<commands.json)"
}

# A Kbuild can run anything, but has no network, a read-only tree, and sees only the caches and the
# module's own files.
test_isolation() {
	make_module closed '$(info links: $(shell cat /proc/net/dev | grep -c :))' \
		'$(info tree: $(shell touch $(srctree)/new 2>&1))' \
		"\$(info mine: \$(shell touch $WORK/new 2>&1))" \
		'$(info shadow: $(shell wc -l </etc/passwd))'
	outpost -v build --kernel "$RELEASE" closed
	expect_status 0
	expect_err "links: 1"
	grep -q 'tree: .*Read-only file system' err || fail "the kernel tree is writable"
	grep -q 'mine: .*Read-only file system' err || fail "the sources are writable"
	! grep -q "shadow: $(wc -l </etc/passwd)\$" err || fail "the build sees this machine's files"
}

# Files beside a folder of the same work tree are found.
test_sources_elsewhere() {
	local other
	other=$(mktemp -d /var/tmp/outpost-container.XXXXXX)
	mkdir -p "$other/a/b/include" "$other/.git"
	echo '#define BESIDE 1' >"$other/a/b/include/beside.h"
	(cd "$other/a/b" && make_module elsewhere "ccflags-y := -I\$(src)/../include")
	echo '#include "beside.h"' >>"$other/a/b/elsewhere/elsewhere.c"
	outpost build --kernel "$RELEASE" "$other/a/b/elsewhere"
	rm -r "$other"
	expect_status 0
	expect_err "Starting the build container"
}

# A folder that was deleted and made again is another one, even with the same name.
test_sources_made_again() {
	local other
	other=$(mktemp -d /var/tmp/outpost-container.XXXXXX)
	mkdir -p "$other/a/b/.git"
	(cd "$other/a/b" && make_module replaced)
	outpost build --kernel "$RELEASE" "$other/a/b/replaced"
	expect_status 0
	rm -r "$other/a"
	mkdir -p "$other/a/b/.git"
	(cd "$other/a/b" && make_module replaced "ccflags-y := -I\$(src)/../include" && mkdir include)
	echo '#define REPLACED 1' >"$other/a/b/include/replaced.h"
	echo '#include "replaced.h"' >>"$other/a/b/replaced/replaced.c"
	outpost build --kernel "$RELEASE" "$other/a/b/replaced"
	rm -r "$other"
	expect_status 0
	expect_err "Starting the build container"
	outpost build --kernel "$RELEASE" "$TOP/modules/hello"
	expect_status 0
}

# Checking a module in the caches does not mount them again, read-only.
test_built_before() {
	make_module before
	outpost --json build --kernel "$RELEASE" before
	expect_status 0
	outpost check --kernel "$RELEASE" "$(jq -r '.modules[0].path' out)"
	expect_status 0
	echo 'int before_too;' >>before/before.c
	outpost build --kernel "$RELEASE" before
	expect_status 0
}

# The container does not use this machine's folder for temporary files.
test_temporary_files() {
	make_module temporary
	mkdir tmp
	TMPDIR=$WORK/tmp outpost -v build --kernel "$RELEASE" temporary
	expect_status 0
	! grep TMPDIR err || fail "make got TMPDIR"
}

# Each module has a container of its own; one line says that they start, and the next build of one
# starts none.
test_starts_once() {
	make_module cold
	make_module colder
	outpost build --kernel "$RELEASE" cold colder
	expect_status 0
	[ "$(grep -c "Starting the build container" err)" = 1 ] || fail "expected one line about the start"
	[ "$(container_of cold)" != "$(container_of colder)" ] || fail "both were built in the same container"
	echo '/* changed */' >>cold/cold.c
	outpost build --kernel "$RELEASE" cold colder
	expect_status 0
	! grep -q "Starting the build container" err || fail "a container was started again"
	outpost container stop
	expect_status 0
	! container_of cold || fail "it still runs"
}

# A file with a fault that only sparse reports.
make_careless() {
	make_module "$1"
	printf '%s\n' "int $1_take(const int __user *there);" "int $1_take(const int __user *there)" \
		'{' '	return *there;' '}' >>"$1/$1.c"
}

test_sparse() {
	make_careless careless
	outpost build --kernel "$RELEASE" careless
	expect_status 0
	! grep -q 'dereference of noderef' err || fail "sparse ran without --sparse"
	outpost build --sparse --kernel "$RELEASE" careless
	expect_status 0
	expect_err "careless/careless.c:6"
	expect_err "dereference of noderef expression"
}

# A module finds in its own ccache what it had before.
test_ccache() {
	make_module told
	cp told/told.c before
	outpost build --kernel "$RELEASE" told
	expect_status 0
	expect_err "ccache hits: 0 of"
	echo 'int told_too;' >>told/told.c
	outpost build --kernel "$RELEASE" told
	expect_status 0
	cp before told/told.c
	outpost build --kernel "$RELEASE" told
	expect_status 0
	expect_err "(100%)"
}

# Two folders, two dates, each compiled without ccache.
test_same_bytes() {
	make_careless alike
	mkdir -p here beyond/far/away
	cp -r alike here/
	mv alike beyond/far/away/
	touch -d 2001-02-03 beyond/far/away/alike/*
	CCACHE_DISABLE=1 outpost --json build --kernel "$RELEASE" here/alike
	expect_status 0
	jq -r '.modules[0] | .unstripped, .path' out >first
	sleep 1.1 # another second, in case the module contains the time
	CCACHE_DISABLE=1 outpost --json build --kernel "$RELEASE" beyond/far/away/alike
	expect_status 0
	jq -r '.modules[0] | .unstripped, .path' out >second
	[ "$(sort -u first second | wc -l)" = 4 ] || fail "expected four different files: $(cat first second)"
	paste -d '\n' first second | xargs -d '\n' -n 2 cmp || fail "the two builds differ"
}

# A kernel tree of the user's, anywhere.
test_own_tree() {
	local release=$RELEASE
	cp -a "$XDG_CACHE_HOME/outpost/trees/$RELEASE" own
	chmod -R u+w own
	export XDG_CACHE_HOME=$WORK/cache
	mkdir -p "$XDG_CACHE_HOME/outpost"
	cp -a "$ALL/cache/outpost/container" "$XDG_CACHE_HOME/outpost/"
	outpost kernel add "own/$(sed -n 's/^build = //p' own/manifest.ini)"
	expect_status 0
	make_module owned
	outpost build --kernel "$release" owned
	expect_status 0
	"$OUTPOST" --json container status | jq -e --arg f "$WORK/own" \
		'any(.containers[].reads[]; startswith($f) or (. as $d | $f | startswith($d)))' ||
		fail "the tree is not mounted"
}

test_on_the_host() {
	make_module here
	outpost build --in host --kernel "$RELEASE" here
	expect_err "on this machine"
	printf '[build]\nin = host\n' >outpost.conf
	outpost build --kernel "$RELEASE" here
	expect_err "on this machine"
}
