# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A kernel tree that is used on this machine. It reads the Kbuild of a module, as the kernel's
# makefiles do, and starts the compiler.

# shellcheck disable=SC2034 # release is for the tests
make_host_tree() {
	local tree=$WORK/trees/6.1.0-1-arm64 prefix=aarch64-linux-gnu-
	[ "$(uname -m)" != aarch64 ] || prefix=
	release=6.1.0-1-arm64
	mkdir -p "$tree/include/generated" "$tree/scripts/basic" "$tree/scripts/mod" bin
	echo "#define UTS_RELEASE \"$release\"" >"$tree/include/generated/utsrelease.h"
	printf 'CONFIG_%s=y\n' ARM64 MODULES >"$tree/.config"
	echo 'CONFIG_CC_VERSION_TEXT="gcc-99 (A packager 99.1) 99.1.0"' >>"$tree/.config"
	printf '0x00000001\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\t\n' >"$tree/Module.symvers"
	printf '#!/bin/sh\necho "Usage: fixdep"\nexit 1\n' >"$tree/scripts/basic/fixdep"
	printf '#!/bin/sh\n' >"$tree/scripts/mod/modpost"
	printf '#!/bin/sh\necho 99\n' >"bin/${prefix}gcc-99"
	chmod +x "$tree/scripts/"*/* bin/*
	# shellcheck disable=SC2016
	printf 'src := $(M)\nmodules:\n\t@$(CC) -c m.c\ninclude $(M)/Kbuild\n' >"$tree/Makefile"
	export PATH=$WORK/bin:$PATH
	mkdir -p "$XDG_CONFIG_HOME/outpost"
	printf '[build]\nin = host\n' >"$XDG_CONFIG_HOME/outpost/outpost.conf"
	outpost kernel add "$tree"
}

# A module whose Kbuild has another LINE.
make_source() { # FOLDER [LINE]
	mkdir -p "$1"
	printf 'obj-m := m.o\n%s\n' "${2-}" >"$1/Kbuild"
	touch "$1/m.c"
}

# A configuration whose compiler makes the file `ran`.
write_wrapper() { # FILE
	printf '#!/bin/sh\ntouch %s/ran\n' "$WORK" >evil
	chmod +x evil
	printf '[build]\ncompiler_wrapper = %s/evil\n' "$WORK" >"$1"
}
