# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# outpost tunnel on a gateway, with a real sshd, useradd and nft, on a machine of the test's own.
# shellcheck disable=SC2016,SC2317 # what is in single quotes is for shells in the machine; wait_until calls
# shellcheck source=tests/system/cli/machine_gateway.sh
. "$TOP/tests/system/cli/machine_gateway.sh"

SNIPPET=/etc/ssh/sshd_config.d/50-outpost.conf

# --- setup-gateway ---------------------------------------------------------------------

test_a_gateway_is_set_up_and_undone() {
	make_machine
	tree >before
	machine "$OUTPOST" tunnel setup-gateway --dry-run
	mv out planned
	grep -q '^+ group outpost-boards$' planned || fail "the dry run shows no group"
	grep -q '^+Match Group outpost-boards$' planned || fail "the dry run shows no text"
	tree | diff before - || fail "the dry run changed something"
	machine "$OUTPOST" tunnel setup-gateway
	# The dry run lists exactly what is created.
	diff <(grep '^+ [^ ]*' planned | grep -v '^+++' | grep '^+ [/gu]' | sort) <(sort out) || fail "the dry run shows something else"
	tree >made
	machine "$OUTPOST" tunnel setup-gateway
	expect_silent out
	expect_err "Nothing to change"
	tree | diff made - || fail "the second run changed something"
	machine "$OUTPOST" tunnel setup-gateway --undo --dry-run
	tree | diff made - || fail "the dry run of --undo changed something"
	machine "$OUTPOST" tunnel setup-gateway --undo
	tree | diff before - || fail "--undo left something, or took too much"
	machine "$OUTPOST" tunnel setup-gateway --undo
	expect_err "Nothing to change"
}

# What an administrator added meanwhile stays; so does a group that was there before.
test_undo_removes_nothing_else() {
	make_machine
	in_machine groupadd --system outpost
	in_machine mkdir -p /usr/local/lib/outpost
	in_machine touch /usr/local/lib/outpost/mine
	machine "$OUTPOST" tunnel setup-gateway
	in_machine touch /etc/outpost/mine
	in_machine useradd --no-create-home late
	machine "$OUTPOST" tunnel setup-gateway --undo
	expect_err "/etc/outpost stays"
	in_machine test -e /usr/local/lib/outpost/mine || fail "a file in an older folder was removed"
	in_machine test -e /etc/outpost/mine || fail "a file in a newer folder was removed"
	in_machine getent group outpost >/dev/null || fail "an older group was removed"
	in_machine getent passwd late >/dev/null || fail "another user was removed"
	in_machine test ! -e /var/lib/outpost || fail "/var/lib/outpost is still there"
}

test_setup_can_be_repeated_after_it_was_killed() {
	make_machine
	tree >before
	local after
	for after in 0.05 0.15 0.3 0.5 0.8; do
		run in_machine timeout -s KILL $after "$OUTPOST" tunnel setup-gateway
		any_status
		in_machine /usr/sbin/sshd -t || fail "sshd rejects its configuration"
	done
	machine "$OUTPOST" tunnel setup-gateway
	for after in 0.05 0.15 0.3; do
		run in_machine timeout -s KILL $after "$OUTPOST" tunnel setup-gateway --undo
		any_status
	done
	machine "$OUTPOST" tunnel setup-gateway --undo
	tree | diff before - || fail "something was left"
}

# refuses MESSAGE: setup-gateway fails with it, and changes nothing.
refuses() {
	tree >before
	machine "$OUTPOST" tunnel setup-gateway
	expect_status 3
	expect_err "$1"
	tree | diff before - || fail "something was changed"
}

test_sshd_never_stays_with_a_configuration_that_it_rejects() {
	make_machine
	start_sshd
	# rejected before
	in_machine sh -c 'echo NoSuchKeyword yes >/etc/ssh/sshd_config.d/90-x.conf'
	refuses "sshd already rejects its configuration"
	expect_err "NoSuchKeyword"
	in_machine rm /etc/ssh/sshd_config.d/90-x.conf
	# rejected only with the snippet: it is included within a Match block
	in_machine cp /etc/ssh/sshd_config sshd.saved
	in_machine sh -c '(grep -v Include sshd.saved; echo Match User nobody; grep Include sshd.saved) >/etc/ssh/sshd_config'
	refuses "sshd rejects its configuration with $SNIPPET"
	in_machine /usr/sbin/sshd -t || fail "sshd rejects its configuration"
	# accepted, but without effect: another file comes first, or the folder is not included
	in_machine cp sshd.saved /etc/ssh/sshd_config
	in_machine sh -c 'echo "Match all\n\tAllowStreamLocalForwarding yes" >/etc/ssh/sshd_config.d/10-x.conf'
	refuses "sshd does not obey 'AllowStreamLocalForwarding no' for outpost-invite"
	in_machine rm /etc/ssh/sshd_config.d/10-x.conf
	in_machine sh -c 'grep -v Include sshd.saved >/etc/ssh/sshd_config'
	refuses "sshd does not obey 'DisableForwarding yes' for outpost-invite"
	in_machine cp sshd.saved /etc/ssh/sshd_config
	machine "$OUTPOST" tunnel setup-gateway
}

test_setup_does_not_overwrite() {
	make_machine
	in_machine sh -c "echo '# mine' >$SNIPPET"
	refuses "$SNIPPET exists already, and setup-gateway did not create it"
	in_machine rm "$SNIPPET"
	in_machine useradd --system outpost-invite
	refuses "user outpost-invite exists already"
	in_machine userdel outpost-invite
	in_machine chmod g+w /usr/local/lib
	refuses "sshd does not trust what is in /usr/local/lib: others than root can write to it"
	in_machine chmod g-w /usr/local/lib
	in_machine sh -c 'echo MaxStartups 10:30:60 >>/etc/ssh/sshd_config'
	machine "$OUTPOST" tunnel setup-gateway
	expect_err "MaxStartups of sshd stays as it is: 10:30:60"
	in_machine /usr/sbin/sshd -T | grep -qx 'maxstartups 10:30:60' || fail "MaxStartups was replaced"
	machine "$OUTPOST" tunnel setup-gateway
	expect_silent out
}

test_setup_needs_root_and_nft() {
	make_machine
	make_user anna
	as anna /run/build/outpost tunnel setup-gateway
	expect_status 3
	expect_one_error "This needs root"
	: >nothing
	in_machine mount --bind nothing "$(command -v nft || echo /usr/sbin/nft)"
	refuses "nft is not installed"
	in_machine umount "$(command -v nft || echo /usr/sbin/nft)"
	machine "$OUTPOST" tunnel invite pi4 --address 127.0.0.1
	expect_status 3
	expect_one_error "This machine is not set up as a gateway"
	machine "$OUTPOST" tunnel setup-gateway --exempt 192.0.2.0/24
	if in_machine /usr/sbin/sshd -t -o 'PerSourcePenaltyExemptList 127.0.0.1' 2>/dev/null; then
		in_machine grep -qx 'PerSourcePenaltyExemptList 192.0.2.0/24' "$SNIPPET" || fail "not exempt"
	else
		expect_status 3
		expect_one_error "This sshd has no penalties"
	fi
}

# --- invitations -------------------------------------------------------------------------

test_an_invitation_is_accepted_once() {
	make_gateway
	invite pi4
	cmp "$TOP/build/host/outpost-agent" pi4/outpost-agent || fail "another agent was sent"
	make_request pi4
	make_request pi5
	accept pi4
	expect_out "ok pi4"
	expect_out "account board-pi4"
	expect_out "login pi"
	expect_out "host-key $(in_machine cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub)"
	expect_out "host-key $(in_machine cut -d' ' -f1,2 /etc/ssh/ssh_host_ecdsa_key.pub)"
	[ "$(in_machine cat /var/lib/outpost/keys/pi4/key)" = "$(cut -d' ' -f1,2 pi4.tunnel.pub)" ] || fail "another key is stored"
	accept pi4 "$WORK/pi5.request"
	expect_status 255
	expect_err "Permission denied (publickey)"
	machine "$OUTPOST" tunnel list
	expect_out "joined as raspberrypi"
	# Another invitation for the same board replaces the key; until then the old one works. A host key that
	# the gateway has got meanwhile is pinned, too.
	in_machine ssh-keygen -q -t rsa -N '' -C '' -f /etc/ssh/ssh_host_rsa_key
	in_machine sh -c 'echo HostKey /etc/ssh/ssh_host_rsa_key >>/etc/ssh/sshd_config && kill -HUP $(cat /run/sshd.pid)'
	invite pi4
	[ "$(in_machine cat /var/lib/outpost/keys/pi4/key)" = "$(cut -d' ' -f1,2 pi4.tunnel.pub)" ] || fail "the key is gone"
	accept pi4 "$WORK/pi5.request"
	expect_out "ok pi4"
	expect_out "host-key $(in_machine cut -d' ' -f1,2 /etc/ssh/ssh_host_rsa_key.pub)"
	[ "$(in_machine cat /var/lib/outpost/keys/pi4/key)" = "$(cut -d' ' -f1,2 pi5.tunnel.pub)" ] || fail "the old key is stored"
}

test_an_invitation_is_used_once_by_many_at_the_same_moment() {
	make_gateway
	invite pi4
	invitation pi4
	local i accepted pids=()
	for i in 1 2 3 4 5 6; do
		make_request "board$i"
		# The connection and its forced command are there before any request is sent.
		in_machine sh -c 'until [ -e "$1" ]; do sleep 0.02; done; cat "$2"' - "$WORK/go" "$WORK/board$i.request" |
			in_machine "${INVITATION[@]}" accept >"reply$i" 2>&1 &
		pids+=($!)
	done
	running() { [ "$(in_machine pgrep -cf 'outpost-gateway accept pi4')" -ge 6 ]; }
	wait_until running || true # one ssh may still be slow: then fewer come at once
	touch go
	wait "${pids[@]}" || true
	cat reply*
	accepted=$(grep -lx 'ok pi4' reply* | wc -l)
	[ "$accepted" = 1 ] || fail "accepted $accepted times"
	i=$(grep -lx 'ok pi4' reply*)
	[ "$(in_machine cat /var/lib/outpost/keys/pi4/key)" = "$(cut -d' ' -f1,2 "board${i#reply}.tunnel.pub")" ] ||
		fail "not the key of the one that was accepted is stored"
}

# expire NAME: as if its time was over.
expire() {
	in_machine sh -c 'sed -i "s/^expires .*/expires 1700000000/" /var/lib/outpost/keys/$1/invitation.*' - "$1"
}

test_an_invitation_expires() {
	make_gateway
	invite pi4
	make_request pi4
	# sshd knows the time, too.
	machine /usr/local/lib/outpost/outpost-gateway keys outpost-invite
	expect_out "restrict,expiry-time=\"$(date -d "@$(sed -n 's/^expires //p' pi4/invitation)" +%Y%m%d%H%M%S)\",command="
	# A connection that was made in time may not use it afterwards.
	invitation pi4
	in_background "${INVITATION[@]}" -o ControlMaster=yes -o ControlPath="$WORK/master" -N
	wait_until test -S master || fail "no connection"
	expire pi4
	accept pi4
	expect_status 255
	expect_err "Permission denied"
	machine ssh -F none -T -o ControlPath="$WORK/master" x "agent $(uname -m)"
	expect_status 1
	expect_err "The invitation has expired"
	run in_machine sh -c 'exec ssh -F none -T -o ControlPath="$1" x accept <"$2"' - "$WORK/master" "$WORK/pi4.request"
	expect_status 1
	expect_out "error The invitation has expired"
	in_machine test ! -e /var/lib/outpost/keys/pi4/key || fail "a key was stored"
	machine "$OUTPOST" tunnel list
	expect_out "the invitation has expired"
}

test_an_older_invitation_is_not_valid() {
	make_gateway
	invite pi4
	make_request pi4
	invitation pi4
	in_background "${INVITATION[@]}" -o ControlMaster=yes -o ControlPath="$WORK/master" -N
	wait_until test -S master || fail "no connection"
	cp -r pi4 older
	invite pi4
	run in_machine sh -c 'exec ssh -F none -T -o ControlPath="$1" x accept <"$2"' - "$WORK/master" "$WORK/pi4.request"
	expect_status 1
	expect_out "error The invitation was used already, replaced by a newer one, or revoked"
	accept older "$WORK/pi4.request"
	expect_status 255
	accept pi4
	expect_out "ok pi4"
}

test_an_invitation_does_nothing_else() {
	make_gateway
	invite pi4
	invitation pi4
	local asked
	for asked in '' id 'accept; id' 'agent ../../../../etc/passwd' 'agent x;id' 'agent armv7l'; do
		machine "${INVITATION[@]}" "$asked"
		expect_status 1
		expect_silent out
	done
	expect_err "There is no agent for armv7l"
	make_request pi4
	sed 's/^key /key command="sh" /' pi4.request >options
	head -c 100000 /dev/zero | tr '\0' x >long
	: >empty
	for asked in options long empty; do
		accept pi4 "$WORK/$asked"
		expect_status 1
		expect_out "error The gateway"
	done
	accept pi4
	expect_out "ok pi4"
}

test_invite_refuses() {
	make_gateway
	machine "$OUTPOST" tunnel invite pi4
	expect_status 3
	expect_one_error "The address at which boards reach this gateway is not known"
	machine "$OUTPOST" tunnel invite 'Pi;id' --address gw
	expect_status 3
	expect_one_error "'Pi;id' is not a valid name"
	machine "$OUTPOST" tunnel invite pi4 --address 'gw;id'
	expect_status 3
	expect_one_error "'gw;id' is not the address of a gateway"
	machine "$OUTPOST" tunnel invite pi4 --address gw --login 'root;id'
	expect_status 3
	expect_one_error "'root;id' is not a valid name of a user"
	machine "$OUTPOST" tunnel invite pi4 --address gw --expires 31d
	expect_status 2
	expect_one_error "--expires 31d: expected a time"
	machine "$OUTPOST" tunnel list
	expect_silent out
	invite pi4 --port 3000
	machine "$OUTPOST" tunnel invite pi5 --port 3000
	expect_status 3
	expect_one_error "Port 3000 belongs to board pi4"
	# If sshd would not obey for boards, nothing is left of a new one.
	tree >before
	in_machine sh -c 'echo "Match Group outpost-boards\n\tAllowTcpForwarding yes" >/etc/ssh/sshd_config.d/10-x.conf'
	machine "$OUTPOST" tunnel invite pi5
	expect_status 3
	expect_err "sshd does not obey 'AllowTcpForwarding remote' for board-pi5"
	in_machine rm /etc/ssh/sshd_config.d/10-x.conf
	tree | diff before - || fail "something was left of pi5"
	machine "$OUTPOST" tunnel revoke nothing
	expect_status 3
	expect_one_error "This gateway has no board 'nothing'"
}

# --- cards --------------------------------------------------------------------------------

test_a_card_with_an_invitation() {
	make_gateway
	mkdir bookworm trixie other
	echo 'console=tty1 root=PARTUUID=0-02 rootwait' >bookworm/cmdline.txt
	cp bookworm/cmdline.txt trixie
	printf '#cloud-config\nhostname: x\n' >trixie/user-data
	echo 'instance_id: rpios-image' >trixie/meta-data
	cp -r trixie odd
	echo '#!/bin/sh' >odd/user-data
	machine "$OUTPOST" tunnel invite pi4 --address 127.0.0.1 --boot bookworm
	expect_silent out
	[ "$(<bookworm/cmdline.txt)" = "console=tty1 root=PARTUUID=0-02 rootwait systemd.run=/boot/firmware/outpost-join/outpost-join-setup systemd.run_success_action=reboot systemd.unit=kernel-command-line.target" ] ||
		fail "another line: $(<bookworm/cmdline.txt)"
	machine "$OUTPOST" tunnel invite pi5 --boot trixie
	diff - trixie/user-data <<-END || fail "another user-data"
		#cloud-config
		hostname: x
		runcmd:
		- [ sh, /boot/firmware/outpost-join/outpost-join-setup ]
	END
	cmp bookworm/cmdline.txt trixie/cmdline.txt && fail "cmdline.txt was edited for cloud-init, too"
	# What is on the card is the invitation.
	mv bookworm/outpost-join pi4
	make_request pi4
	accept pi4
	expect_out "ok pi4"
	# Nothing is done for a card that cannot be written to.
	tree >before
	machine "$OUTPOST" tunnel invite pi6 --boot other
	expect_status 3
	expect_one_error "other is not the boot partition of a Raspberry Pi OS card"
	machine "$OUTPOST" tunnel invite pi6 --boot odd
	expect_status 3
	expect_one_error "Cannot add to odd/user-data: it does not begin with #cloud-config"
	[ "$(ls odd)" = "$(ls other; printf 'cmdline.txt\nmeta-data\nuser-data')" ] || fail "something was written"
	tree | diff before - || fail "pi6 was created"
}

# The first boot, with the folders of the Pi in the machine's.
test_a_card_sets_up_its_service() {
	make_gateway
	mkdir card bin
	printf '#!/bin/sh\necho "$*" >>%s/systemctl\n' "$WORK" >bin/systemctl
	chmod +x bin/systemctl
	echo 'rootwait systemd.run=/boot/firstrun.sh systemd.run_success_action=reboot systemd.unit=kernel-command-line.target' >card/cmdline.txt
	cp card/cmdline.txt old
	machine "$OUTPOST" tunnel invite pi4 --address 127.0.0.1 --boot card
	run in_machine env PATH="$WORK/bin:$PATH" card/outpost-join/outpost-join-setup
	cmp old card/cmdline.txt || fail "cmdline.txt is not as before: $(<card/cmdline.txt)"
	[ "$(ls card)" = cmdline.txt ] || fail "the invitation is still on the card"
	grep -qx 'enable ssh.service outpost-join.service' systemctl || fail "not enabled: $(<systemctl)"
	in_machine systemd-analyze --man=no verify /etc/systemd/system/outpost-join.service || fail "the unit has an error"
	# The service fetches the agent, and would try again later: this one cannot join.
	[ -z "$(in_machine find /var/lib/outpost-join -perm /077)" ] || fail "others can read the invitation"
	# It ends when the board has joined, though the tunnel is not up yet.
	in_machine sh -c 'cp -a /var/lib/outpost-join /run/again; mkdir -p /etc/outpost/tunnel; echo "name = pi4" >/etc/outpost/tunnel/tunnel.conf'
	run in_machine env PATH="$WORK/bin:$PATH" sh /var/lib/outpost-join/outpost-join
	expect_silent err
	in_machine test ! -e /var/lib/outpost-join || fail "a used invitation is kept"
	in_machine sh -c 'mv /run/again /var/lib/outpost-join; rm -r /etc/outpost/tunnel'
	in_machine sh -c 'sed -i "s/^expires .*/expires 1700000000/" /var/lib/outpost-join/invitation'
	run in_machine env PATH="$WORK/bin:$PATH" sh /var/lib/outpost-join/outpost-join
	expect_err "The invitation has expired. On the gateway, run: outpost tunnel invite pi4"
	in_machine test ! -e /var/lib/outpost-join || fail "an expired invitation is kept"
	# With only Outpost's words, all of them go.
	echo rootwait >card/cmdline.txt
	machine "$OUTPOST" tunnel invite pi4 --boot card
	run in_machine env PATH="$WORK/bin:$PATH" card/outpost-join/outpost-join-setup
	[ "$(<card/cmdline.txt)" = rootwait ] || fail "cmdline.txt is not as before: $(<card/cmdline.txt)"
}

# --- reaching boards ------------------------------------------------------------------------

test_developers_reach_a_board() {
	make_gateway
	make_user dev outpost
	make_user other
	join pi4 --login dev
	ssh-keygen -q -t ed25519 -N '' -C '' -f home-dev/.ssh/id_ed25519
	in_machine chown -R dev home-dev
	cp home-dev/.ssh/id_ed25519.pub authorized_keys
	connect_board pi4
	[ "$(in_machine stat -c '%a %U %G' /var/lib/outpost/boards/board-pi4/s/ssh)" = "660 board-pi4 outpost" ] || fail "wrong owner or mode"
	as dev ssh pi4 echo hello
	expect_out hello
	echo content >home-dev/file
	as dev scp /run/work/home-dev/file pi4:/run/work/home-dev/copy
	[ "$(<home-dev/copy)" = content ] || fail "scp copied nothing"
	as dev rsync /run/work/home-dev/file pi4:/run/work/home-dev/second
	[ "$(<home-dev/second)" = content ] || fail "rsync copied nothing"
	# Outpost itself needs nothing but the name.
	in_machine sh -c "mkdir -p /usr/local/lib/outpost && cp $TOP/build/host/outpost-agent /usr/local/lib/outpost/"
	as dev /run/build/outpost -b pi4 board show
	expect_out "board      pi4 (pi4)"
	as other ssh -o BatchMode=yes pi4 true
	expect_status 255
	expect_err "You may not use board pi4: you are not in the group outpost"
	as dev ssh pi5 true
	expect_status 255
	as dev /usr/local/lib/outpost/outpost-gateway connect pi5
	expect_status 1
	expect_one_error "There is no board pi5 on this gateway"
	# The key of another machine in the board's place is refused.
	in_machine sed -i 's/ssh-ed25519 .*/ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIw+bZBRqApZ4T8w9KLkz3PfXKhbTl22GkxykWNXIGHr/' /var/lib/outpost/keys/pi4/host_keys
	as dev ssh -o BatchMode=yes pi4 true
	expect_status 255
	expect_err "REMOTE HOST IDENTIFICATION HAS CHANGED"
	in_machine pkill -u board-pi4
	gone() { ! in_machine test -S /var/lib/outpost/boards/board-pi4/s/ssh || ! in_machine pgrep -u board-pi4 >/dev/null; }
	wait_until gone
	as dev ssh pi4 true
	expect_status 255
	expect_err "Board pi4 is not connected to this gateway"
}

# Without systemd, its tools do what the units do.
serve_port() { # NAME PORT
	in_machine sh -c '/usr/local/lib/outpost/outpost-gateway rules | nft -f -' || fail "nft does not accept the rules"
	in_background setpriv --reuid outpost-port --regid outpost --clear-groups systemd-socket-activate -l "127.0.0.1:$2" \
		/usr/lib/systemd/systemd-socket-proxyd "/var/lib/outpost/boards/board-$1/s/ssh" 2>proxyd.log
	listening() { in_machine ss -ltn | grep -q "127.0.0.1:$2 "; }
	wait_until listening "$@" || fail "nothing listens on $2: $(<proxyd.log)"
}

test_only_developers_reach_the_port() {
	make_gateway
	make_user dev outpost
	make_user primary
	in_machine usermod -g outpost primary
	make_user other
	join pi4 --login dev
	ssh-keygen -q -t ed25519 -N '' -C '' -f home-dev/.ssh/id_ed25519
	in_machine chown -R dev home-dev
	cp home-dev/.ssh/id_ed25519.pub authorized_keys
	connect_board pi4
	serve_port pi4 2222
	as dev ssh -p 2222 -o StrictHostKeyChecking=accept-new dev@localhost echo hello
	expect_out hello
	as primary ssh-keyscan -T 5 -p 2222 127.0.0.1
	expect_out ssh-ed25519
	as other ssh -p 2222 dev@localhost true
	expect_status 255
	expect_err "Connection refused"
	# "localhost" is ::1, too: who listens there gets nothing that is meant for the board.
	in_background setpriv --reuid other --regid 100 --clear-groups perl -e '
		use IO::Socket::IP;
		my $s = IO::Socket::IP->new(LocalHost => "::1", LocalPort => 2222, Listen => 1) or die "cannot listen: $@";
		print STDERR "listening\n"; my $c = $s->accept; print STDERR "called\n"' 2>thief
	wait_until grep -q listening thief || fail "nobody listens on ::1: $(<thief)"
	as dev ssh -p 2222 -o StrictHostKeyChecking=accept-new dev@localhost echo hello
	expect_out hello
	! grep -q called thief || fail "ssh went to another user"
	# Nobody is kept from other ports.
	as other ssh-keyscan -T 5 -p 2201 127.0.0.1
	expect_out ssh-ed25519
	# Who leaves the group is kept out when the rules are loaded again.
	in_machine gpasswd -d dev outpost >/dev/null
	in_machine sh -c '/usr/local/lib/outpost/outpost-gateway rules | nft -f -'
	as dev ssh -p 2222 dev@localhost true
	expect_status 255
	expect_err "Connection refused"
}

test_a_laptop_reaches_a_board_through_the_gateway() {
	make_gateway
	make_user dev outpost
	join pi4 --login dev
	ssh-keygen -q -t ed25519 -N '' -C '' -f home-dev/.ssh/id_ed25519
	printf 'Host gw\n\tHostName 127.0.0.1\n\tPort 2200\n\tUser dev\n\tUserKnownHostsFile %s/known\n\tStrictHostKeyChecking accept-new\n' /run/work/home-dev >home-dev/.ssh/config
	cp home-dev/.ssh/id_ed25519.pub authorized_keys
	in_machine sh -c "echo AuthorizedKeysFile /run/work/authorized_keys >>/etc/ssh/sshd_config; echo StrictModes no >>/etc/ssh/sshd_config"
	in_machine sh -c 'kill -HUP $(cat /run/sshd.pid)'
	in_machine chown -R dev home-dev
	connect_board pi4
	serve_port pi4 2222
	as dev /run/build/outpost board add pi4 --gateway gw
	[ "$(<out)" = "ssh -J gw -p 2222 dev@localhost" ] || fail "another line"
	as dev ssh -F home-dev/config/outpost/boards/pi4.ssh_config pi4 echo hello
	expect_out hello
	as dev /run/build/outpost board add pi5 --gateway gw
	expect_status 3
	expect_one_error "The gateway gw did not tell about board pi5"
	as dev /run/build/outpost board add pi4 --gateway '-oProxyCommand=id'
	expect_status 2
	as dev /run/build/outpost board remove pi4
	[ -z "$(ls home-dev/config/outpost/boards)" ] || fail "files were left"
}

# --- revoke -------------------------------------------------------------------------------

test_revoke_cuts_a_live_connection() {
	make_gateway
	make_user dev outpost
	tree >before
	join pi4 --login dev
	ssh-keygen -q -t ed25519 -N '' -C '' -f home-dev/.ssh/id_ed25519
	in_machine chown -R dev home-dev
	cp home-dev/.ssh/id_ed25519.pub authorized_keys
	connect_board pi4
	as dev ssh pi4 echo hello
	as_user dev
	in_background "${AS[@]}" ssh pi4 'echo there; sleep 60' >session
	local session=$!
	wait_until grep -q there session || fail "no session"
	machine "$OUTPOST" tunnel setup-gateway --undo
	expect_status 3
	expect_one_error "This gateway still has boards: pi4"
	machine "$OUTPOST" tunnel revoke pi4
	# Both have ended when the command returns, or a moment later.
	ends_with 255 "$BOARD_TUNNEL" || fail "the tunnel ended otherwise"
	ends_with 255 $session || fail "the session ended otherwise"
	tunnel_key pi4
	machine "${TUNNEL[@]}" -R /s/ssh:127.0.0.1:2201
	expect_status 255
	expect_err "Permission denied"
	as dev ssh -o BatchMode=yes pi4 true
	expect_status 255
	in_machine rm -f /etc/outpost/gateway.conf # the address is remembered
	in_machine sed -i '\|/etc/outpost/gateway.conf|d' /var/lib/outpost/made
	tree | diff before - || fail "something of pi4 is left"
}

# A key that was accepted a moment before, and a process that the account left, go as well.
test_revoke_ends_what_the_account_started() {
	make_gateway
	join pi4
	in_background setpriv --reuid board-pi4 --regid outpost-boards --clear-groups sleep 60
	local left=$!
	machine "$OUTPOST" tunnel revoke pi4
	ends_with 137 $left || fail "a process was left"
	in_machine test ! -e /etc/ssh/ssh_config.d/50-outpost-pi4.conf || fail "the entry for ssh is left"
	! in_machine getent passwd board-pi4 || fail "the account is left"
}
