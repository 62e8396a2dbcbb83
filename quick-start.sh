#!/bin/bash
# From a fresh Debian to modules tested on a virtual Pi. Run it again at any
# time: what is there already is not done twice.
set -euo pipefail
cd "$(dirname "$0")"

started=$SECONDS
step() {
	printf '\n== %s  (%d s)\n' "$*" "$((SECONDS - started))"
}

if ! command -v make >/dev/null; then
	step "Installing make"
	as_root=()
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null || {
			echo "quick-start.sh: make is missing: run this as root, or install sudo or make." >&2
			exit 3
		}
		as_root=(sudo)
	fi
	"${as_root[@]}" apt-get update
	"${as_root[@]}" apt-get install -y --no-install-recommends make
fi

step "Installing what building and the virtual Pi need"
make --no-print-directory deps

step "Building Outpost"
make --no-print-directory -j"$(nproc)" --silent

step "Starting the virtual Pi"
build/outpost vm up

step "Building, loading and testing modules/"
status=0
build/outpost test || status=$?

step "Done"
exit "$status"
