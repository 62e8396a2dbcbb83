# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Preparing a board. The virtual Pi here has neither systemd nor a package manager: tests/system/full
# has one that does. On a real board these tests show what only a Raspberry Pi can.

test_provision_looks_and_changes_nothing() {
	local before
	before=$(board 'ls -R /etc | md5sum')
	outpost --json provision --dry-run
	expect_status 0
	expect_json .schema outpost.provision/1
	expect_json '[.steps[].state] - ["ok", "would change", "skipped"]' '[]'
	[ -n "${BOARD-}" ] || expect_json '.steps[] | select(.step == "boot") | .why' "not a Raspberry Pi, so there is no config.txt"
	[ "$(board 'ls -R /etc | md5sum')" = "$before" ] || fail "a dry run changed the board"
}

# On a board without systemd too, folders and settings are made and taken back.
test_provision_without_systemd() {
	needs_vm
	outpost --json provision --only folders --only sysctl --only journal --only ssh
	expect_status 0
	expect_json '.steps[] | select(.step == "sysctl") | .state' changed
	expect_json '.steps[] | select(.step == "journal") | .why' "no systemd"
	expect_json '.steps[] | select(.step == "ssh") | .state' skipped
	[ "$(board cat /proc/sys/kernel/panic)" = 10 ] || fail "kernel.panic was not set"
	outpost provision --only folders --only sysctl
	expect_status 0
	expect_err "Nothing was changed"
	outpost provision --undo --only sysctl --only folders
	expect_status 0
	[ "$(board cat /proc/sys/kernel/panic)" != 10 ] || fail "kernel.panic was not restored"
}

# Restarts the board twice.
test_provision_a_raspberry_pi() {
	if [ -z "${BOARD-}" ]; then
		echo "needs a Raspberry Pi: make check-hw BOARD=..."
		exit 79 # MUST_RUN does not change that
	fi
	board 'grep -q raspberrypi /proc/device-tree/compatible' || skip "$BOARD is not a Raspberry Pi"
	outpost --json provision --restart --only journal --only sysctl --only watchdog --only boot
	expect_status 0
	expect_json '[.steps[].state] - ["ok", "changed"]' '[]'
	outpost --json doctor
	any_status
	expect_json '.checks[] | select(.name == "pstore") | .state' ok
	expect_json '.checks[] | select(.name == "watchdog") | .state' ok
	outpost provision --restart --only journal --only sysctl --only watchdog --only boot
	expect_status 0
	expect_err "Nothing was changed"
	outpost --json doctor --prove --yes
	expect_status 0
}
