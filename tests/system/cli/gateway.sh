# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# A gateway in the folder $G, for options --root: its folders, and boards whose sockets are held by
# processes of the test.

# Makes $G, a gateway without boards.
make_gateway() {
	G=$WORK/gateway
	mkdir -p "$G"/var/lib/outpost/{boards,keys,history} "$G"/run/outpost/status \
		"$G"/etc/outpost/boards "$G"/etc/ssh/ssh_config.d
	: >"$G/etc/passwd"
}

# Adds the board NAME: all that an invitation makes, but no connection.
add_gateway_board() { # NAME
	echo "board-$1:*:990:990::/nonexistent:/usr/sbin/nologin" >>"$G/etc/passwd"
	mkdir -p "$G/var/lib/outpost/boards/board-$1/s" "$G/var/lib/outpost/keys/$1"
	ssh-keygen -q -t ed25519 -N '' -C "$1" -f "key-$1"
	cp "key-$1.pub" "$G/var/lib/outpost/keys/$1/key"
}

# Runs a perl program in the background, whose pid is then in $background, and waits for the file that
# it makes. clean_up ends it.
background() { # FILE PERL [ARG...]
	local file=$1
	rm -f "$file"
	# shellcheck disable=SC2016
	perl -MIO::Socket -e '
		setpgrp; # SIGTERM also ends what it has started
		$SIG{TERM} = sub { $SIG{TERM} = "IGNORE"; kill TERM => -$$; exit };
		$SIG{PIPE} = "IGNORE";'"$2" "${@:3}" >>"$WORK/background.log" 2>&1 &
	background=$!
	echo $background >"$WORK/container-$background"
	wait_until test -e "$file" || fail "$file was not made: $(cat "$WORK/background.log")"
}

# What the board's sshd is for the tunnel: each connection to the socket gets this COMMAND.
serve_ssh() { # NAME COMMAND...
	local socket=$G/var/lib/outpost/boards/board-$1/s/ssh
	# shellcheck disable=SC2016
	background "$socket" '
		my $s = IO::Socket::UNIX->new(Local => shift, Listen => 5) or die $!;
		while (my $c = $s->accept) {
			next if fork;
			open STDIN, "<&", $c; open STDOUT, ">&", $c;
			exec @ARGV; die $!;
		}' "$socket" "${@:2}"
}

# What the supervisor is: MODE is answer, mute (accepts, and says nothing) or close. TEXT: why it was away.
serve_probe() { # NAME MODE [TEXT]
	local socket=$G/var/lib/outpost/boards/board-$1/s/probe
	# shellcheck disable=SC2016
	background "$socket" '
		my ($path, $mode, $text) = @ARGV;
		my $s = IO::Socket::UNIX->new(Local => $path, Listen => 5) or die $!;
		my @held;
		while (my $c = $s->accept) {
			if ($mode eq "mute") { push @held, $c; next; }
			next if $mode eq "close" or fork;
			syswrite $c, "outpost-probe 1 boot=11111111-2222-3333-4444-555555555555 up_ms=42000 connects=3 cause=path text=$text\n";
			while (sysread($c, my $ping, 16) == 16) { syswrite $c, $ping . pack("Q<Q<", 123456, 7890); }
			exit;
		}' "$socket" "$2" "${3-wlan0 became eth0}"
}

# A socket that its process has left behind.
leave_socket() { # NAME ssh|probe
	perl -MIO::Socket -e 'IO::Socket::UNIX->new(Local => shift, Listen => 1) or die $!' \
		"$G/var/lib/outpost/boards/board-$1/s/$2"
}

# Starts the prober of $G; clean_up ends it.
start_prober() {
	"$TOP/build/host/outpost-gateway" probe "$G" >prober.log 2>&1 &
	echo $! >"$WORK/container-$!"
}
