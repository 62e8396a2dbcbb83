# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The virtual Pi itself.

test_status() {
	needs_vm
	outpost --json vm status
	expect_status 0
	expect_json '.vms[] | select(.name == "vm") | .state' running
}

test_up_when_it_is_up() {
	needs_vm
	outpost vm up
	expect_status 0
}

# What the suite does before each test.
test_each_test_finds_the_vm_as_after_a_boot() {
	local boot
	needs_vm
	boot=$(boot_id)
	revive_vm
	[ "$(boot_id)" = "$boot" ] || fail "a vm that is as after a boot was reset"
	outpost load "$TOP/modules/hello"
	expect_status 0
	revive_vm
	expect_clean_board hello
	board 'mkdir -p /run/outpost && echo /proc/sys/kernel/panic 0 >/run/outpost/armed' || fail "cannot arm the vm"
	revive_vm
	expect_clean_board
	board 'rmmod ramoops' || fail "cannot unload ramoops"
	revive_vm
	board 'grep -q ^ramoops /proc/modules' || fail "ramoops is still missing"
}

test_two_at_once() {
	needs_vm
	outpost vm up other
	expect_status 0
	outpost -b other --json test "$TOP/modules/hello"
	expect_status 0
	expect_json .board other
	board true || fail "the first one does not answer"
	outpost vm down other
	expect_status 0
	outpost -b other test "$TOP/modules/hello"
	expect_status 3
	expect_err "vm up"
}

test_reset_is_a_new_boot() {
	needs_vm
	boot_id >before
	board 'echo kept >~/kept; sync'
	outpost vm reset
	expect_status 0
	boot_id >after 2>errors
	[ ! -s errors ] || fail "the shared connection of the previous boot was used: $(cat errors)"
	! cmp before after || fail "the boot_id has not changed"
	[ "$(board cat kept)" = kept ] || fail "the disk was not kept"
}

test_a_panic_leaves_its_record() {
	needs_vm
	local before
	before=$(boot_id)
	(board 'sync; echo c >/proc/sysrq-trigger' || true) & # it loses its link
	wait_for_another_boot "$before"
	board 'cat /sys/fs/pstore/dmesg-ramoops-*' >record
	grep -q 'Kernel panic - not syncing: sysrq triggered crash' record ||
		fail "pstore has no panic: $(head -c 500 record)"
}

test_a_kernel_that_does_not_boot() {
	needs_vm
	outpost vm up --timeout 500ms slow
	expect_status 3
	expect_err "console"
	outpost --json vm status
	expect_json '[.vms[] | select(.name == "slow" and .state == "running")] | length' 0
}

# --- saved states -----------------------------------------------------------------

# Prints the saved states in the cache, one per line.
saved() {
	find "$XDG_CACHE_HOME/outpost/vm/" -name 'saved-*.zst'
}

# Gives the test its own cache, with the image of the suite's vm.
own_image() {
	local release here=${XDG_CACHE_HOME:-$HOME/.cache}/outpost/vm
	release=$(board uname -r)
	mkdir -p "cache/outpost/vm/$release"
	cp -a --reflink=auto "$here/$release/"{vmlinuz,initramfs.cpio,modules.img,manifest} "cache/outpost/vm/$release/"
	export XDG_CACHE_HOME=$WORK/cache
}

on() { # VM COMMAND: runs it in the vm's shell
	"$OUTPOST" -q -b "$1" shell -- "$2"
}

# Writes what no two boards may share to VM.identity, one item per line, and the clocks of the vm and
# the host to VM.time.
identity_of() { # VM
	on "$1" 'cat /proc/sys/kernel/random/boot_id /proc/sys/kernel/random/uuid
		head -c 32 /dev/urandom | sha256sum
		sha256sum </etc/ssh/host_key
		sha256sum </etc/ssh/authorized_keys
		cat /sys/class/net/eth0/address /etc/hostname
		[ ! -e /run/identity/seed ] || echo the seed is still there' >"$1.identity" || fail "cannot read the identity of $1"
	"$OUTPOST" -b "$1" --json test "$TOP/modules/hello" >"$1.json" || fail "hello does not pass on $1"
	on "$1" 'cat /run/outpost/nonce && echo' >>"$1.identity" || fail "$1 has no nonce"
	echo "$(on "$1" 'date +%s') $(date +%s)" >"$1.time"
}

test_vms_from_one_saved_state_have_nothing_in_common() {
	local vm there here
	needs_vm
	for vm in one two; do
		outpost vm up $vm
		expect_status 0
		expect_err "from a saved state"
		identity_of $vm
		read -r there here <$vm.time
		there=$((there - here))
		[ "${there#-}" -le 2 ] || fail "the clock of $vm differs by $there s"
	done
	[ "$(wc -l <one.identity)" = 8 ] || fail "expected 8 lines: $(cat one.identity)"
	[ -z "$(sort one.identity two.identity | uniq -d)" ] ||
		fail "the vms share something: $(cat one.identity - two.identity <<<"--")"
	outpost vm down one
	expect_status 0
	# The same vm again: another boot of the same machine.
	mv one.identity first.identity
	outpost vm up one
	expect_status 0
	expect_err "from a saved state"
	identity_of one
	[ "$(sort one.identity first.identity | uniq -d | wc -l)" = 4 ] ||
		fail "only the keys, address and name should be the same: $(cat first.identity one.identity)"
	outpost vm down one
	expect_status 0
	outpost vm down two
	expect_status 0
}

# It loads its kernel, modules and initramfs again, as at any boot.
test_a_restored_vm_crashes_and_reboots_like_any_other() {
	local first
	needs_vm
	outpost vm up restored
	expect_status 0
	expect_err "from a saved state"
	export OUTPOST_BOARD_DEFAULT=restored
	first=$(boot_id)
	(board 'echo kept >kept; sync; echo c >/proc/sysrq-trigger' || true) & # it loses its link
	wait_for_another_boot "$first"
	board 'cat /sys/fs/pstore/dmesg-ramoops-*' >record
	grep -q 'Kernel panic - not syncing: sysrq triggered crash' record || fail "pstore has no panic: $(head -c 500 record)"
	[ "$(board cat kept)" = kept ] || fail "the disk was not kept"
	outpost --json test "$TOP/tests/modules/crashers/null_init" "$TOP/modules/hello"
	expect_status 4
	expect_json '[.results[].verdict] | join(" ")' "crash pass"
	first=$(boot_id)
	outpost vm reset restored
	expect_status 0
	[ "$(boot_id)" != "$first" ] || fail "the boot_id has not changed"
	outpost vm unplug restored
	expect_status 0
	! timeout 5 "$OUTPOST" -q shell -- true || fail "the vm answers while unplugged"
	outpost vm plug restored
	expect_status 0
	board true || fail "the vm does not answer after vm plug"
	outpost vm down restored
	expect_status 0
}

test_boot_and_kaslr_use_no_saved_state() {
	local how
	needs_vm
	for how in --boot --kaslr; do
		outpost vm up $how booted
		expect_status 0
		! grep -q "saved state" err || fail "vm up $how used a saved state"
		outpost vm down booted
		expect_status 0
	done
}

test_saved_states_that_cannot_be_used() {
	local file
	needs_vm
	own_image
	outpost vm up made
	expect_status 0
	expect_err "this is done once"
	outpost vm down made
	expect_status 0
	file=$(saved)
	[ "$(wc -l <<<"$file")" = 1 ] || fail "expected one saved state: $file"
	[ "$(stat -c %a "$file")" = 600 ] || fail "other users can read the saved state"
	[ "$(stat -c %s "$file")" -lt 100000000 ] || fail "the saved state has $(stat -c %s "$file") bytes"
	[ ! -e "$XDG_CACHE_HOME/outpost/vm/.saving" ] || fail "the folder .saving was left behind"
	truncate -s -1000000 "$file" # torn
	outpost vm up made
	expect_status 0
	expect_err "cannot restore the saved state"
	board true || fail "the vm of the suite does not answer"
	outpost vm down made
	expect_status 0
	[ -z "$(saved)" ] || fail "the torn state was not removed"
	# A state that was not used for a long time is removed when another one is made.
	touch -d '40 days ago' "${file%/*}/saved-0000000000000000.zst"
	outpost vm up made
	expect_status 0
	expect_err "from a saved state"
	[ "$(saved)" = "$file" ] || fail "expected one saved state: $(saved)"
	outpost vm down made
	expect_status 0
	outpost clean
	expect_status 0
	[ -z "$(saved)" ] || fail "'clean' did not remove $(saved)"
	[ -e "${file%/*}/vmlinuz" ] || fail "'clean' removed the image"
}
