# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Evaluates a dkms.conf as dkms(8) does, by sourcing it, and prints the variables that it set:
# NAME NUL INDEX NUL VALUE NUL for each element, then END NUL NUL NUL.
# The file's own output goes to standard error.
#
#   bash dkms_eval.sh FILE     with kernelver, kernel_source_dir, arch,
#                              dkms_tree and source_tree in the environment
exec 3>&1 1>&2
shopt -s extglob

emit() {
	local variable index
	for variable in PACKAGE_NAME PACKAGE_VERSION MAKE MAKE_MATCH BUILT_MODULE_NAME \
		BUILT_MODULE_LOCATION DEST_MODULE_NAME DEST_MODULE_LOCATION STRIP BUILD_DEPENDS \
		PRE_BUILD POST_BUILD BUILD_EXCLUSIVE_KERNEL BUILD_EXCLUSIVE_ARCH \
		BUILD_EXCLUSIVE_CONFIG BUILD_EXCLUSIVE_KERNEL_MIN BUILD_EXCLUSIVE_KERNEL_MAX \
		OBSOLETE_BY PATCH PATCH_MATCH; do
		local -n values=$variable
		for index in "${!values[@]}"; do
			builtin printf '%s\0' "$variable" "$index" "${values[index]}"
		done
		unset -n values
	done
	builtin printf 'END\0\0\0'
}

# As the last command of the file may fail, the status of '.' does not show a syntax error.
"$BASH" -O extglob -n "$1" 3>&- || exit 2
# shellcheck disable=SC1090 # any dkms.conf
. "$1" 3>&-
emit >&3
