# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# How long the tunnel takes to come back after faults, with autossh beside it.

. tests/system/nat/faults.sh

# For make check: each kind of fault that looks different to the board, once.
test_a_board_behind_nat_is_reached() {
	local fault
	make_tunnel
	[ "$(dev ssh "$BOARD_HOST" hostname)" = pi ] || fail "this is not the board"
	! gw systemctl -q is-active "user@$(gw id -u board-pi)" || fail "the board has a service manager on the gateway"
	wait_until probe_is_up || fail "the prober does not see the board: $(gw cat /run/outpost/status/pi; journal gw outpost-prober)"
	for fault in nat_lost sshd_killed power_cut board_moved; do
		round $fault 20 ssh
	done
	wait_until probe_is_up || fail "the prober does not see the board again"
	! grep '>' rounds || fail "the tunnel did not come back: $(show_machines)"
}

test_it_comes_back_after_each_fault() {
	local fault i
	make_tunnel
	for i in 1 2 3; do
		for fault in "${FAULTS[@]}"; do round "$fault" 60 ssh; done
	done
	expect_fast ssh faults
}

test_ten_forced_cuts() {
	make_tunnel
	force_cuts 10
}

test_a_link_that_is_down_for_a_minute() {
	make_tunnel
	round link_60 60 ssh
	expect_fast ssh link_60
}
