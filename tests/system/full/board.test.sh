# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A full virtual Pi: systemd, an ordinary user with sudo, a disk of its own.

test_a_full_board() {
	local before after
	full_up
	outpost --json vm status full
	expect_json '.vms[].full' true
	[ "$(full id -un)" = pi ] || fail "the login is not pi's"
	[ "$(full sudo -n id -u)" = 0 ] || fail "sudo wants more"
	[ "$(full cat /proc/1/comm)" = systemd ] || fail "systemd is not process 1"
	full systemctl is-active ssh systemd-networkd systemd-journald >out || fail "not active: $(cat out)"

	# A run as an ordinary user; the watchdog is systemd's before and after.
	before=$(full systemctl show -P RuntimeWatchdogUSec)
	[ "$before" = 1min ] || fail "systemd's watchdog is at '$before'"
	outpost -b full --json test "$TOP/modules/hello" "$TOP/modules/chardev"
	expect_status 0
	expect_json '.summary.pass' 2
	after=$(full systemctl show -P RuntimeWatchdogUSec)
	[ "$after" = "$before" ] || fail "systemd's watchdog was at $before, and is at $after"

	# systemd takes a crash's records from pstore at the next boot; they are found all the same.
	outpost -b full --json test "$TOP/tests/modules/crashers/null_init"
	expect_status 4
	expect_json '.results[0].verdict' crash
	expect_json '.results[0].reports[0].kind' oops
	expect_json '.results[0].reports[0].trace[0].file | sub(".*/"; "")' null_init.c
	full 'sudo ls -R /var/lib/systemd/pstore' >kept
	grep -q dmesg kept || fail "systemd-pstore kept nothing: $(cat kept)"
	full systemctl is-active systemd-journald || fail "no journal"
	[ "$(full 'sudo journalctl --list-boots | wc -l')" -ge 2 ] || fail "the journal is not kept"
	after=$(full systemctl show -P RuntimeWatchdogUSec)
	[ "$after" = "$before" ] || fail "after the crash systemd's watchdog is at $after"
}

test_a_full_board_keeps_its_disk() {
	full_up
	full 'echo kept | sudo tee /etc/kept && sync'
	before=$(full cat /proc/sys/kernel/random/boot_id)
	outpost vm reset full
	expect_status 0
	[ "$(full cat /proc/sys/kernel/random/boot_id)" != "$before" ] || fail "the boot_id is the same"
	outpost vm down full
	expect_status 0
	! grep -q 'does not power off' err || fail "it had to be ended"
	outpost vm up full # a vm stays what it is
	expect_status 0
	[ "$(full cat /etc/kept)" = kept ] || fail "the disk did not outlive it"
	outpost vm up vm
	expect_status 0
	outpost vm up --full vm
	expect_status 3
	expect_one_error "not a full one"
}
