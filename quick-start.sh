#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# From a fresh Debian to modules tested on a virtual Pi. With --check, runs
# Outpost's own tests instead, or only the given make targets. You can run it
# again at any time: it skips what is done already.
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

# Shows the last line of its input after the elapsed seconds, redrawn in place.
# Keeps reading on Ctrl-C, because apt must not lose its reader half-way.
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

# show COMMAND...: on a terminal, shows the output as one line, writes all of it
# to the log, and prints the end of it if the command fails. Elsewhere, prints it.
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
			die "make is missing, and cannot be installed without root or sudo." \
				"As root, run apt-get install make && make -C $PWD deps."
		as_root=(sudo)
	fi
	show "${as_root[@]}" apt-get update -q -o DPkg::Lock::Timeout=300 || true
	show "${as_root[@]}" apt-get install -qy -o DPkg::Lock::Timeout=300 --no-install-recommends make ||
		die "apt-get could not install make (is the network up?). Fix this, then run quick-start.sh again."
}

trap 'exit 130' INT

case $* in
'' | --check | "--check "*) ;;
*) echo "usage: quick-start.sh [--check [TARGET...]]" >&2; exit 2 ;;
esac

if ! command -v make >/dev/null; then
	step "Installing make"
	install_make
fi

if [ "${1-}" = --check ]; then
	shift
	exec make --no-print-directory "${@:-check}"
fi

step "Installing packages"
show make --no-print-directory deps ||
	die "Some packages could not be installed; see above. Fix this, then run quick-start.sh again."

step "Building Outpost"
show make --no-print-directory -j"$(nproc)" ||
	die "Outpost could not be built; see above"

step "Starting the virtual Pi"
build/outpost vm up

step "Building, loading and testing modules/"
status=0
build/outpost test --yes || status=$?

step "Done"
[ $status != 0 ] || cat <<-END
	The virtual Pi keeps running; outpost vm down stops it. To use outpost in this shell:
	  export PATH="$PWD/build:\$PATH"
	Then test your own module: outpost test FOLDER
END
exit "$status"
