# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What a board gets by the kernel that it says it runs, and by the headers that it sends for it. The
# board is this machine, with an agent that lies (tests/tools/forged_agent.c).

RELEASE=6.99.0-forged
CROSS=aarch64-linux-gnu-
[ "$(uname -m)" != aarch64 ] || CROSS=
YES=(--yes)

# A program of a tree that kbuild starts. Notes whose it is in $WORK/ran, and who started it in $WORK/starters.
put_tool() { # FILE WHOSE USAGE STATUS
	mkdir -p "$(dirname "$1")"
	cat >"$1" <<-END
		#!/bin/sh
		echo $2 >>$WORK/ran
		cat /proc/\$PPID/comm >>$WORK/starters
		echo "$3"
		exit $4
	END
	chmod +x "$1"
}

put_tools() { # FOLDER WHOSE
	put_tool "$1/scripts/basic/fixdep" "$2" "Usage: fixdep" 1
	put_tool "$1/scripts/mod/modpost" "$2" "" 0
}

put_tree() { # FOLDER WHOSE
	mkdir -p "$1/include/generated"
	echo "#define UTS_RELEASE \"$RELEASE\"" >"$1/include/generated/utsrelease.h"
	printf 'CONFIG_%s\n' ARM64=y MODULES=y 'CC_VERSION_TEXT="gcc-99 (A packager 99.1) 99.1.0"' >"$1/.config"
	printf '0x00000001\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\t\n' >"$1/Module.symvers"
	echo "# of $2" >"$1/Makefile"
}

# The folder for make -C is $1 in the archive of the folder sent/.
send_tree() {
	echo "$1" >"$WORK/forged/build"
	# shellcheck disable=SC2046
	(cd "$WORK/sent" && tar --format=ustar --owner=0 --group=0 -czf "$WORK/forged/tree" $(ls -A))
}

send_config() { # LINE...
	mkdir -p config
	printf '%s\n' "$@" >config/config
	tar -C config --format=ustar --owner=0 --group=0 -czf forged/config config
}

# Boards "board" and "other" are the same machine, whose agent lies. Its compiler, gcc-99, is here, and no
# package is.
make_forged_board() {
	unset OUTPOST_YES
	[ -x "$TOP/build/host/forged-agent" ] || fail "build/host/forged-agent is not built: run make check-security"
	make_board
	mkdir -p forged bin
	echo "$RELEASE" >forged/release
	echo "Linux version $RELEASE (a@b) (gcc-99 (A packager 99.1) 99.1.0, GNU ld 2.40) #1" >forged/version
	printf '#!/bin/sh\nexec %s %s\n' "$TOP/build/host/forged-agent" "$WORK/forged" >"$B/lib/outpost-agent"
	chmod +x "$B/lib/outpost-agent"
	cp "$XDG_CONFIG_HOME/outpost/boards/"{board,other}.conf
	printf '#!/bin/sh\necho 99\n' >"bin/${CROSS}gcc-99"
	printf '#!/bin/sh\nexit 0\n' >bin/apt-get
	chmod +x bin/*
	export PATH=$WORK/bin:$PATH
	put_tree sent/usr/src/h board
	put_tools sent/usr/src/h board
	send_tree usr/src/h
}

# package NAME [DEPENDS]: packs the folder NAME into mirror/.
package() {
	mkdir -p "$1/DEBIAN" mirror
	cat >"$1/DEBIAN/control" <<-END
		Package: $1
		Version: 6.99.0-1
		Architecture: all
		Maintainer: a test <nobody@localhost>
		Depends: ${2:-base-files}
		Description: made by Outpost's tests
	END
	dpkg-deb --root-owner-group -Zgzip -z1 -b "$1" "mirror/$1.deb" >/dev/null
}

# Makes mirror/ what apt on this machine takes for Debian, signed.
sign_mirror() {
	local arch dir=mirror/dists/test file
	export GNUPGHOME=$WORK/gpg
	mkdir -m 700 "$GNUPGHOME"
	gpg --batch -q --passphrase '' --quick-gen-key test@localhost rsa2048 sign 2>gpg.err || fail "$(cat gpg.err)"
	gpg -q --export >key.gpg
	for arch in arm64 amd64; do mkdir -p "$dir/main/binary-$arch"; done
	for file in mirror/*.deb; do
		dpkg-deb -f "$file"
		printf 'Filename: %s\nSize: %s\nSHA256: %s\n\n' "${file#*/}" "$(stat -c %s "$file")" "$(sha256sum <"$file" | cut -d' ' -f1)"
	done | tee "$dir/main/binary-arm64/Packages" >"$dir/main/binary-amd64/Packages"
	{
		printf 'Origin: Debian\nSuite: test\nCodename: test\nArchitectures: arm64 amd64\nComponents: main\nSHA256:\n'
		for arch in arm64 amd64; do
			file=main/binary-$arch/Packages
			printf ' %s %s %s\n' "$(sha256sum <"$dir/$file" | cut -d' ' -f1)" "$(stat -c %s "$dir/$file")" "$file"
		done
	} >Release
	gpg --batch -q --clearsign -o "$dir/InRelease" Release
	gpgconf --kill all
	cat >bin/apt-get <<-END
		#!/bin/sh
		case "\$*" in
		*indextargets*) printf 'file:$WORK/mirror\ttest\tmain\tDebian\t$WORK/key.gpg\n' ;;
		*) exec /usr/bin/apt-get "\$@" ;;
		esac
	END
}

needs_apt() {
	local program
	for program in gpg dpkg-deb /usr/bin/apt-get; do
		command -v $program >/dev/null || skip "this test requires $program"
	done
}

expect_source() { # SOURCE
	outpost --json kernel list
	[ "$(jq -r '.kernels[0].source' out)" = "$1" ] || fail "the tree is not from $1: $(cat out)"
}

# --- whose tree it is --------------------------------------------------------------------------

# Another board with that release would have been given the tree, too.
test_headers_of_one_board_serve_no_other() {
	make_forged_board
	outpost "${YES[@]}" -b board kernel sync
	expect_status 0
	outpost --json kernel list
	jq -e '.kernels | length == 1 and .[0].name == "'$RELEASE'@board" and .[0].board == "board"' out >/dev/null ||
		fail "$(cat out)"
	outpost kernel list
	expect_out "$RELEASE@board"
	outpost kernel verify "$RELEASE@board"
	expect_out "from what board board sent, and for that board alone"
	rm forged/tree
	outpost "${YES[@]}" -b other kernel sync
	expect_status 3
	expect_err "No source has a kernel tree for '$RELEASE'"
	outpost kernel path "$RELEASE"
	expect_status 3
	mkdir m
	echo 'obj-m := m.o' >m/Kbuild
	outpost build --kernel "$RELEASE" m
	expect_status 3
	expect_err "No source has a kernel tree for '$RELEASE'"
	outpost kernel remove "$RELEASE@board"
	expect_status 0
}

# A tree that an older version copied from some board.
test_headers_of_an_unknown_board_serve_none() {
	make_forged_board
	outpost "${YES[@]}" -b board kernel sync
	expect_status 0
	rm ran
	mv "$XDG_CACHE_HOME/outpost/trees/$RELEASE@board" "$XDG_CACHE_HOME/outpost/trees/$RELEASE"
	sed -i '/^board/d' "$XDG_CACHE_HOME/outpost/trees/$RELEASE/manifest.ini"
	outpost -b board kernel sync
	expect_status 3
	expect_one_error "does not say from which"
	[ ! -e ran ] || fail "ran programs of $(cat ran)"
}

# --- consent -----------------------------------------------------------------------------------

# A plain build for a board that names a new kernel pulled its tree, and ran its programs and makefiles.
test_headers_of_a_board_are_not_taken_unasked() {
	make_forged_board
	mkdir m
	echo 'obj-m := m.o' >m/Kbuild
	: >m/m.c
	for command in "build m" "test m" "kernel sync"; do
		# shellcheck disable=SC2086
		outpost -b board $command
		expect_status 3
		expect_err "you have not allowed the headers of board board, which nobody signed"
		expect_err "outpost -b board kernel sync --yes: when you build for it, their makefiles and programs run on this machine, and can do whatever you can"
	done
	[ ! -e ran ] || fail "ran programs of $(sort -u ran)"
	[ -z "$(ls "$XDG_CACHE_HOME/outpost/trees")" ] || fail "took them: $(ls "$XDG_CACHE_HOME/outpost/trees")"
}

# The consent is for one board at one address, and is remembered only if it was asked for.
test_consent_to_headers_is_for_one_board() {
	make_forged_board
	mkdir m
	echo 'obj-m := m.o' >m/Kbuild
	: >m/m.c
	outpost --yes -b board build m
	any_status
	[ -e ran ] || fail "--yes does not take the headers"
	rm ran
	outpost -b board kernel sync
	expect_status 3
	outpost -b board kernel sync --yes
	expect_status 0
	outpost -b board kernel sync
	expect_status 0
	outpost -b other kernel sync
	expect_status 3
	expect_err "you have not allowed the headers of board other"
	# Another machine that gets the name later.
	sed -i 's/^destination = .*/destination = other@board/' "$XDG_CONFIG_HOME/outpost/boards/board.conf"
	outpost -b board build m
	expect_status 3
	expect_err "you have not allowed the headers of board board"
	[ ! -e ran ] || fail "ran programs of $(sort -u ran)"
}

# answer TEXT: as outpost -b board kernel sync on a terminal, where the user types TEXT.
answer() {
	status=0
	printf '%s\n' "$1" | script -qec "$OUTPOST -b board kernel sync" typescript >screen || status=$?
	sed 's/^/screen: /' screen
}

test_a_question_about_headers_names_the_board() {
	make_forged_board
	answer ""
	[ $status = 3 ] || fail "status $status"
	grep -q "There is no signed package of kernel $RELEASE. Board board may have its headers, which nobody signed:" screen ||
		fail "the question does not name the board"
	grep -q "their makefiles and programs run on this machine, and can do whatever you can" screen ||
		fail "the question does not say what it means"
	[ ! -e ran ] || fail "ran programs of $(sort -u ran)"
	answer y
	[ $status = 0 ] || fail "status $status"
	answer ""
	[ $status = 0 ] || fail "the answer was not remembered"
	! grep -q "nobody signed" screen || fail "asked again"
}

# --- signed packages ---------------------------------------------------------------------------

test_a_signed_package_comes_before_the_board() {
	needs_apt
	make_forged_board
	put_tree "linux-headers-$RELEASE/usr/src/linux-headers-$RELEASE" debian
	ln -s ../../lib/linux-kbuild-6.99/scripts "linux-headers-$RELEASE/usr/src/linux-headers-$RELEASE/scripts"
	put_tools linux-kbuild-6.99/usr/lib/linux-kbuild-6.99 debian
	package linux-headers-6.99.0-common
	package linux-kbuild-6.99
	package "linux-headers-$RELEASE" "linux-headers-6.99.0-common, linux-kbuild-6.99"
	sign_mirror
	outpost "${YES[@]}" -b board kernel sync
	expect_status 0
	expect_source debian
	[ "$(sort -u ran)" = debian ] || fail "ran programs of $(sort -u ran)"
}

# Its release has no package, but the series has.
test_programs_come_from_a_signed_package() {
	needs_apt
	make_forged_board
	put_tools linux-kbuild-6.99/usr/lib/linux-kbuild-6.99 debian
	package linux-kbuild-6.99
	sign_mirror
	# What the package would be unpacked into.
	put_tools sent/.kbuild/usr/lib/linux-kbuild-6 board
	send_tree usr/src/h
	outpost "${YES[@]}" -b board kernel sync
	expect_status 0
	expect_source board
	[ "$(sort -u ran)" = debian ] || fail "ran programs of $(sort -u ran)"
}

# --- the container -------------------------------------------------------------------------------

# An image with gcc-99, and an engine that starts the builder on this machine.
make_container() {
	mkdir -p "$XDG_CACHE_HOME/outpost/container"
	printf 'engine podman\nimage 0123456789abcdef\nprogram %s\n' "${CROSS}gcc-99" >"$XDG_CACHE_HOME/outpost/container/image"
	cat >bin/podman <<-'END'
		#!/bin/bash
		case $1 in
		run)
			[ ! -e "$WORK/podman-down" ] || exit 125
			for word; do
				case $word in
				*,target=/outpost/run) run=${word%,target*} run=${run#*source=} ;;
				*,target=/outpost/builder,*) builder=${word%,target*} builder=${builder#*source=} ;;
				esac
			done
			"$builder" "$run/socket" >/dev/null 2>&1 </dev/null &
			echo $! | tee "$WORK/container" >"$WORK/container-$!"
			;;
		rm) for pid in "$WORK"/container-*; do kill "${pid##*-}" 2>/dev/null; rm -f "$pid" "$WORK/container"; done ;;
		image) echo 0123456789abcdef ;;
		esac
		exit 0
	END
	chmod +x bin/podman
}

# A program for another machine than this one, with its source beside it.
put_foreign() { # FILE
	mkdir -p "$(dirname "$1")"
	printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0\4\0' >"$1"
	head -c 64 /dev/zero >>"$1"
	chmod +x "$1"
	: >"$1.c"
}

# The source could include any file that the user can read, so it is not compiled here, either.
test_headers_of_a_board_run_in_the_container_only() {
	make_forged_board
	make_container
	outpost -b board kernel sync
	expect_status 3
	expect_err "their makefiles and programs run in the build container, without a network and without your home folder"
	[ ! -e ran ] || fail "ran programs of $(sort -u ran)"
	outpost -b board kernel sync --yes
	expect_status 0
	[ "$(sort -u starters)" = outpost-builder ] || fail "started by $(sort -u starters)"
	rm ran
	OUTPOST_BUILD_IN=host outpost -b board kernel sync
	expect_status 3
	expect_err "used in the build container only"
	outpost kernel remove "$RELEASE@board"
	put_foreign sent/usr/src/h/scripts/basic/fixdep
	put_foreign sent/usr/src/h/scripts/mod/modpost
	cat >bin/cc <<-END
		#!/bin/bash
		cat /proc/\$PPID/comm >>$WORK/compiled
		exec cp $WORK/tool "\${@: -1}" # the file after -o
	END
	chmod +x bin/cc
	put_tool tool board "Usage: fixdep" 1
	send_tree usr/src/h
	outpost -b board kernel sync
	any_status # such a modpost does not pass
	[ "$(sort -u compiled)" = sh ] || fail "compiled by $(sort -u compiled)"
	[ "$(sort -u starters)" = outpost-builder ] || fail "started by $(sort -u starters)"
	outpost container remove
}

# The image exists, but does not start. That does not move the build to this machine.
test_headers_of_a_board_wait_for_the_container() {
	make_forged_board
	make_container
	outpost -b board kernel sync --yes
	expect_status 0
	outpost container remove
	make_container
	touch podman-down
	rm -f "$XDG_RUNTIME_DIR"/outpost/*/works # as after a reboot: whether it works is not known
	rm ran
	mkdir m
	echo 'obj-m := m.o' >m/Kbuild
	: >m/m.c
	outpost --yes -b board build m
	expect_status 3
	[ ! -e ran ] || fail "ran programs of $(sort -u ran)"
	# Nor is it a consent for this machine.
	rm "$XDG_CACHE_HOME/outpost/container/image"
	outpost -b board build m
	expect_status 3
	expect_err "their makefiles and programs run on this machine, and can do whatever you can"
	[ ! -e ran ] || fail "ran programs of $(sort -u ran)"
}

# --- what is in a tree ---------------------------------------------------------------------------

# The folder that it names is in the archive, but as a path it is one of this machine.
test_a_board_names_no_folder_of_this_machine() {
	make_forged_board
	put_tree "sent$WORK/own" board
	put_tools "sent$WORK/own" board
	put_tree own user
	put_tools own user
	for name in "$WORK/own" usr/../usr/src/h "usr/src/h;id" "usr/src/\$(id)" ..; do
		mkdir -p "sent/usr/src/h;id" "sent/usr/src/\$(id)"
		send_tree "$name"
		outpost "${YES[@]}" -b board kernel sync
		expect_status 3
		expect_err "Board board sent headers without a folder for make -C"
	done
	[ ! -e ran ] || fail "ran programs of $(sort -u ran)"
}

test_headers_hold_no_link_that_leads_out() {
	make_forged_board
	ln -s ../../../../../../../../../../../../../../.."$HOME/.ssh" sent/usr/src/h/include/keys
	send_tree usr/src/h
	outpost "${YES[@]}" -b board kernel sync
	expect_status 3
	expect_err "leads out of the archive's folder"
	[ -z "$(ls "$XDG_CACHE_HOME/outpost/trees")" ] || fail "$(ls "$XDG_CACHE_HOME/outpost/trees")"
}

test_headers_hold_no_program_with_set_uid() {
	make_forged_board
	put_tool sent/usr/src/h/su board "" 0
	chmod 6755 sent/usr/src/h/su
	send_tree usr/src/h
	outpost "${YES[@]}" -b board kernel sync
	expect_status 0
	[ -e "$XDG_CACHE_HOME/outpost/trees/$RELEASE@board/usr/src/h/su" ] || fail "the program is not in the tree"
	[ -z "$(find "$XDG_CACHE_HOME" -perm /6000)" ] || fail "$(find "$XDG_CACHE_HOME" -perm /6000)"
}

# --- the configuration --------------------------------------------------------------------------

# Sources whose makefiles read the configuration as those of Linux do.
make_repository() {
	mkdir -p linux/include/generated linux/include/config linux/arch/arm64
	cat >linux/Makefile <<-'END'
		VERSION = 6
		PATCHLEVEL = 99
		-include include/config/auto.conf
		olddefconfig:
			cp .config include/config/auto.conf
		modules_prepare:
			echo $(CONFIG_LOCALVERSION) >local
			echo '#define UTS_RELEASE "$(KERNELRELEASE)"' >include/generated/utsrelease.h
			mkdir -p scripts/basic scripts/mod
			printf '#!/bin/sh\necho Usage: fixdep\nexit 1\n' >scripts/basic/fixdep
			printf '#!/bin/sh\n' >scripts/mod/modpost
			chmod +x scripts/*/*
	END
	git -C linux init -q
	git -C linux add -A
	git -C linux -c user.name=a -c user.email=a@b commit -q -m 6.99
}

# A value becomes a part of makefiles, which run on this machine.
test_a_configuration_is_no_makefile() {
	local value
	make_forged_board
	make_repository
	rm forged/tree
	mkdir symbols
	tar -C symbols --format=ustar -czf forged/symbols .
	for value in "\"\$(shell touch $WORK/ran)\"" "\"\`touch $WORK/ran\`\"" "\"; touch $WORK/ran; :\"" "\$(shell touch $WORK/ran)"; do
		send_config CONFIG_ARM64=y CONFIG_MODULES=y 'CONFIG_CC_VERSION_TEXT="gcc-99 (A packager 99.1) 99.1.0"' "CONFIG_LOCALVERSION=$value"
		outpost "${YES[@]}" -b board kernel add --git "$WORK/linux" --commit HEAD
		expect_status 3
		[ ! -e ran ] || fail "ran the command of $value"
		expect_err "Refusing the kernel configuration of board board: line 4 is not an option with a plain value"
	done
}

# A commit that no branch of the repository has, as a server may have it of a fork.
make_commit_of_the_board() {
	local evil
	make_forged_board
	make_repository
	rm forged/tree
	mkdir -p symbols/lib changelog
	tar -C symbols --format=ustar -czf forged/symbols lib
	send_config CONFIG_ARM64=y CONFIG_MODULES=y 'CONFIG_CC_VERSION_TEXT="gcc-99 (A packager 99.1) 99.1.0"'
	git -C linux config uploadpack.allowAnySHA1InWant true
	sed -i "1i \$(shell touch $WORK/ran)" linux/Makefile
	git -C linux -c user.name=a -c user.email=a@b commit -qam other
	evil=$(git -C linux rev-parse HEAD)
	git -C linux reset -q --hard HEAD~
	printf 'linux (1:6.99.0-1+rpt1) bookworm; urgency=medium\n\n  * Linux commit: %s\n' "$evil" |
		gzip >changelog/changelog.gz
	tar -C changelog --format=ustar -czf forged/changelog changelog.gz
	printf '[kernel.git]\nurl = file://%s/linux\n' "$WORK" >>"$XDG_CONFIG_HOME/outpost/outpost.conf"
}

test_a_board_does_not_choose_the_commit() {
	make_commit_of_the_board
	outpost -b board kernel sync </dev/null
	expect_status 3
	expect_err "names commit $(git -C linux rev-parse 'HEAD@{1}')"
	[ ! -e ran ] || fail "the makefiles of the board's commit were run"
	outpost -b board build m </dev/null
	any_status
	[ ! -e ran ] || fail "a build ran the makefiles of the board's commit"
}
