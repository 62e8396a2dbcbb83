#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# From a fresh Debian to modules tested on a virtual Pi; with --check, to the
# tests of Outpost itself. Run it again at any time: what is there already is
# not done twice.
set -euo pipefail
cd "$(dirname "$0")"
log=build/quick-start.log
export SUDO_PROMPT=$'\n[sudo] password of %p: '

started=$SECONDS
step() {
	printf '\n== %s  (%d s)\n' "$*" "$((SECONDS - started))"
}

die() {
	printf 'quick-start.sh: %s\n' "$*" >&2
	exit 3
}

# The last line of what comes in, redrawn in place, after the seconds so far.
# It reads on when Ctrl-C is pressed: apt must not lose its reader half-way.
redraw() {
	local line size
	trap '' INT
	while IFS= read -r line; do
		line=${line%$'\r'}
		size=$(stty size <&2)
		printf '\r%.*s\033[K' $((${size#* } - 1)) "$((SECONDS - started)) s  ${line##*$'\r'}"
	done
	printf '\r\033[K'
}

# show COMMAND...: on a terminal as one line (all of it is in the log, the end
# of it is shown when the command fails), elsewhere as it comes.
show() {
	mkdir -p build
	if [ ! -t 2 ] || [ "${TERM:-dumb}" = dumb ]; then
		"$@" 2>&1 || return
	elif ! "$@" 2>&1 | tee -i "$log" | redraw >&2; then
		tail -n 15 "$log" >&2
		return 1
	fi
}

install_make() {
	local as_root=()
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null ||
			die "make is missing, and without root or sudo it cannot be installed." \
				"As root: apt-get install make && make -C $PWD deps"
		as_root=(sudo)
	fi
	show "${as_root[@]}" apt-get update -q -o DPkg::Lock::Timeout=300 || true
	show "${as_root[@]}" apt-get install -qy -o DPkg::Lock::Timeout=300 --no-install-recommends make ||
		die "apt-get could not install make (is there a network?). Mend that, then run this again."
}

trap 'exit 130' INT

case $* in
'' | --check) ;;
*) echo "usage: quick-start.sh [--check]" >&2; exit 2 ;;
esac

if ! command -v make >/dev/null; then
	step "Installing make"
	install_make
fi

if [ "${1-}" = --check ]; then
	exec make --no-print-directory check
fi

step "Installing what building and the virtual Pi need"
show make --no-print-directory deps ||
	die "Some packages could not be installed; see above. Mend that, then run this again."

step "Building Outpost"
show make --no-print-directory -j"$(nproc)" ||
	die "Outpost could not be built; see above."

step "Starting the virtual Pi"
build/outpost vm up

step "Building, loading and testing modules/"
status=0
build/outpost test || status=$?

step "Done"
exit "$status"
