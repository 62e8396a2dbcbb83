# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A full virtual Pi: systemd, an ordinary user with sudo, and its own disk.

test_a_full_board() {
	local before after
	full_up
	outpost --json vm status full
	expect_json '.vms[].full' true
	[ "$(full id -un)" = pi ] || fail "the login is not pi"
	[ "$(full sudo -n id -u)" = 0 ] || fail "sudo does not work without a password"
	[ "$(full cat /proc/1/comm)" = systemd ] || fail "process 1 is not systemd"
	full systemctl is-active ssh systemd-networkd systemd-journald >out || fail "not active: $(cat out)"

	# A run as an ordinary user. The watchdog is systemd's before and after it.
	before=$(full systemctl show -P RuntimeWatchdogUSec)
	[ "$before" = 1min ] || fail "systemd's watchdog is set to '$before'"
	outpost -b full --json test "$TOP/modules/hello" "$TOP/modules/chardev"
	expect_status 0
	expect_json '.summary.pass' 2
	after=$(full systemctl show -P RuntimeWatchdogUSec)
	[ "$after" = "$before" ] || fail "systemd's watchdog was set to $before, and now to $after"

	# systemd moves the records of a crash out of pstore at the next boot; they are found anyway.
	outpost -b full --json test "$TOP/tests/modules/crashers/null_init"
	expect_status 4
	expect_json '.results[0].verdict' crash
	expect_json '.results[0].reports[0].kind' oops
	expect_json '.results[0].reports[0].trace[0].file | sub(".*/"; "")' null_init.c
	full 'sudo ls -R /var/lib/systemd/pstore' >kept
	grep -q dmesg kept || fail "systemd-pstore kept no records: $(cat kept)"
	full systemctl is-active systemd-journald || fail "systemd-journald is not active"
	[ "$(full 'sudo journalctl --list-boots | wc -l')" -ge 2 ] || fail "the journal of the boot before was not kept"
	after=$(full systemctl show -P RuntimeWatchdogUSec)
	[ "$after" = "$before" ] || fail "after the crash systemd's watchdog is set to $after"
}

test_a_full_board_keeps_its_disk() {
	full_up
	full 'echo kept | sudo tee /etc/kept && sync'
	before=$(full cat /proc/sys/kernel/random/boot_id)
	outpost vm reset full
	expect_status 0
	[ "$(full cat /proc/sys/kernel/random/boot_id)" != "$before" ] || fail "the boot_id has not changed"
	outpost vm down full
	expect_status 0
	! grep -q 'does not power off' err || fail "vm down had to kill the vm"
	outpost vm up full # a vm stays what it is
	expect_status 0
	[ "$(full cat /etc/kept)" = kept ] || fail "the disk was not kept"
	outpost vm up vm
	expect_status 0
	outpost vm up --full vm
	expect_status 3
	expect_one_error "is not full"
}
