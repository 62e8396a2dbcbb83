# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# outpost check without a kernel that loads the modules; tests/system/vm compares it with one that does.

# shellcheck disable=SC2154 # make_tree sets $release

# The tree is there, so no other source is asked.
test_tree_without_config() {
	make_tree 6.1.0-1-arm64
	rm "$WORK/trees/$release/.config"
	printf '#!/bin/sh\necho called >>"%s/apt"\nexit 1\n' "$WORK" | tee "$WORK/bin/apt-get" >"$WORK/bin/apt-cache"
	chmod +x "$WORK/bin/"apt-*
	mkdir m
	echo 'obj-m := m.o' >m/Kbuild
	outpost build --kernel "$release" m
	expect_status 3
	expect_one_error "Cannot find CONFIG_CC_VERSION_TEXT in $WORK/trees/$release/.config: No such file"
	[ ! -e apt ] || fail "asked Debian for another tree"
	outpost kernel remove "$release"
	outpost kernel remove "$release"
	expect_status 3
	expect_one_error "No kernel tree for '$release'"
}

# Text from anywhere may reach a terminal as JSON.
test_json_is_ascii() {
	make_tree 6.1.0-1-arm64
	mv trees bäume
	outpost kernel add "bäume/$release"
	outpost --json kernel list
	expect_status 0
	expect_ascii "bäume/$release" '.kernels[0].build'
	mkdir möbel
	echo 'obj-m := m.o' >möbel/Kbuild
	outpost --json build --kernel "$release" möbel
	expect_status 1
	expect_ascii möbel '.modules[0].source'
	printf '[    1.000000] Kernel panic - not syncing: süß\n[    2.0] x\n' >log
	outpost --json klog log
	any_status
	expect_ascii süß '.reports[0].title'
}

expect_ascii() { # TEXT FILTER
	! LC_ALL=C grep -q '[^ -~]' out || fail "not ASCII"
	jq -r "$2" out | grep -qF "$1" || fail "$2 does not contain $1"
}

test_what_is_no_release() {
	local command
	for command in "build --kernel ../x $TOP/modules/hello" "kernel remove ../../x" "kernel path ../x"; do
		# shellcheck disable=SC2086
		outpost $command
		expect_status 3
		expect_one_error "x' is not the release of a kernel"
		expect_err "hint: A release is what uname -r prints"
	done
}

# Opening a FIFO waits for a writer that never comes.
test_files_that_are_no_regular_files() {
	make_tree 6.1.0-1-arm64
	mkfifo x.ko
	run timeout 20 "$OUTPOST" check --kernel "$release" x.ko
	expect_status 3
	expect_one_error "Cannot read module $WORK/x.ko: Not a regular file"
	mkdir m
	mkfifo m/Kbuild
	run timeout 20 "$OUTPOST" build --kernel "$release" m
	expect_status 3
	expect_one_error "Cannot read $WORK/m/Kbuild: Not a regular file"
	rm m/Kbuild
	echo 'obj-m := m.o' >m/Kbuild
	mkdir typo
	echo 'MODULE_LICENSE("GPL");' >typo/typo.c
	echo 'ojb-m := typo.o' >typo/Makefile
	run timeout 20 "$OUTPOST" build --kernel "$release" .
	expect_status 1
	expect_err "warning: $WORK/typo is not built: its Makefile has no obj-m"
}

test_lock_that_cannot_be_opened() {
	make_tree 6.1.0-1-arm64
	mkdir m
	echo 'obj-m := m.o' >m/Kbuild
	outpost build --kernel "$release" m
	any_status
	for lock in "$XDG_CACHE_HOME"/outpost/build/*/"$release"/{,m.}lock; do
		rm "$lock"
		mkdir "$lock"
		outpost build --kernel "$release" m
		expect_status 3
		expect_one_error "Cannot open $lock: Is a directory"
		rmdir "$lock"
		: >"$lock"
	done
}

# make_module NAME [-D...]: compiles NAME.ko for $release.
make_module() {
	local name=$1
	shift
	"${CROSS}gcc" -c -O1 -ffreestanding -fno-pic -mcmodel=large -x c -o "$name.ko" "-DNAME=\"$name\"" \
		-DLICENSE='"GPL"' "$@" "-DRELEASE=\"$release\"" "$TOP/tests/system/cli/module.c" 2>cc.err ||
		fail "cannot compile $name: $(cat cc.err)"
}

expect_json() { # FILTER VALUE
	local got
	got=$(jq -r "$1" out) || fail "standard output is not JSON"
	[ "$got" = "$2" ] || fail "$1: expected '$2', got '$got'"
}

test_check_of_sound_modules() {
	make_tree 6.1.0-9-test
	make_module one
	make_module two -DKTIME_CRC=3
	outpost check -k "$release" one.ko two.ko
	expect_status 0
	expect_out "one.ko: would load"
	expect_out "two.ko: would load"
	expect_out "All modules would load on $release"
	expect_silent err
	outpost --json check -k "$release" one.ko two.ko
	expect_status 0
	expect_silent err
	expect_json 'keys | join(" ")' "as_of board kernel modules schema"
	expect_json .schema outpost.check/1
	expect_json .kernel "$release"
	expect_json .board null
	expect_json .as_of null
	expect_json '[.modules[] | keys | join(" ")] | unique | join(",")' "loads name path problems"
	expect_json '[.modules[].name] | join(" ")' "one two"
	expect_json '.modules[0].path' "$WORK/one.ko"
	expect_json '[.modules[] | .loads] | all' true
	expect_json '[.modules[].problems[]] | length' 0
}

# Prints one line and one hint for each problem; JSON has the same.
test_check_names_each_problem() {
	make_tree 6.1.0-9-test
	make_module crc -DKTIME_CRC=0x30
	make_module licence -ULICENSE -DLICENSE='"Own"'
	make_module space -DUSES=dma_buf_put
	make_module hidden -DUSES=declared_only
	make_module missing -DUSES=no_such_thing
	make_module other -DUSES=crc_itu_t
	outpost check -k "$release" ./*.ko
	expect_status 1
	expect_out "crc.ko: would NOT load"
	expect_out "crc ktime_get: expected 0x00000003; found: 0x00000030"
	expect_out "gpl-only ktime_get: expected a GPL-compatible licence; found: MODULE_LICENSE(\"Own\")"
	expect_out "namespace dma_buf_put: expected MODULE_IMPORT_NS(DMA_BUF)"
	expect_out "unresolved declared_only: expected an exported symbol; found: not exported: the headers of $release declare it"
	expect_out "unresolved no_such_thing: expected an exported symbol; found: does not exist in $release"
	expect_out "unresolved crc_itu_t: expected 'crc_itu_t' among its depends="
	expect_out "6 of 6 modules would not load on $release"
	outpost --json check -k "$release" ./*.ko
	expect_status 1
	expect_json '[.modules[] | select(.loads)] | length' 0
	expect_json '[.modules[].problems[] | keys | join(" ")] | unique | join(",")' \
		"expected fatal found hint kind symbol"
	expect_json '.modules[] | select(.name == "crc") | .problems[] | select(.fatal) | "\(.kind) \(.symbol) \(.expected) \(.found)"' \
		"crc ktime_get 0x00000003 0x00000030"
	expect_json '[.modules[].problems[] | select(.fatal) | .kind] | unique | join(" ")' "crc gpl-only namespace unresolved"
	expect_json '[.modules[].problems[] | select(.hint == "" or .expected == "" or .found == "")] | length' 0
}

# Modules on one command line are loaded together: one may use what another exports.
test_check_of_modules_that_need_each_other() {
	make_tree 6.1.0-9-test
	make_module giver '-DEXPORTS="__ksymtab"'
	make_module taker -DUSES=shared '-DDEPENDS="giver"'
	make_module stray -DUSES=shared
	outpost --json check -k "$release" giver.ko taker.ko stray.ko
	expect_status 1
	expect_json '[.modules[] | select(.loads) | .name] | join(" ")' "giver taker"
	expect_json '.modules[] | select(.name == "stray") | .problems[0] | "\(.kind) \(.symbol)"' "unresolved shared"
	expect_json '.modules[] | select(.name == "stray") | .problems[0].found | test("exported by giver")' true
	outpost --json check -k "$release" taker.ko
	expect_status 1
	expect_json '.modules[0].problems[0].found' "does not exist in $release"
	# A GPL-only export, used by a module with another licence.
	make_module giver '-DEXPORTS="__ksymtab_gpl"'
	make_module taker -DUSES=shared '-DDEPENDS="giver"' -ULICENSE -DLICENSE='"Own"'
	outpost --json check -k "$release" giver.ko taker.ko
	expect_status 1
	expect_json '[.modules[] | select(.name == "taker") | .problems[] | select(.kind == "gpl-only") | .symbol] | sort | join(" ")' "ktime_get shared"
}

test_check_of_files_that_are_not_modules() {
	make_tree 6.1.0-9-test
	make_module sound
	xz -k sound.ko
	gzip -k sound.ko
	zstd -qk sound.ko
	: >empty.ko
	seq 100 >text.ko
	head -c 300 sound.ko >cut.ko
	head -c 200 sound.ko.xz >torn.ko.xz
	outpost --json check -k "$release" sound.ko.xz
	expect_status 0
	expect_json '.modules[0] | "\(.name) \(.loads)"' "sound true"
	for packed in gz zst; do
		outpost check -k "$release" "sound.ko.$packed"
		expect_status 0
	done
	outpost --json check -k "$release" cut.ko
	expect_status 1
	expect_json '.modules[0].problems[0].kind' section-table
	outpost --json check -k "$release" torn.ko.xz
	expect_status 1
	expect_json '.modules[0].problems[0].kind' packed
	outpost --json check -k "$release" empty.ko text.ko
	expect_status 1
	expect_json '[.modules[] | "\(.name) \(.problems[0].kind)"] | sort | join(", ")' "empty elf-size, text elf-magic"
	outpost check -k "$release" nosuch.ko
	expect_status 3
	expect_one_error "nosuch.ko"
	outpost check -k ../nowhere sound.ko
	expect_status 3
	expect_one_error "'../nowhere' is not the release of a kernel"
	outpost check -k "$release" --nonsense
	expect_status 2
}

# check asks the board what it runs and requires. When the board is unreachable, its last answers are used.
test_check_for_a_board() {
	make_board
	install_agent
	make_tree "$(uname -r)"
	make_module sound
	outpost --json -b board check sound.ko
	expect_status 0
	expect_json .board board
	expect_json .kernel "$(uname -r)"
	expect_json .as_of null
	ssh -F none -o ControlPath="$(echo "$XDG_RUNTIME_DIR"/outpost/ssh-*)" -O exit x 2>/dev/null
	touch "$B/nologin"
	outpost --json -b board check sound.ko
	expect_status 0
	expect_err "Board board: "
	expect_err "Checking against $(uname -r), which it ran on $(date +%F)"
	expect_json '.as_of | test("^20..-..-..T..:..:..Z$")' true
	# The board required signatures then.
	sed -i 's/ 0 0$/ 1 0/' state/outpost/boards/board/facts
	outpost --json -b board check sound.ko
	expect_status 1
	expect_json '.modules[0].problems[0].kind' signature
	expect_json '.modules[0].problems[0].hint | test("sig_enforce")' true
	# Nothing is known about a board that was never reached.
	rm -r state/outpost/boards/board
	outpost --json -b board check sound.ko
	expect_status 3
	expect_silent out
}

# The symbols of the board's kernel, not only its headers, tell "not exported" from "does not exist".
test_check_asks_the_board_for_its_symbols() {
	grep -q ' do_exit$' /proc/kallsyms || skip "this kernel hides its symbols"
	make_board
	install_agent
	make_tree "$(uname -r)" KALLSYMS_ALL
	make_module hidden -DUSES=do_exit
	make_module missing -DUSES=no_such_thing
	outpost --json check -k "$release" hidden.ko
	expect_status 1
	expect_json '.modules[0].problems[0].found' "does not exist in $release"
	outpost --json -b board check hidden.ko missing.ko
	expect_status 1
	expect_err "Asking board board which symbols its kernel has (once per kernel)"
	expect_json '.modules[0].problems[0].found' "not exported: $release has it, but not for modules"
	expect_json '.modules[1].problems[0].found' "does not exist in $release"
	touch "$B/nologin"
	ssh -F none -o ControlPath="$(echo "$XDG_RUNTIME_DIR"/outpost/ssh-*)" -O exit x 2>/dev/null
	outpost --json -b board check hidden.ko
	expect_status 1
	expect_json '.modules[0].problems[0].found' "not exported: $release has it, but not for modules"
}

# Before anything is fetched.
test_a_tree_from_sources_names_the_program_that_is_missing() {
	make_board
	install_agent
	mkdir few
	ln -s "$(command -v ssh)" few/
	for program in git make bison bc; do ln -s /bin/true "few/$program"; done
	run env PATH=few "$OUTPOST" -b board kernel add --git nowhere --commit v6.1 --defconfig defconfig "$(uname -r)"
	expect_status 3
	expect_one_error "Making a tree from kernel sources requires flex, which is not installed"
	expect_err "apt-get install git make flex bison bc libssl-dev"
}
