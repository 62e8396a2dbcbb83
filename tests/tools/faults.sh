# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # set and used by tests/tools/soak-faults
#
# The faults of tests/tools/soak-faults: when they happen, what they do, and which
# verdicts they allow. $VM is the board, $VM_DIR its folder, and $host the process
# of `outpost test`.

# Plain ssh with its own connection, because Outpost's may be broken on purpose.
on_board() {
	timeout 20 ssh -F "$VM_DIR/ssh_config" -S none -o ConnectTimeout=10 "outpost-$VM" "$*" </dev/null
}

# Opens a login before the run starts, which then waits for its command, so that the moment is not missed.
# If the board was rebooted since, at_once logs in again.
open_hand() {
	rm -f hand hand.out
	mkfifo hand
	ssh -F "$VM_DIR/ssh_config" -S none "outpost-$VM" sh <hand >hand.out 2>/dev/null &
	hand=$!
	exec 9>hand
}

# The login would never notice by itself that the board was reset.
close_hand() {
	exec 9>&-
	kill "$hand" 2>/dev/null
	wait "$hand" 2>/dev/null
}

# at_once COMMAND [SECONDS]: returns when the command is done, but after at most SECONDS (3).
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

# A third of the moments is during build, connect and send, a sixth anywhere, and the rest in a phase of
# one module; modules print their phases to the console. Sets $moment, $phase and $pause (ms).
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

said_on_console() { # the phases since this round began
	tail -c +"$console_from" "$VM_DIR/console.log" | tr -d '\r' | sed -n 's/^\[.*\] \([a-z]*: [a-z]*\)$/\1/p'
}

# Waits until the moment comes, or the run is over.
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

# kill_agents WORD [PARENT]: kills agents with WORD in their command line and such a parent. The processes
# of a supervisor are the keeper, its child the worker, and the worker's children, one for each step.
# shellcheck disable=SC2016 # for the board's shell
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

# Fills the disk to the last byte, including the blocks reserved for root.
# shellcheck disable=SC2016
FILL='fallocate -l $(df -k /root | awk "NR == 2 { print \$4 }")k /root/fill; cat /dev/zero >>/root/fill'

do_fill_disk() { at_once "$FILL" 30; }
do_fill_disk_briefly() { at_once "$FILL; sleep 3; rm /root/fill" 30; }

do_reboot() { at_once 'reboot -f'; }
do_sysrq_reboot() { at_once 'echo b >/proc/sysrq-trigger'; }
do_reset() { "$OUTPOST" -q vm reset "$VM"; }

# Waits if the board is rebooting.
mend() {
	"$OUTPOST" -q vm plug "$VM"
	for _ in $(seq 20); do
		"$OUTPOST" -q vm up "$VM" 2>/dev/null && on_board 'rm -f /root/fill' && return
		sleep 1
	done
	return 1
}

# --- verdicts that a fault allows ---------------------------------------------------------

# may_be FAULT WANTED GOT: a verdict may be less than WANTED if the fault hides it, but never a wrong pass.
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

# MODULE: PHASE when the board went down: the last one printed before the next boot.
under_way() {
	tail -c +"$console_from" "$VM_DIR/console.log" | tr -d '\r' |
		sed -n '/outpost: ready/q; s/^\[.*\] \([a-z]*: [a-z]*\)$/\1/p' | tail -1
}
