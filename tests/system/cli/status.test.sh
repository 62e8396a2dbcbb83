# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# outpost status: all boards on one screen.

# shellcheck source=tests/system/cli/gateway.sh
. "$TOP/tests/system/cli/gateway.sh"

row() { # NAME: the row of this board
	grep "^$1 " out || fail "no row for $1"
}

test_status_without_any_board() {
	outpost status
	expect_status 0
	expect_silent out
	expect_err "No boards yet"
	outpost --json status
	[ "$(jq -c . out)" = '{"schema":"outpost.status/1","boards":[]}' ] || fail "wrong document"
}

# One that answers, one that refuses, one that never answers, and one without an agent.
test_status_of_all_boards() {
	make_board
	install_agent
	outpost board add down refused --ssh-config "$WORK/ssh_config"
	make_ssh_config "sleep 40"
	mv "$WORK/ssh_config" "$WORK/silent_config"
	make_ssh_config
	outpost board add silent board --ssh-config "$WORK/silent_config"
	local began=$SECONDS
	outpost status --timeout 3s
	expect_status 0
	expect_silent err
	[ $((SECONDS - began)) -lt 10 ] || fail "a silent board delayed the others: $((SECONDS - began)) s"
	row board | grep -qF "$(uname -r)" || fail "the kernel is missing"
	row board | grep -q ' up ' || fail "the board is not up"
	row down | grep -q ' away ' || fail "a board that is down is shown otherwise"
	expect_out "why     the connection was refused"
	row silent | grep -q ' away ' || fail "a silent board is shown otherwise"
	outpost --json status --timeout 3s
	jq -e '.schema == "outpost.status/1" and [.boards[] | .name] == ["board", "down", "silent"] and
		(.boards[0] | .reachable and .lock == null and (.loaded | type) == "array" and .last == null) and
		(.boards[1] | .reachable == false and .why == "the connection was refused")' out || fail "wrong document"
}

# What is on the board stays as it is.
test_status_installs_nothing() {
	make_board
	outpost status
	expect_status 0
	expect_out "it has no agent"
	[ -z "$(ls "$B/lib")" ] || fail "an agent was installed"
	install_other_agent
	cp "$B/lib/outpost-agent" before
	outpost --json status
	jq -e '.boards[0] | .reachable and has("lock") and has("loaded")' out || fail "an agent of another build did not answer"
	cmp before "$B/lib/outpost-agent" || fail "the agent was replaced"
}

test_status_of_one_board() {
	make_board
	install_agent
	outpost board add down refused --ssh-config "$WORK/ssh_config"
	outpost -b board status
	expect_status 0
	row board >/dev/null
	grep -q '^down' out && fail "it shows another board"
	outpost -b down status
	expect_status 1
	expect_out "the connection was refused"
}

test_status_on_a_gateway() {
	make_board
	install_agent
	make_gateway
	add_gateway_board pi
	add_gateway_board gone
	sed 's/^Host board$/Host pi/' "$WORK/ssh_config" >"$G/etc/ssh/ssh_config.d/50-outpost-pi.conf"
	make_ssh_config false
	sed 's/^Host board$/Host gone/' "$WORK/ssh_config" >"$G/etc/ssh/ssh_config.d/50-outpost-gone.conf"
	make_ssh_config
	printf 'state=down\nreason=lost\nsince=%d000\nwritten=%d000\n' $(($(date +%s) - 192)) "$(date +%s)" \
		>"$G/run/outpost/status/gone"
	outpost status --root "$G"
	expect_status 0
	row pi | grep -q ' up ' || fail "pi is not up"
	row gone | grep -q ' away ' || fail "gone is not away"
	expect_out "tunnel  down for 3m1"
	expect_out "it stopped answering"
	outpost --json status --root "$G"
	jq -e '[.boards[] | .kind] == ["ssh", "gateway", "gateway"] and .boards[1].tunnel.state == "down"' out || fail "wrong document"
}
