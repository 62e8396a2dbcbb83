#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Measures building modules/ on the board itself, with gcc and the headers that
# apt installs there, against cross-building with Outpost on this machine: each
# from scratch, alternating. The board is a full virtual Pi, which is slower than
# the Pi that it emulates; --board names a real one (the login needs sudo).
#
#	bench/on_board.sh [--runs N] [--json FILE] [--board BOARD]
#
# Leaves its virtual Pi powered off, with the packages installed for the next time.
set -u
cd "$(dirname "$0")/.." || exit 1
export TOP=$PWD LC_ALL=C.UTF-8
OUTPOST=$TOP/build/outpost
WORK=$TOP/build/bench
RUNS=5 JSON='' BOARD='' OWN=

while [ $# -gt 0 ]; do
	case $1 in
	--runs) RUNS=$2 && shift 2 ;;
	--json) JSON=$2 && shift 2 ;;
	--board) BOARD=$2 && shift 2 ;;
	*) echo "usage: bench/on_board.sh [--runs N] [--json FILE] [--board BOARD]" >&2 && exit 2 ;;
	esac
done
[ "$RUNS" -ge 1 ] || exit 2

die() {
	echo "bench: $*" >&2
	exit 1
}

# shellcheck disable=SC2317 # called by trap
clean_up() {
	[ -z "$OWN" ] || outpost vm down "$OWN"
	[ -z "${MADE-}" ] || rm -rf "$MADE"
}

outpost() {
	"$OUTPOST" -q ${BOARD:+-b "$BOARD"} "$@"
}

board() {
	outpost shell -- "$*"
}

# Builds from scratch: no cache, no objects.
cross_build() {
	XDG_CACHE_HOME=$MADE/cache CCACHE_DISABLE=1 outpost build --no-tests --kernel "$release" modules
}

# In ~/bench on the board; see below.
# shellcheck disable=SC2016
on_board() {
	board 'make -s -j"$(nproc)" -C /lib/modules/"$(uname -r)"/build M="$HOME/bench" modules'
}

# shellcheck disable=SC2016
clean_board() {
	board 'make -s -C /lib/modules/"$(uname -r)"/build M="$HOME/bench" clean'
}

now_us() {
	echo "${EPOCHREALTIME/[.,]/}"
}

timed() { # NAME COMMAND: appends its milliseconds to the file NAME
	local start
	start=$(now_us)
	"$2" >"$WORK/out" 2>&1 </dev/null || die "$1: $(cat "$WORK/out")"
	echo $((($(now_us) - start) / 1000)) >>"$MADE/$1"
}

median() {
	sort -n "$1" | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int((NR + 2) / 2)]) / 2 }'
}

mkdir -p "$WORK"
MADE=$(mktemp -d /tmp/outpost-bench.XXXXXX) || exit 1
trap clean_up EXIT
unset "${!OUTPOST_@}" NO_COLOR
export OUTPOST_YES=1 # the modules are ours
if [ -z "$BOARD" ]; then
	BOARD=onboard OWN=onboard
	export XDG_STATE_HOME=$WORK/state
	"$OUTPOST" vm up --full --net "$OWN" || exit 1
fi

release=$(board uname -r) || die "the board does not answer"
install() {
	board "sudo DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
		gcc make libc6-dev linux-headers-$release" >"$WORK/out" 2>&1
}

# The image's package lists usually suffice; updating them takes the board minutes.
board "command -v gcc make >/dev/null && [ -e /lib/modules/$release/build ]" || install ||
	{ board "sudo apt-get update -qq" && install; } ||
	die "cannot install gcc and the headers on the board: $(tail -5 "$WORK/out")"
"$OUTPOST" -q kernel path "$release" >/dev/null 2>&1 || "$OUTPOST" -q kernel add "$release" || die "no kernel tree for $release"
mkdir -p "$MADE/cache/outpost"
ln -s "${XDG_CACHE_HOME:-$HOME/.cache}/outpost/trees" "$MADE/cache/outpost/trees"
tar -C modules -c . | outpost shell -- 'rm -rf ~/bench && mkdir ~/bench && tar -C ~/bench -x' ||
	die "cannot send the sources"
# shellcheck disable=SC2016 # one make for all modules
board 'cd ~/bench && for m in */Kbuild; do echo "obj-m += ${m%Kbuild}"; done >Kbuild' || die "cannot write Kbuild on the board"

for ((i = 0; i < RUNS; i++)); do
	rm -rf "$MADE/cache/outpost/build"
	timed cross cross_build
	clean_board >"$WORK/out" 2>&1 || die "clean: $(cat "$WORK/out")"
	timed board on_board
done

cross=$(median "$MADE/cross") there=$(median "$MADE/board")
printf 'modules/ for %s, median of %d:\n  on the board   %8.1f s\n  with Outpost   %8.1f s\n  %.1f times\n' \
	"$release" "$RUNS" "$(jq -n "$there/1000")" "$(jq -n "$cross/1000")" "$(jq -n "$there/$cross")"
[ -z "$JSON" ] || jq -n --arg release "$release" --argjson runs "$RUNS" --argjson board "$there" \
	--argjson cross "$cross" '{schema: "outpost.on-board/1", $release, $runs, board_ms: $board,
	cross_ms: $cross, ratio: ($board / $cross)}' >"$JSON"
