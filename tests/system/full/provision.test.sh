# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Preparing a board: a virtual Pi with real systemd, sudo, sshd and nftables.

# Each test has its own vm, $P, since a vm keeps its disk.
pi() {
	"$OUTPOST" -q -b "$P" shell -- "$*"
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

# prov_up NAME [OPTION...]: the vm has the agent, and the host a shared connection to it.
prov_up() {
	P=$1
	full_up "$@"
	answers
}

reset_board() {
	outpost vm reset "$P"
	expect_status 0
	answers
}

# A busy machine emulates slowly: a login may take longer than Outpost waits for it.
answers() {
	wait_until "$OUTPOST" -q -b "$P" board show >/dev/null
}

test_provision_prepares_a_board_and_takes_it_back() {
	local before step
	prov_up prov
	before=$(state_of_board)

	# A dry run changes nothing, and names what it would do.
	outpost -b "$P" --json provision --dry-run
	expect_status 0
	for step in folders sudo journal sysctl ssh firewall; do
		expect_state $step "would change"
	done
	expect_state packages ok
	expect_state boot skipped
	expect_json '.steps[] | select(.step == "boot") | .why | test("not a Raspberry Pi")' true
	[ "$(state_of_board)" = "$before" ] || diff <(echo "$before") <(state_of_board) || fail "a dry run changed the board"

	outpost -b "$P" --json provision
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
	outpost -b "$P" provision
	expect_status 0
	! grep -E '^[a-z]+ +(changed|would|FAILED)' out || fail "the second run changed something"
	expect_err "Nothing was changed"

	# All of it outlives a restart.
	reset_board
	outpost -b "$P" --json provision --dry-run
	expect_status 0
	! states | grep -E 'change|failed' || fail "not as it was before the restart"
	pi 'systemctl is-active outpost-firewall' || fail "the firewall was not loaded"
	pi 'sudo journalctl --list-boots | wc -l' >boots
	[ "$(<boots)" -ge 2 ] || fail "the journal of the boot before is gone"

	outpost -b "$P" --json provision --undo
	expect_status 0
	expect_state firewall undone
	pi 'rmdir development/* development 2>/dev/null; sudo rm -rf /var/lib/outpost' || true
	[ "$(state_of_board)" = "$before" ] || diff <(echo "$before") <(state_of_board) || fail "--undo left something"
	"$OUTPOST" -q vm down "$P"
}

# The connections that exist go on, and new ones are refused (pam_nologin): as if the change had locked us out.
test_a_change_that_locks_out_is_undone_by_the_board() {
	prov_up locked
	pi 'sudo touch /etc/nologin'
	outpost -b "$P" --json provision --only ssh --only firewall
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
	outpost -b "$P" --json provision --only ssh
	expect_status 0
	expect_state ssh changed

	# Power is lost before the confirmation: it is undone before sshd starts.
	pi 'sudo touch /etc/nologin'
	outpost -b "$P" provision --only firewall
	expect_status 1
	pi 'sudo rm /etc/nologin; sync'
	reset_board
	! pi 'test -e /etc/outpost/board.nft' || fail "the rules are there after a restart"
	! pi 'sudo nft list table inet outpost_board' || fail "the rules were loaded"
	"$OUTPOST" -q vm down "$P"
}

# Runs ssh with the production key; its output goes to the file said.
as_prod() {
	timeout 60 ssh -F prod.conf -o ControlPath=none -T "$@" >said 2>&1 </dev/null || true
}

gets_nothing() { # SSH-OPTION...
	as_prod "$@"
	! grep -aE '^outpost-prod$|^SSH-2' said || fail "ssh $* is answered: $(cat said)"
}

test_a_key_for_production_loads_nothing() {
	local config destination who
	prov_up keys
	ssh-keygen -q -t ed25519 -N '' -f prod
	ssh-keygen -q -t ed25519 -N '' -f dev
	outpost -b "$P" --json provision --only account --key prod.pub --profile production
	expect_status 0
	expect_state account changed
	outpost -b "$P" --json provision --only account --key dev.pub
	expect_status 0
	config=$(sed -n 's/^ssh_config = //p' "$XDG_STATE_HOME/outpost/vm/$P/board.conf")
	destination=$(sed -n 's/^destination = //p' "$XDG_STATE_HOME/outpost/vm/$P/board.conf")
	for who in prod dev; do
		sed -E "s|^(\s*User) .*|\1 outpost-$who|; s|^(\s*IdentityFile) .*|\1 $PWD/$who|" "$config" >"$who.conf"
		outpost board add "$who" "$destination" --ssh-config "$PWD/$who.conf"
		expect_status 0
	done
	# Development: as any login with the rule.
	outpost -b dev --json test "$TOP/modules/hello"
	expect_status 0
	expect_json '.results[0].verdict' pass
	# Production: state, and nothing else, whatever the client asks for.
	outpost -b prod --json board show
	expect_status 0
	expect_json '.boards[0].home' /home/outpost-prod
	outpost -b prod log
	expect_status 0
	outpost -b prod test "$TOP/modules/hello"
	expect_status 3
	expect_err "A production key may not"
	outpost -b prod deploy "$TOP/modules/hello"
	any_status
	expect_err "not in /etc/outpost/promoted"
	# Root promotes what development has tested.
	outpost -b dev deploy "$TOP/modules/hello"
	expect_status 0
	pi 'sudo b2sum -l 256 /home/outpost-dev/development/modules/hello/hello.ko' | sed 's/ .*/ hello/' >promoted
	pi "echo $(<promoted) | sudo tee /etc/outpost/promoted"
	outpost -b prod deploy "$TOP/modules/hello"
	expect_status 0
	expect_out /home/outpost-prod/development/modules/hello/hello.ko
	outpost -b prod provision
	any_status
	expect_err "may not change the board"
	# What else ssh offers: a command and sftp are answered by the agent; forwarding is refused.
	gets_nothing "$destination" id -un
	gets_nothing -s "$destination" sftp
	gets_nothing -W 127.0.0.1:22 "$destination"
	as_prod -o ExitOnForwardFailure=yes -N -R 9999:127.0.0.1:22 "$destination"
	grep -q 'remote port forwarding failed' said || fail "-R: $(cat said)"
	pi 'sudo -u outpost-prod sudo -n /usr/local/lib/outpost/outpost-agent serve </dev/null' >said 2>&1 && fail "sudo allows more than production"
	grep -qi "password\|not allowed" said || fail "refused for another reason: $(cat said)"
	"$OUTPOST" -q vm down "$P"
}

# Repeats it while what an interrupted one began still runs on the board.
provision_when_free() { # [OPTION...]
	local tries=200
	outpost -b "$P" --json provision "$@"
	while grep -q "is in use by" err && [ $((tries -= 1)) -gt 0 ]; do
		expect_status 3
		sleep 3
		outpost -b "$P" --json provision "$@"
	done
}

# By Debian's own apt, dpkg and mirror. A host that is interrupted leaves apt at work; the next call waits for it.
test_packages_that_are_missing_are_installed() {
	prov_up bare --net
	pi 'sudo dpkg --purge --force-depends nftables' >/dev/null
	outpost -b "$P" --json provision --only packages --only firewall --dry-run
	expect_status 0
	expect_state packages "would change"
	expect_state firewall skipped
	timeout -s INT 8 "$OUTPOST" -b "$P" provision --only packages >cut.out 2>cut.err || true
	provision_when_free --only packages --only firewall
	expect_status 0
	expect_state firewall changed
	pi 'dpkg-query -W nftables && sudo dpkg --audit' >audit
	[ "$(wc -l <audit)" = 1 ] || fail "dpkg is not content: $(<audit)"
	outpost -b "$P" provision --only packages
	expect_status 0
	expect_err "Nothing was changed"
	"$OUTPOST" -q vm down "$P"
}

# A stand-in for a Raspberry Pi's firmware: shows a Pi's device tree, and reads tryboot.txt instead of
# config.txt if the restart asked for it. Restarts and their argument are real.
make_firmware() {
	"$OUTPOST" -q -b "$P" shell -- sudo sh <<-'END'
		mkdir -p /boot/firmware/overlays
		: >/boot/firmware/overlays/ramoops-pi4.dtbo
		echo dtparam=audio=on >/boot/firmware/config.txt
		cat >/usr/local/sbin/firmware <<-'F'
			#!/bin/sh
			cd /boot/firmware || exit 1
			if [ "$1" = stop ]; then
				! grep -qs '^0 tryboot' /run/systemd/reboot-param || touch flag
				sync
				exit
			fi
			file=config.txt flag=0
			if [ -e flag ] && [ ! -e broken ]; then
				file=tryboot.txt flag=1
			fi
			rm -f flag
			tree=/run/device-tree
			mkdir -p $tree/chosen/bootloader $tree/reserved-memory
			printf 'raspberrypi,4-model-b\000brcm,bcm2711\000' >$tree/compatible
			printf "\\000\\000\\000\\00$flag" >$tree/chosen/bootloader/tryboot
			! grep -q '^dtoverlay=ramoops-pi4' $file || mkdir -p $tree/reserved-memory/ramoops@b000000
			mount --bind $tree /sys/firmware/devicetree/base
		F
		chmod +x /usr/local/sbin/firmware
		cat >/etc/systemd/system/firmware.service <<-'F'
			[Unit]
			Before=ssh.service
			[Service]
			Type=oneshot
			RemainAfterExit=yes
			ExecStart=/usr/local/sbin/firmware start
			ExecStop=/usr/local/sbin/firmware stop
			[Install]
			WantedBy=multi-user.target
		F
		systemctl daemon-reload
		systemctl enable --now firmware
	END
}

test_config_txt_is_tried_once() {
	prov_up raspberry
	make_firmware
	outpost -b "$P" --json provision --only boot
	expect_status 0
	expect_state boot waits
	pi 'test ! -e /boot/firmware/tryboot.txt' || fail "it was written before the restart was allowed"

	# A board that does not come up with it is reset, and is back with the old file.
	pi 'sudo touch /boot/firmware/broken'
	outpost -b "$P" --json provision --only boot --restart --return-timeout 15m
	expect_status 1
	expect_state boot failed
	expect_json '.steps[0].why | test("did not come up with the new lines")' true
	[ "$(pi 'sudo ls /boot/firmware' | xargs)" = "broken config.txt overlays" ] || fail "left behind: $(pi ls /boot/firmware)"
	[ "$(pi cat /boot/firmware/config.txt)" = dtparam=audio=on ] || fail "config.txt was changed"

	pi 'sudo rm /boot/firmware/broken'
	outpost -b "$P" --json provision --only boot --restart --return-timeout 15m
	expect_status 0
	expect_state boot changed
	pi 'grep -x "dtparam=audio=on" /boot/firmware/config.txt && grep "^dtoverlay=ramoops-pi4," /boot/firmware/config.txt' ||
		fail "config.txt: $(pi cat /boot/firmware/config.txt)"
	pi 'test ! -e /boot/firmware/tryboot.txt' || fail "tryboot.txt is still there"
	outpost -b "$P" provision --only boot --restart
	expect_status 0
	expect_err "Nothing was changed"
	outpost -b "$P" provision --only boot --undo
	expect_status 0
	[ "$(pi cat /boot/firmware/config.txt)" = dtparam=audio=on ] || fail "--undo left lines"
	"$OUTPOST" -q vm down "$P"
}
