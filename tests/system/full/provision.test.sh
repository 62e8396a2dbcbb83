# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Preparing a board: a virtual Pi with real systemd, sudo, sshd and nftables. What only a Raspberry
# Pi has (config.txt, ramoops by its firmware) is in tests/unit/test_agent_provision.c.

pi() {
	"$OUTPOST" -q -b prov shell -- "$*"
}

# What provision may change: names, owners, modes and contents.
state_of_board() {
	pi 'sudo sh -c "cd / && find etc usr/local home var/lib/outpost ! -type d ! -path \"*/development/*\" ! -name machine-id ! -name \"*-\" \
		! -name mtab ! -name outpost-agent ! -path home/pi/.bash_history -exec stat -c \"%n %U %a\" {} + | sort;
		find etc -type f -exec md5sum {} + | sort; sysctl kernel.panic kernel.kptr_restrict;
		nft list tables"'
}

# states: "step state" of each step in out.
states() {
	jq -r '.steps[] | "\(.step) \(.state)"' out
}

expect_state() { # STEP STATE
	grep -qx "$1 $2" <<<"$(states)" || fail "$1 is not $2: $(jq -c ".steps[] | select(.step == \"$1\")" out)"
}

prov_up() {
	full_up prov
}

test_provision_prepares_a_board_and_takes_it_back() {
	local before step
	prov_up
	pi true # installs the agent
	"$OUTPOST" -b prov board show >/dev/null
	before=$(state_of_board)

	# A dry run changes nothing, and names what it would do.
	outpost -b prov --json provision --dry-run
	expect_status 0
	for step in folders sudo journal sysctl ssh firewall; do
		expect_state $step "would change"
	done
	expect_state packages ok
	expect_state boot skipped
	expect_json '.steps[] | select(.step == "boot") | .why | test("not a Raspberry Pi")' true
	[ "$(state_of_board)" = "$before" ] || diff <(echo "$before") <(state_of_board) || fail "a dry run changed the board"

	outpost -b prov --json provision
	expect_status 0
	for step in folders sudo journal sysctl ssh firewall; do
		expect_state $step changed
	done
	expect_state selftest ok
	pi 'sudo sshd -T' | grep -x 'passwordauthentication no' || fail "sshd takes passwords"
	pi 'sudo nft list table inet outpost_board' | grep 'tcp dport 22 accept' || fail "no rule for ssh"
	[ "$(pi cat /proc/sys/kernel/panic)" = 10 ] || fail "kernel.panic is not set"
	pi 'test -d development/backups && test -O development/modules' || fail "no folders of the login"
	# sudo takes the rule; visudo takes all files.
	pi 'sudo visudo -c' || fail "visudo rejects what was written"
	pi 'sudo grep -x "pi ALL=(root) NOPASSWD: /usr/local/lib/outpost/outpost-agent serve" /etc/sudoers.d/outpost'
	# Nothing waits to be undone.
	! pi 'ls /etc/systemd/system/outpost-rollback*' || fail "the rollback is still there"

	# A second time nothing is done, and it says so.
	outpost -b prov provision
	expect_status 0
	! grep -E '^[a-z]+ +(changed|would|FAILED)' out || fail "the second run changed something"
	expect_err "Nothing was changed"

	# All of it outlives a restart.
	outpost vm reset prov
	expect_status 0
	outpost -b prov --json provision --dry-run
	expect_status 0
	! states | grep -E 'change|failed' || fail "not as it was before the restart"
	pi 'systemctl is-active outpost-firewall' || fail "the firewall was not loaded"
	pi 'sudo journalctl --list-boots | wc -l' >boots
	[ "$(<boots)" -ge 2 ] || fail "the journal of the boot before is gone"

	outpost -b prov --json provision --undo
	expect_status 0
	expect_state firewall undone
	pi 'rmdir development/* development 2>/dev/null; sudo rm -rf /var/lib/outpost' || true
	[ "$(state_of_board)" = "$before" ] || diff <(echo "$before") <(state_of_board) || fail "--undo left something"
	"$OUTPOST" -q vm down prov
}

# The connections that exist go on, and new ones are refused (pam_nologin): as if the change had locked us out.
test_a_change_that_locks_out_is_undone_by_the_board() {
	prov_up
	pi true # the shared connection
	"$OUTPOST" -b prov board show >/dev/null
	pi 'sudo touch /etc/nologin'
	outpost -b prov --json provision --only ssh --only firewall
	expect_status 1
	expect_state ssh failed
	expect_json '.steps[] | select(.step == "ssh") | .why | test("a second connection failed .*undoes it within 90 s")' true
	pi 'test -e /etc/ssh/sshd_config.d/00-outpost.conf' || fail "it was undone before its time"
	! grep -q firewall out || fail "went on with the next step"
	# The board waits 90 s, and emulates slowly.
	for ((i = 0; i < 60; i++)); do
		pi 'test -e /etc/ssh/sshd_config.d/00-outpost.conf' || break
		sleep 3
	done
	! pi 'test -e /etc/ssh/sshd_config.d/00-outpost.conf' || fail "the board has not undone it"
	pi 'sudo sshd -T' | grep -x 'passwordauthentication no' # this image's own
	pi 'sudo rm /etc/nologin'
	outpost -b prov --json provision --only ssh
	expect_status 0
	expect_state ssh changed

	# Power is lost before the confirmation: it is undone before sshd starts.
	pi 'sudo touch /etc/nologin'
	outpost -b prov provision --only firewall
	expect_status 1
	pi 'sudo rm /etc/nologin; sync'
	outpost vm reset prov
	expect_status 0
	! pi 'test -e /etc/outpost/board.nft' || fail "the rules are there after a restart"
	! pi 'sudo nft list table inet outpost_board' || fail "the rules were loaded"
	"$OUTPOST" -q vm down prov
}

test_a_key_for_production_loads_nothing() {
	local config
	prov_up
	ssh-keygen -q -t ed25519 -N '' -f prod
	ssh-keygen -q -t ed25519 -N '' -f dev
	outpost -b prov --json provision --only account --key prod.pub --profile production
	expect_status 0
	expect_state account changed
	outpost -b prov --json provision --only account --key dev.pub
	expect_status 0
	config=$(sed -n 's/^ssh_config = //p' "$XDG_STATE_HOME/outpost/vm/prov/board.conf")
	for who in prod dev; do
		sed "s|^\( *\)User .*|\1User outpost-$who|; s|^\( *\)IdentityFile .*|\1IdentityFile $PWD/$who|" "$config" >"$who.conf"
		outpost board add "$who" "$(sed -n 's/^destination = //p' "$XDG_STATE_HOME/outpost/vm/prov/board.conf")" --ssh-config "$PWD/$who.conf"
		expect_status 0
	done
	# Development: as any login with the rule.
	outpost -b dev --json test "$TOP/modules/hello"
	expect_status 0
	expect_json '.results[0].verdict' pass
	# Production: state, and nothing else, whatever the client asks for.
	outpost -b prod board show
	expect_status 0
	outpost -b prod log
	expect_status 0
	outpost -b prod test "$TOP/modules/hello"
	expect_status 3
	expect_err "A production key may not"
	outpost -b prod deploy "$TOP/modules/hello"
	any_status
	expect_err "not in /etc/outpost/promoted"
	outpost -b prod provision
	any_status
	expect_err "may not change the board"
	# A shell command is answered by the agent, not by a shell.
	! timeout 60 ssh -F prod.conf -o ControlPath=none -T "$(sed -n 's/^destination = //p' "$XDG_STATE_HOME/outpost/vm/prov/board.conf")" id -un >said 2>&1 </dev/null ||
		! grep -q outpost-prod said || fail "a shell answered: $(cat said)"
	pi 'sudo -u outpost-prod sudo -n /usr/local/lib/outpost/outpost-agent serve </dev/null' >said 2>&1 && fail "sudo allows more than production"
	grep -qi "password\|not allowed" said || fail "refused for another reason: $(cat said)"
	"$OUTPOST" -q vm down prov
}
