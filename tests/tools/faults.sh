# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # tests/tools/soak-faults sets and uses them
#
# What tests/tools/soak-faults does to a run: when, what, and what may come of it.
# $VM is the board, $VM_DIR its folder, $host the `outpost test` under way.

# Plain ssh, a connection of its own: Outpost's may be what is being broken.
on_board() {
	timeout 20 ssh -F "$VM_DIR/ssh_config" -S none -o ConnectTimeout=10 "outpost-$VM" "$*" </dev/null
}

# A login that waits for its command from before the run on, so that the moment is not missed. The board
# may have been rebooted since: then another one.
open_hand() {
	rm -f hand hand.out
	mkfifo hand
	ssh -F "$VM_DIR/ssh_config" -S none "outpost-$VM" sh <hand >hand.out 2>/dev/null &
	hand=$!
	exec 9>hand
}

# By itself it would never notice that its board was reset.
close_hand() {
	exec 9>&-
	kill "$hand" 2>/dev/null
	wait "$hand" 2>/dev/null
}

# at_once COMMAND [SECONDS]: returns when it is done, at the latest after SECONDS (3).
at_once() {
	(trap '' PIPE; echo "echo heard; $1; echo over" >&9) 2>/dev/null
	for _ in $(seq $((${2:-3} * 10))); do
		! grep -q over hand.out || return 0
		sleep 0.1
	done
	grep -q heard hand.out || on_board "$1"
}

# --- when ----------------------------------------------------------------------

PHASES=(loads tests unloads settles)

# A third of the moments is while it builds, connects and sends, a third anywhere, the rest in a phase of
# one module: the modules say on the console where they are. Sets $moment, $phase and $pause (ms).
choose_moment() {
	phase=
	case $(dice moment 6) in
	0 | 1)
		pause=$(dice pause 3000)
		moment="$pause ms after the start"
		;;
	2)
		pause=$(dice pause $((6000 * ${#plan[@]})))
		moment="$pause ms after the start"
		;;
	*)
		phase="${plan[$(dice module ${#plan[@]})]}: ${PHASES[$(dice phase 4)]}"
		pause=$(dice pause 700)
		moment="$pause ms after $phase"
		;;
	esac
}

said_on_console() { # since this round began
	tail -c +"$console_from" "$VM_DIR/console.log" | tr -d '\r' | sed -n 's/^\[.*\] \([a-z]*: [a-z]*\)$/\1/p'
}

# Until the moment comes, or the run is over.
await_moment() {
	while [ -n "$phase" ] && kill -0 "$host" 2>/dev/null && ! said_on_console | grep -qx "$phase"; do
		sleep 0.1
	done
	sleep "$((pause / 1000)).$(printf %03d $((pause % 1000)))"
}

# --- what ----------------------------------------------------------------------

FAULTS=(kill_host kill_host_and_ssh kill_serve kill_worker kill_keeper kill_supervisor
	cut_1s cut_10s cut_for_good fill_disk fill_disk_briefly reboot sysrq_reboot reset)

do_kill_host() { kill -9 "$host"; }
do_kill_host_and_ssh() { kill -9 -- "-$host"; }

# kill_agents WORD [PARENT]: those with the word in their command line, and with a parent so called. The
# supervisor's processes are the keeper, its child the worker, and that one's children, a step each.
# shellcheck disable=SC2016 # for the shell there
kill_agents() {
	at_once 'for f in $(grep -l "'"$1"'" /proc/[0-9]*/cmdline 2>/dev/null); do
		read -r pid name state parent rest <${f%cmdline}stat || continue
		grand=; read -r x x x grand rest </proc/$parent/stat
		mother=no; ! grep -q s[u]pervise /proc/$parent/cmdline || mother=keeper
		[ $mother = no ] || ! grep -q s[u]pervise /proc/$grand/cmdline || mother=worker
		case $mother in '"${2:-*}"') kill -9 $pid ;; esac; done 2>/dev/null'
}

do_kill_serve() { kill_agents 's[e]rve'; }
do_kill_keeper() { kill_agents 's[u]pervise' no; }
do_kill_worker() { kill_agents 's[u]pervise' keeper; }
do_kill_supervisor() { kill_agents 's[u]pervise'; }

cut_for() {
	"$OUTPOST" -q vm unplug "$VM"
	sleep "$1"
	"$OUTPOST" -q vm plug "$VM"
}

do_cut_1s() { cut_for 1; }
do_cut_10s() { cut_for 10; }
do_cut_for_good() { "$OUTPOST" -q vm unplug "$VM"; }

# To the last byte, and what root alone may have.
# shellcheck disable=SC2016
FILL='fallocate -l $(df -k /root | awk "NR == 2 { print \$4 }")k /root/fill; cat /dev/zero >>/root/fill'

do_fill_disk() { at_once "$FILL" 30; }
do_fill_disk_briefly() { at_once "$FILL; sleep 3; rm /root/fill" 30; }

do_reboot() { at_once 'reboot -f'; }
do_sysrq_reboot() { at_once 'echo b >/proc/sysrq-trigger'; }
do_reset() { "$OUTPOST" -q vm reset "$VM"; }

# A board that reboots just now is waited for.
mend() {
	"$OUTPOST" -q vm plug "$VM"
	for _ in $(seq 20); do
		"$OUTPOST" -q vm up "$VM" 2>/dev/null && on_board 'rm -f /root/fill' && return
		sleep 1
	done
	return 1
}

# --- what may come of it ---------------------------------------------------------

# may_be FAULT WANTED GOT: what cannot be known is no mistake; a PASS that is none always is.
may_be() {
	[ "$2" != "$3" ] || return 0
	case $1:$3 in
	kill_worker:inconclusive | kill_supervisor:inconclusive) ;;
	cut_for_good:lost | cut_for_good:inconclusive) ;;
	fill_*:error | fill_*:inconclusive) ;;
	reboot:crash | sysrq_reboot:crash | reset:crash) ;;
	*) return 1 ;;
	esac
}

# MODULE: PHASE that the board was at when it went down: what it said last before the next boot.
under_way() {
	tail -c +"$console_from" "$VM_DIR/console.log" | tr -d '\r' |
		sed -n '/outpost: ready/q; s/^\[.*\] \([a-z]*: [a-z]*\)$/\1/p' | tail -1
}
