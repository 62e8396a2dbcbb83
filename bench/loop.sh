#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Measures the loop, from a changed line to a verdict, against what people do
# without Outpost, and checks the promised sizes and times. Uses its own virtual
# Pi, with a round trip of 100 ms that netem makes in the guest (it delays the
# frames that leave the guest, not those that arrive).
#
#	bench/loop.sh [--runs N] [--json FILE]
#
#	(a) plain	make, ssh to probe, scp twice, ssh to run a script: a connection each
#	(b) shared	the same over one ControlMaster
#	(c) test	outpost test, over its warm ControlMaster
#	(d) watch	outpost watch: from the save to the verdict
#
# The number of round trips is the slope of the time over two delays, for a module
# that is built already. It uses the shortest times, because other load on the
# machine only ever adds to them. Exits with 1 if a promise is not kept.
# shellcheck disable=SC2317 # functions called by timed and trap
set -u
cd "$(dirname "$0")/.." || exit 1
export TOP=$PWD LC_ALL=C.UTF-8
OUTPOST=$TOP/build/outpost
WORK=$TOP/build/bench
BOARD=loop
RTT_MS=100
FAR_MS=400 # the longer delay, for the slope
RUNS=5
JSON=

while [ $# -gt 0 ]; do
	case $1 in
	--runs) RUNS=$2 && shift 2 ;;
	--json) JSON=$2 && shift 2 ;;
	*) echo "usage: bench/loop.sh [--runs N] [--json FILE]" >&2 && exit 2 ;;
	esac
done
[ "$RUNS" -ge 1 ] || exit 2

unset "${!OUTPOST_@}" NO_COLOR
export OUTPOST_YES=1 # the modules are ours
export XDG_STATE_HOME=$WORK/state XDG_CONFIG_HOME=$WORK/config XDG_RUNTIME_DIR
XDG_RUNTIME_DIR=$(mktemp -d /tmp/outpost-bench.XXXXXX) || exit 1

declare -A figure # name: number
declare -A times  # name: one per run
failed=0 edits=0 watcher=

# --- helpers -------------------------------------------------------------------

die() {
	echo "bench: $*" >&2
	exit 1
}

outpost() {
	"$OUTPOST" -q -b "$BOARD" "$@"
}

board() {
	outpost shell -- "$*"
}

now_us() {
	echo "${EPOCHREALTIME/[.,]/}"
}

# note NAME START: adds the milliseconds since then to the times of NAME.
note() {
	local us=$(($(now_us) - $2))
	times[$1]+="$((us / 1000)).$(printf %03d $((us % 1000))) "
}

# timed NAME COMMAND...: prints the output of the command if it fails.
timed() {
	local name=$1 start
	shift
	start=$(now_us)
	"$@" >"$WORK/out" 2>&1 </dev/null || die "$name: $(cat "$WORK/out")"
	note "$name" "$start"
}

median() {
	tr ' ' '\n' <<<"$1" | sed '/^$/d' | sort -n |
		awk '{ a[NR] = $1 } END { print NR % 2 ? a[(NR + 1) / 2] : (a[NR / 2] + a[NR / 2 + 1]) / 2 }'
}

least() {
	tr ' ' '\n' <<<"$1" | sed '/^$/d' | sort -n | head -n 1
}

calc() {
	awk "BEGIN { printf \"%.$2f\", $1 }"
}

# demand TEXT NUMBER OP LIMIT
demand() {
	if awk "BEGIN { exit !($2 $3 $4) }"; then
		printf '  %-58s %8s  (%s %s)\n' "$1" "$2" "$3" "$4"
	else
		printf '  %-58s %8s  NOT %s %s\n' "$1" "$2" "$3" "$4"
		failed=1
	fi
}

clean_up() {
	[ -n "$watcher" ] && kill -INT "$watcher" 2>/dev/null && wait "$watcher"
	"$OUTPOST" -q vm down "$BOARD" >/dev/null 2>&1
	rm -rf "$XDG_RUNTIME_DIR"
}

# --- the board -------------------------------------------------------------------

usable() {
	"$OUTPOST" -q vm up "$BOARD" && outpost shell true
}

measure_up() {
	local i
	for ((i = 0; i < RUNS; i++)); do
		"$OUTPOST" -q vm down "$BOARD" >/dev/null 2>&1
		timed up usable
	done
}

# Before the vm starts: otherwise the guest's own work would be measured too.
measure_version() {
	local i
	for ((i = 0; i < 20; i++)); do
		timed version "$OUTPOST" --version
	done
}

# tc of Debian's arm64, with its libraries and loader.
put_netem() {
	local dir=$WORK/netem
	if [ ! -d "$dir" ]; then
		rm -rf "$dir.all" "$dir.new"
		"$OUTPOST" -q unpack -d --arch arm64 "$dir.all" iproute2 || die "cannot download tc for the board"
		mkdir "$dir.new"
		find "$dir.all" \( -path '*/sbin/tc' -o -path '*/aarch64-linux-gnu/lib*.so*' \
			-o -name 'ld-linux-aarch64.so.1' \) ! -name 'libcrypto*' -exec cp -L {} "$dir.new" \; 2>/dev/null
		rm -rf "$dir.all" && mv "$dir.new" "$dir"
	fi
	tar -C "$dir" -c . | board 'mkdir -p /root/netem && tar -x -C /root/netem && modprobe sch_netem' ||
		die "cannot install netem on the board"
}

# set_delay MS: sets the round trip, and checks it with ping in the guest (the shortest of five).
set_delay() {
	local seen
	seen=$(board "cd /root/netem && ./ld-linux-aarch64.so.1 --library-path . ./tc qdisc replace dev eth0 root \
		netem delay $1ms limit 10000 && ping -q -c 5 -i 0.2 10.0.2.2" | sed -n "s|.* = \\([0-9.]*\\)/.*|\\1|p")
	[ -n "$seen" ] || die "netem does not work"
	awk "BEGIN { exit !($seen >= $1 && $seen < $1 + 40) }" || die "the round trip is $seen ms, not $1 ms"
	figure[rtt_seen_ms]=$seen
}

# --- the sources -------------------------------------------------------------------

# One copy for each way, so that none reuses what another has built.
copy_sources() {
	local way
	for way in a b c d; do
		mkdir -p "$WORK/$way"
		cp -r modules/hello modules/include "$WORK/$way"
	done
	release=$(board uname -r)
	tree=$("$OUTPOST" -q kernel path "$release") || die "no kernel tree for $release"
}

# edit FOLDER: changes one message; $mark must then appear in the log.
edit() {
	mark="edit $((++edits))"
	sed "s|pr_info(\"%s.*n\", greeting);|pr_info(\"%s $mark.\\\\n\", greeting);|" modules/hello/hello.c >"$WORK/hello.c"
	grep -q "$mark" "$WORK/hello.c" || die "hello.c no longer has the line to change"
	cat "$WORK/hello.c" >"$WORK/$1/hello/hello.c"
}

seen_in() {
	grep -q "$mark\." "$1" || die "the verdict is not for the changed source ($mark): $(cat "$1")"
}

# --- the ways ----------------------------------------------------------------------

cat_script() {
	cat <<-'END'
		set -e
		insmod /tmp/hello.ko
		lsmod | grep hello
		dmesg | tail -n 20
		rmmod hello
	END
}

# plain WAY SSH-OPTION...
plain() {
	local way=$1 dir=$WORK/$1/hello to=outpost-$BOARD
	shift
	set -- -F "$XDG_STATE_HOME/outpost/vm/$BOARD/ssh_config" "$@"
	make -C "$tree" "M=$dir" ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- modules &&
		[ "$(ssh "$@" "$to" uname -r)" = "$release" ] &&
		scp "$@" "$dir/hello.ko" "$to:/tmp/hello.ko" &&
		scp "$@" "$WORK/script.sh" "$to:/tmp/script.sh" &&
		ssh "$@" "$to" sh /tmp/script.sh
}

shared=(-o ControlMaster=auto -o "ControlPath=$XDG_RUNTIME_DIR/plain" -o ControlPersist=600)

start_watch() { # PATH
	rm -f "$WORK/lines"
	mkfifo "$WORK/lines"
	"$OUTPOST" -q -b "$BOARD" --json watch "$1" >"$WORK/lines" 2>"$WORK/watch.err" &
	watcher=$!
	exec 8<"$WORK/lines"
	next_verdict
}

next_verdict() {
	read -r -t 60 line <&8 || die "watch prints nothing: $(cat "$WORK/watch.err")"
	[[ $line = *'"verdict":"pass"'* ]] || die "watch: $line"
}

stop_watch() {
	kill -INT "$watcher"
	wait "$watcher" || die "watch exited with $?"
	watcher=
	exec 8<&-
}

one_loop() {
	local start

	edit a
	timed a plain a -o ControlMaster=no -o ControlPath=none
	seen_in "$WORK/out"
	edit b
	timed b plain b "${shared[@]}"
	seen_in "$WORK/out"
	edit c
	timed c outpost --json test "$WORK/c/hello"
	seen_in "$(jq -r '.results[0].log' "$WORK/out")"
	start=$(now_us)
	edit d
	next_verdict
	note d "$start"
	seen_in "$(jq -r '.results[0].log' <<<"$line")"
}

measure_loop() {
	local i
	cat_script >"$WORK/script.sh"
	start_watch "$WORK/d/hello"
	one_loop # to set up what later loops reuse: trees, agent, ssh masters
	unset "times[a]" "times[b]" "times[c]" "times[d]"
	for ((i = 0; i < RUNS; i++)); do
		one_loop
	done
	stop_watch
}

# --- round trips --------------------------------------------------------------------

# Alternates between two versions, so that the file has to be sent each time.
measure_trips() {
	local i delay start n=0
	for i in 0 1; do
		edit c
		outpost test "$WORK/c/hello" >/dev/null 2>&1 || die "hello does not pass"
		make -s -C "$tree" "M=$WORK/b/hello" clean >/dev/null 2>&1
		cp "$WORK/c/hello/hello.c" "$WORK/b/hello/hello.c"
		make -s -C "$tree" "M=$WORK/b/hello" ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- modules >/dev/null 2>&1
		cp "$WORK/b/hello/hello.ko" "$WORK/version$i.ko" || die "hello does not build"
	done
	cp "$WORK/version0.ko" "$WORK/hello.ko"
	start_watch "$WORK/hello.ko"
	for ((i = 0; i < 2 * RUNS; i++)); do
		for delay in 0 $FAR_MS; do
			set_delay "$delay"
			start=$(now_us)
			cat "$WORK/version$((n++ % 2)).ko" >"$WORK/hello.ko"
			next_verdict
			note "d_$delay" "$start"
			cat "$WORK/version$((n++ % 2)).ko" >"$WORK/c.ko"
			mv "$WORK/c.ko" "$WORK/c/hello.ko"
			timed "c_$delay" outpost test "$WORK/c/hello.ko"
		done
	done
	stop_watch
}

# --- sizes and small times -------------------------------------------------------------

most_memory() {
	awk -v what="$1" '$1 == what { for (i = 2; i <= NF; i++) if ($i > m) m = $i } END { print m }' "$WORK/memory"
}

# The init function takes long enough to look at the processes meanwhile.
measure_memory() {
	mkdir -p "$WORK/slow"
	echo 'obj-m := slow.o' >"$WORK/slow/Kbuild"
	cat >"$WORK/slow/slow.c" <<-'END'
		#include <linux/delay.h>
		#include <linux/module.h>
		static int __init slow_init(void) { msleep(4000); return 0; }
		static void __exit slow_exit(void) { }
		module_init(slow_init);
		module_exit(slow_exit);
		MODULE_LICENSE("GPL");
	END
	outpost build "$WORK/slow" >/dev/null || die "slow does not build"
	outpost test "$WORK/slow" >"$WORK/out" 2>&1 &
	sleep 3
	# The sum of its pages, because VmRSS lags behind in a process that does little; and VmHWM, its peak.
	# shellcheck disable=SC2016 # for the board's shell
	board 'for p in /proc/[0-9]*; do
		read -r comm 2>/dev/null <$p/comm && [ "$comm" = outpost-agent ] || continue
		echo $(tr "\0" " " <$p/cmdline | cut -d" " -f2) $(sed -n "s/^Rss:[^0-9]*\([0-9]*\).*/\1/p" $p/smaps_rollup) \
			$(sed -n "s/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p" $p/status)
	done' >"$WORK/memory"
	wait $! || die "slow: $(cat "$WORK/out")"
	[ "$(grep -c '^serve\|^supervise' "$WORK/memory")" -ge 2 ] ||
		die "no agent process was found: $(cat "$WORK/memory")"
	figure[serve_kib]=$(most_memory serve)
	figure[supervise_kib]=$(most_memory supervise)
}

measure_small() {
	local i
	figure[agent_kib]=$(($(stat -c %s build/aarch64/outpost-agent) / 1024))
	outpost build "$WORK/c/hello" >/dev/null || die "hello does not build"
	for ((i = 0; i < RUNS; i++)); do
		timed build_nothing outpost build "$WORK/c/hello"
		edit c
		timed build_line outpost build "$WORK/c/hello"
		edit a
		timed make_line make -C "$tree" "M=$WORK/a/hello" ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- modules
	done
}

# --- the report ---------------------------------------------------------------------------

summarize() {
	local name
	for name in "${!times[@]}"; do
		figure[${name}_ms]=$(calc "$(median "${times[$name]}")" 1)
	done
	for name in b c d; do
		figure[${name}_times_faster]=$(calc "${figure[a_ms]} / ${figure[${name}_ms]}" 2)
	done
	for name in c d; do
		figure[${name}_round_trips]=$(calc "($(least "${times[${name}_$FAR_MS]}") - $(least "${times[${name}_0]}")) / $FAR_MS" 2)
		figure[${name}_near_ms]=$(least "${times[${name}_0]}")
		figure[${name}_far_ms]=$(least "${times[${name}_$FAR_MS]}")
	done
}

report() {
	cat <<-END
		From a changed line of hello to its verdict, round trip $RTT_MS ms, median of $RUNS:
		  (a) plain ssh and scp           ${figure[a_ms]} ms
		  (b) the same, ControlMaster     ${figure[b_ms]} ms   ${figure[b_times_faster]} times as fast as (a)
		  (c) outpost test                ${figure[c_ms]} ms   ${figure[c_times_faster]}
		  (d) outpost watch               ${figure[d_ms]} ms   ${figure[d_times_faster]}
		Deploy, load, test, unload, without the build, shortest of $((2 * RUNS)), no delay and $FAR_MS ms:
		  (c) ${figure[c_near_ms]} ms and ${figure[c_far_ms]} ms
		  (d) ${figure[d_near_ms]} ms and ${figure[d_far_ms]} ms
		Building hello: nothing changed ${figure[build_nothing_ms]} ms, one line ${figure[build_line_ms]} ms (make alone: ${figure[make_line_ms]} ms)
		Promised:
	END
	demand "(c) times faster than (a)" "${figure[c_times_faster]}" '>=' 5
	demand "(c) round trips (to the nearest)" "$(calc "${figure[c_round_trips]}" 0)" '<=' 3
	demand "(c) round trips, as measured" "${figure[c_round_trips]}" '<=' 3.3
	demand "(d) round trips, as measured" "${figure[d_round_trips]}" '<=' 1.3
	demand "agent, KiB" "${figure[agent_kib]}" '<' 1024
	demand "agent, peak memory of serve, KiB" "${figure[serve_kib]}" '<' 4096
	demand "agent, peak memory of supervise, KiB" "${figure[supervise_kib]}" '<' 4096
	demand "outpost --version, ms" "${figure[version_ms]}" '<' 10
	echo "vm up to a usable session, goal 4000 ms (virtme-ng 1.35 on two such cores: 18700 ms): ${figure[up_ms]} ms"
}

write_json() {
	local name
	for name in "${!figure[@]}"; do
		echo "$name ${figure[$name]}"
	done | sort | jq -Rn --arg version "$("$OUTPOST" --version)" --arg load "$(cut -d' ' -f1-3 /proc/loadavg)" \
		--argjson cpus "$(nproc)" --argjson runs "$RUNS" --argjson rtt "$RTT_MS" \
		--argjson times "$(for name in "${!times[@]}"; do echo "$name ${times[$name]}"; done |
			jq -Rn '[inputs | split(" ") | {(.[0]): .[1:] | map(select(. != "") | tonumber)}] | add')" \
		'{schema: "outpost.loop/1", version: $version, load: $load, cpus: $cpus, runs: $runs, rtt_ms: $rtt,
		  figures: ([inputs | split(" ") | {(.[0]): .[1] | tonumber}] | add), times_ms: $times}'
}

trap clean_up EXIT
mkdir -p "$WORK"
echo "load before: $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) processors" >&2
measure_version
measure_up
copy_sources
put_netem
measure_small
measure_memory
set_delay "$RTT_MS"
measure_loop
measure_trips
summarize
report
[ -z "$JSON" ] || write_json >"$JSON" || exit 1
exit $failed
