# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2034,SC2153,SC2154
# What is built in the container, and where it shows.

# The compiler says in each object which one it was: the image's, not this machine's.
test_modules() {
	outpost --json build --kernel "$RELEASE" "$TOP/modules"
	expect_status 0
	expect_err "in the build container"
	jq -e '[.modules[].state] | length >= 3 and all(. == "built")' out || fail "not all were built"
	local ko
	ko=$(jq -r '.modules[] | select(.module == "hello") | .unstripped' out)
	readelf -p .comment "$ko" >comment || fail "$ko is no module"
	engine exec "$(container_name)" sh -c 'cd /usr/bin
		for gcc in aarch64-linux-gnu-gcc-[0-9]* gcc-[0-9]*; do
			[ ! -x $gcc ] || exec $gcc --version
		done' | head -1 >compiler
	[ -s compiler ] || fail "the container does not tell its compiler"
	grep -qF "$(sed 's/^[^(]*//' compiler)" comment ||
		fail "it was compiled by $(<comment), not by $(<compiler)"
	[ -z "$(find "$XDG_CACHE_HOME/outpost/build" ! -user "$(id -un)")" ] ||
		fail "files of others: $(find "$XDG_CACHE_HOME/outpost/build" ! -user "$(id -un)" -ls)"
	[ -x "$(jq -r '.modules[] | select(.module == "chardev") | .test_program' out)" ] ||
		fail "there is no test program"
}

test_again_is_quick() {
	make_module quick
	outpost build --kernel "$RELEASE" quick
	expect_status 0
	local start=${EPOCHREALTIME/./}
	outpost build --kernel "$RELEASE" quick
	expect_status 0
	[ $(((${EPOCHREALTIME/./} - start) / 1000)) -lt 2000 ] || fail "nothing was to be done"
}

# Messages and compile_commands.json name the person's files.
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

# A Kbuild can run anything: it finds no network, a tree that is only read, and no more files than
# the caches and its own.
test_closed() {
	make_module closed '$(info links: $(shell cat /proc/net/dev | grep -c :))' \
		'$(info tree: $(shell touch $(srctree)/new 2>&1))' \
		"\$(info mine: \$(shell touch $WORK/new 2>&1))" \
		'$(info shadow: $(shell wc -l </etc/passwd))'
	outpost -v build --kernel "$RELEASE" closed
	expect_status 0
	expect_err "links: 1"
	grep -q 'tree: .*Read-only file system' err || fail "the tree could be written"
	grep -q 'mine: .*Read-only file system' err || fail "sources could be written"
	! grep -q "shadow: $(wc -l </etc/passwd)\$" err || fail "it sees this machine's files"
}

# What stands beside a folder is found, and a folder elsewhere has the container started again.
test_sources_elsewhere() {
	local other
	other=$(mktemp -d /var/tmp/outpost-container.XXXXXX)
	mkdir -p "$other/a/b/include"
	echo '#define BESIDE 1' >"$other/a/b/include/beside.h"
	(cd "$other/a/b" && make_module elsewhere "ccflags-y := -I\$(src)/../include")
	echo '#include "beside.h"' >>"$other/a/b/elsewhere/elsewhere.c"
	outpost build --kernel "$RELEASE" "$other/a/b/elsewhere"
	rm -r "$other"
	expect_status 0
	expect_err "Starting the build container"
}

# Deleted and made anew, it is another folder, whatever it is called.
test_sources_made_anew() {
	local other
	other=$(mktemp -d /var/tmp/outpost-container.XXXXXX)
	mkdir -p "$other/a/b"
	(cd "$other/a/b" && make_module anew)
	outpost build --kernel "$RELEASE" "$other/a/b/anew"
	expect_status 0
	rm -r "$other/a"
	mkdir -p "$other/a/b"
	(cd "$other/a/b" && make_module anew "ccflags-y := -I\$(src)/../include" && mkdir include)
	echo '#define ANEW 1' >"$other/a/b/include/anew.h"
	echo '#include "anew.h"' >>"$other/a/b/anew/anew.c"
	outpost build --kernel "$RELEASE" "$other/a/b/anew"
	rm -r "$other"
	expect_status 0
	expect_err "Starting the build container"
	outpost build --kernel "$RELEASE" "$TOP/modules/hello"
	expect_status 0
}

# To look at a module in the caches does not have them mounted once more, read-only.
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

# This machine's folder for temporary files is none of the container's.
test_temporary_files() {
	make_module temporary
	mkdir tmp
	TMPDIR=$WORK/tmp outpost -v build --kernel "$RELEASE" temporary
	expect_status 0
	! grep TMPDIR err || fail "make was given it"
}

# What it is to be shown is known before it is started.
test_starts_once() {
	engine rm --force "$(container_name)"
	rm -rf "$XDG_RUNTIME_DIR/outpost"
	make_module cold
	outpost build --kernel "$RELEASE" cold
	expect_status 0
	[ "$(grep -c "Starting the build container" err)" = 1 ] || fail "it was started more than once"
}

# A file with what sparse alone complains of.
make_careless() {
	make_module "$1"
	printf '%s\n' "int $1_take(const int __user *there);" "int $1_take(const int __user *there)" \
		'{' '	return *there;' '}' >>"$1/$1.c"
}

test_sparse() {
	make_careless careless
	outpost build --kernel "$RELEASE" careless
	expect_status 0
	! grep -q 'dereference of noderef' err || fail "without --sparse, too"
	outpost build --sparse --kernel "$RELEASE" careless
	expect_status 0
	expect_err "careless/careless.c:6"
	expect_err "dereference of noderef expression"
}

# The same sources in another folder are compiled once.
test_ccache() {
	make_module told
	echo "/* $RANDOM $RANDOM $EPOCHREALTIME */ int told_$RANDOM;" >>told/told.c
	outpost build --kernel "$RELEASE" told
	expect_status 0
	expect_err "ccache hits: 0 of"
	mkdir -p elsewhere/far
	cp -r told elsewhere/far/
	outpost build --kernel "$RELEASE" elsewhere/far/told
	expect_status 0
	expect_err "(100%)"
}

# Two folders, two dates, and each compiled: ccache has no part in it.
test_same_bytes() {
	make_careless alike
	mkdir -p here beyond/far/away
	cp -r alike here/
	mv alike beyond/far/away/
	touch -d 2001-02-03 beyond/far/away/alike/*
	CCACHE_DISABLE=1 outpost --json build --kernel "$RELEASE" here/alike
	expect_status 0
	jq -r '.modules[0] | .unstripped, .path' out >first
	sleep 1.1 # another second, should one be in it
	CCACHE_DISABLE=1 outpost --json build --kernel "$RELEASE" beyond/far/away/alike
	expect_status 0
	jq -r '.modules[0] | .unstripped, .path' out >second
	[ "$(sort -u first second | wc -l)" = 4 ] || fail "they are not four files: $(cat first second)"
	paste -d '\n' first second | xargs -d '\n' -n 2 cmp || fail "they differ"
}

# A tree of the person's own, anywhere.
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
		'any(.folders[]; startswith($f) or (. as $d | $f | startswith($d)))' || fail "it is not mounted"
}

test_on_the_host() {
	make_module here
	outpost build --in host --kernel "$RELEASE" here
	expect_err "on this machine"
	printf '[build]\nin = host\n' >outpost.conf
	outpost build --kernel "$RELEASE" here
	expect_err "on this machine"
}
