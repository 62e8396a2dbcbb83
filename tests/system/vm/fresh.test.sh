# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# After any change to its sources, a module that was built before builds, or fails, like a fresh clone,
# and gives the same .ko. Unchanged files are not compiled again.
#
# Always run: sources, folders, makefiles and branches that change, beside the module too. The others
# are about kinds of files and places.

# shellcheck disable=SC2016 # make expands what is in single quotes

# Prints name and checksum of each module of FOLDER, or "it does not build".
outcome() { # FOLDER [OPTION]
	"$OUTPOST" --json build "${@:2}" "$1" >json 2>log || true # some versions do not build
	jq -r '.modules[] | if .error then "error" else .module + " " + .path end' json | sort |
		while read -r name path; do
			if [ "$name" = error ]; then
				echo "it does not build"
			else
				echo "$name $(sha256sum <"$path")"
			fi
		done
}

# Prints the outcome of a fresh clone of m and common: the same sources are built only once.
outcome_of_clone() {
	local dir parts=(m)
	[ ! -e common ] || parts+=(common)
	dir=fresh-$(tar -c --sort=name --mtime=@0 --exclude=.git "${parts[@]}" | sha256sum | cut -c1-16)
	if [ ! -e "$dir" ]; then
		mkdir "$dir"
		cp -a "${parts[@]}" "$dir"
		outcome "$dir/m" --no-ccache >"$dir/outcome"
	fi
	cat "$dir/outcome"
}

# same_as_fresh CHANGE [builds|fails]: after this change, m builds like a fresh clone.
same_as_fresh() {
	local here fresh
	here=$(outcome m)
	cp log log.here
	fresh=$(outcome_of_clone)
	echo "$1: $here"
	[ -n "$fresh" ] || { cat log; fail "$1: the build of the fresh clone printed nothing"; }
	[ "$here" = "$fresh" ] || {
		cat log.here log
		fail "$1: a fresh clone gives $fresh"
	}
	[ "${2-}" != builds ] || [ "$here" != "it does not build" ] || fail "$1: it does not build"
	[ "${2-}" != fails ] || [ "$here" = "it does not build" ] || fail "$1: it builds"
}

# Makes a module of three files with headers, and one of a single file.
make_sources() {
	mkdir -p m/sub
	cat >m/Kbuild <<-'END'
		obj-m := two.o one.o
		two-y := main.o part.o sub/low.o
		ccflags-y := -I$(src) -I$(src)/sub
	END
	cat >m/main.c <<-'END'
		#include <linux/module.h>
		#include "part.h"
		static int __init two_init(void) { return part(VALUE) + low(); }
		static void __exit two_exit(void) { }
		module_init(two_init);
		module_exit(two_exit);
		MODULE_LICENSE("GPL");
	END
	printf '#define VALUE 1\nint part(int);\nint low(void);\n' >m/part.h
	printf '#include "part.h"\nint part(int x) { return x + 2; }\n' >m/part.c
	printf '#include "low.h"\n#include "part.h"\nint low(void) { return LOW; }\n' >m/sub/low.c
	printf '#define LOW 3\n' >m/sub/low.h
	cat >m/one.c <<-'END'
		#include <linux/module.h>
		#include "one.h"
		static int one = ONE;
		module_param(one, int, 0444);
		MODULE_LICENSE("GPL");
	END
	printf '#define ONE 1\n' >m/one.h
}

test_sources_that_disappear() {
	make_sources
	same_as_fresh "at first" builds
	mv m/part.c elsewhere.c
	same_as_fresh "a source is removed" fails
	mv elsewhere.c m/part.c
	same_as_fresh "it is back" builds
	mv m/part.c m/renamed.c
	same_as_fresh "it is renamed" fails
	sed -i s/part.o/renamed.o/ m/Kbuild
	same_as_fresh "it is renamed in the list too" builds
	sed -i 's/renamed.o //' m/Kbuild
	same_as_fresh "the list lacks one source" fails
	sed -i 's/^two-y.*/two-y := main.o renamed.o sub\/low.o/' m/Kbuild
	same_as_fresh "the list is complete" builds
	mv m/one.c one.c
	same_as_fresh "a module's only source is removed" fails
	mv one.c m/one.c
	rm m/one.h
	same_as_fresh "a header is removed" fails
	printf '#define ONE 2\n' >m/one.h
	same_as_fresh "another header replaces it" builds
	rm -r m/sub
	same_as_fresh "a folder is removed" fails
	mkdir m/sub
	printf 'int low(void);\nint low(void) { return 9; }\n' >m/sub/low.c
	same_as_fresh "it is back without its header" builds
}

test_kbuild_lines_that_disappear() {
	long_test
	make_sources
	same_as_fresh "at first" builds
	cp m/Kbuild Kbuild
	sed -i /^two-y/d m/Kbuild
	same_as_fresh "the list of two's sources is removed" fails
	cp m/main.c m/two.c
	same_as_fresh "two has one source, which calls missing functions" fails
	rm m/two.c
	cp Kbuild m/Kbuild
	same_as_fresh "as before" builds
	sed -i 's/ one.o//' m/Kbuild
	same_as_fresh "one module is removed" builds
	echo 'obj-m += one.o' >>m/Kbuild
	same_as_fresh "the module is back" builds
	echo 'ccflags-y += -DVALUE=7 -Wno-macro-redefined' >>m/Kbuild
	same_as_fresh "other flags"
	mv m/Kbuild m/Makefile
	same_as_fresh "a Makefile in place of the Kbuild"
}

test_generated_headers() {
	long_test
	make_sources
	printf '%s\n' '$(obj)/main.o: $(obj)/gen.h' \
		'$(obj)/gen.h: $(src)/input.txt FORCE' $'\t$(call if_changed,gen)' \
		'quiet_cmd_gen = GEN     $@' \
		"      cmd_gen = sed 's/.*/\\#define GEN &/' \$< > \$@" \
		'targets += gen.h' 'ccflags-y += -I$(obj)' >>m/Kbuild
	echo 5 >m/input.txt
	sed -i 's/part(VALUE)/part(GEN)/; s/.*part.h.*/&\n#include "gen.h"/' m/main.c
	same_as_fresh "at first" builds
	echo 6 >m/input.txt
	same_as_fresh "its input changes" builds
	mv m/input.txt input.txt
	same_as_fresh "its input is removed" fails
	mv input.txt m/input.txt
	same_as_fresh "its input is back" builds
	sed -i '/gen.h:/,/targets/d' m/Kbuild
	same_as_fresh "its rule is removed" fails
	printf '#define GEN 8\n' >m/gen.h
	sed -i /gen.h/d m/Kbuild
	same_as_fresh "it is a source now" builds
	rm m/gen.h
	same_as_fresh "the source is removed" fails
}

test_folders_in_place_of_files() {
	long_test
	make_sources
	same_as_fresh "at first" builds
	rm m/one.h
	mkdir m/one.h
	printf '#define ONE 4\n' >m/one.h/value.h
	same_as_fresh "a folder in place of a header" fails
	sed -i 's/"one.h"/"one.h\/value.h"/' m/one.c
	same_as_fresh "the include follows" builds
	rm -r m/one.h
	printf '#define ONE 4\n' >m/one.h
	same_as_fresh "a header in place of a folder" fails
	sed -i 's/"one.h\/value.h"/"one.h"/' m/one.c
	same_as_fresh "the include follows" builds
	mkdir m/one.o
	touch m/one.o/x
	same_as_fresh "a folder in place of an object" fails
	rm -r m/one.o
	same_as_fresh "the folder is removed" builds
}

test_links() {
	long_test
	make_sources
	printf '#include "part.h"\nint part(int x) { return x + 1; }\n' >m/first.c
	printf '#include "part.h"\nint part(int x) { return x + 2; }\n' >m/second.c
	mkdir m/v1 m/v2
	printf '#define ONE 11\n' >m/v1/one.h
	printf '#define ONE 12\n' >m/v2/one.h
	ln -sf first.c m/part.c
	ln -s v1 m/v
	rm m/one.h
	sed -i 's/"one.h"/"v\/one.h"/' m/one.c
	same_as_fresh "at first" builds
	ln -sf second.c m/part.c
	same_as_fresh "the link points to another source" builds
	ln -sfn v2 m/v
	same_as_fresh "the link points to another folder" builds
	rm m/part.c
	same_as_fresh "the link is removed" fails
	ln -s first.c m/part.c
	rm -r m/v1
	mv m/v2 m/v1
	rm m/v
	mkdir m/v
	printf '#define ONE 13\n' >m/v/one.h
	same_as_fresh "a folder in place of a link" builds
	rm -r m/v
	ln -s v1 m/v
	same_as_fresh "a link in place of a folder" builds
	rm m/first.c
	same_as_fresh "the link is dangling" fails
}

# A header that comes earlier in the search path, and one that only __has_include looks for.
test_headers_that_appear() {
	make_sources
	mkdir m/later
	mv m/one.h m/later/one.h
	sed -i 's/^ccflags.*/& -I$(src)\/later/' m/Kbuild
	sed -i '1i #if __has_include("maybe.h")\n#include "maybe.h"\n#endif' m/part.c
	same_as_fresh "at first" builds
	printf '#define ONE 21\n' >m/sub/one.h
	same_as_fresh "a header earlier in the search path" builds
	printf '#error it exists\n' >m/maybe.h
	same_as_fresh "the header of __has_include" fails
	rm m/maybe.h
	same_as_fresh "it is removed" builds
}

# Both files have the same time and size.
test_swapped_files() {
	long_test
	make_sources
	printf '#include "part.h"\nint part(int x) { return x + 9; }\n' >m/other.c
	touch -d @1600000000 m/part.c m/other.c
	same_as_fresh "at first" builds
	mv m/part.c spare.c
	mv m/other.c m/part.c
	mv spare.c m/other.c
	same_as_fresh "two files are swapped" builds
}

# A header beside the module's folder, replaced by one that is older than it and its object.
test_files_beside_the_module() {
	long_test
	make_sources
	mkdir common
	mv m/one.h common/one.h
	sed -i 's/"one.h"/"..\/common\/one.h"/' m/one.c
	same_as_fresh "at first" builds
	printf '#define ONE 31\n' >older.h
	touch -d @1600000000 older.h
	mv older.h common/one.h
	same_as_fresh "an older header replaces it" builds
	grep -q 31 common/one.h || fail "the older header was not used"
	rm common/one.h
	same_as_fresh "the header is removed" fails
}

# As test_headers_that_appear, beside the folder; ccache knows the sources that come back.
test_headers_that_appear_beside_the_module() {
	long_test
	make_sources
	mkdir -p common/first common/later
	mv m/one.h common/later/one.h
	sed -i 's/^ccflags.*/& -I$(src)\/..\/common\/first -I$(src)\/..\/common\/later/' m/Kbuild
	same_as_fresh "at first" builds
	printf '#define ONE 41\n' >common/first/one.h
	same_as_fresh "a header earlier in the search path" builds
	rm common/first/one.h
	same_as_fresh "it is removed" builds
	cp m/one.c one.c
	echo 'int more;' >>m/one.c
	same_as_fresh "a line more" builds
	printf '#define ONE 42\n' >common/first/one.h
	cp one.c m/one.c
	same_as_fresh "without it, but with the header" builds
}

test_makefiles_and_data_beside_the_module() {
	make_sources
	mkdir common
	echo 'ccflags-y += -DRULES=1' >common/rules.mk
	echo 51 >common/version
	sed -i '$a include $(src)/../common/rules.mk\n-include $(src)/../common/later.mk' m/Kbuild
	sed -i '$a ccflags-y += -DSHELL=$(shell cat $(src)/../common/version)' m/Kbuild
	sed -i 's/part(VALUE)/part(VALUE + RULES + SHELL)/' m/main.c
	same_as_fresh "at first" builds
	echo 'ccflags-y += -DRULES=2' >common/rules.mk
	same_as_fresh "the makefile changed" builds
	echo 52 >common/version
	same_as_fresh "the file of \$(shell) changed" builds
	echo 'ccflags-y += -DUNUSED -include missing.h' >common/later.mk
	same_as_fresh "the optional makefile appears" fails
	rm common/later.mk
	same_as_fresh "it is removed" builds
	rm common/rules.mk
	same_as_fresh "the makefile is removed" fails
}

# Objects are built in common, in a copy of its own.
test_objects_beside_the_module() {
	long_test
	make_sources
	sed -i 's/^two-y := .*/& ..\/common\/extra.o/' m/Kbuild
	sed -i 's/part(VALUE)/part(VALUE) + extra()/; 1i int extra(void);' m/main.c
	same_as_fresh "at first" fails
	mkdir common
	printf '%s\n' 'int extra(void);' '#if __has_include("maybe.h")' 'int extra(void) { return 1; }' \
		'#else' 'int extra(void) { return 2; }' '#endif' >common/extra.c
	same_as_fresh "the folder appears" builds
	touch common/maybe.h
	same_as_fresh "a header beside the object's source" builds
	rm common/maybe.h
	same_as_fresh "it is removed" builds
	touch m/maybe.h
	same_as_fresh "a header in the module's folder" builds
	rm -r common
	echo '// a remark' >>m/main.c
	same_as_fresh "the folder is removed" fails
}

test_branches() {
	make_sources
	git -C m init -q -b main
	git -C m config user.email a@b
	git -C m config user.name a
	git -C m add .
	git -C m commit -qm one
	same_as_fresh "at first" builds
	git -C m checkout -qb two
	git -C m mv part.c piece.c
	git -C m rm -q one.c one.h
	sed -i 's/part.o/piece.o/; s/ one.o//' m/Kbuild
	git -C m commit -qam two
	same_as_fresh "another branch" builds
	git -C m checkout -q main
	same_as_fresh "back on the first branch" builds
	git -C m checkout -q two
	git -C m checkout -q main -- one.c
	sed -i 's/^obj-m.*/& one.o/' m/Kbuild
	same_as_fresh "files of both branches" fails
	git -C m reset -q --hard
	same_as_fresh "reset to the branch" builds
}

# Prints the objects of m with their times and inodes.
objects() {
	local dir
	dir=$(jq -r '.modules[0].unstripped' json)
	dir=$(realpath "${dir%/made/*}/copy") # where it was built
	find "$dir" -name '*.o' ! -name two.o ! -name '*.mod.o' ! -name '.*' -printf '%P %T@ %i\n' | sort
}

# remade NAME...: exactly these objects were compiled since `before` was written.
remade() {
	objects >after
	comm -13 before after | cut -d' ' -f1 | sort | paste -sd' ' >names
	[ "$(<names)" = "$*" ] || fail "expected to compile '$*', compiled '$(<names)'"
}

test_unchanged_files_are_not_compiled_again() {
	make_sources
	outcome m
	objects >before
	sed -i 's/x + 2/x + 3/' m/part.c
	outcome m
	remade part.o
	objects >before
	printf '#define ONE 5\n' >m/one.h
	outcome m
	remade one.o
	objects >before
	mv m/part.c m/piece.c
	sed -i s/part.o/piece.o/ m/Kbuild
	outcome m
	remade piece.o
	objects >before
	echo '# a remark' >>m/Kbuild
	outcome m
	remade ""
	objects >before
	echo unused >m/notes.txt
	printf '#define UNUSED 1\n' >m/unused.h
	outcome m
	remade ""
	objects >before
	rm m/unused.h m/notes.txt
	outcome m
	remade ""
}
