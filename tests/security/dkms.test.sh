# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# dkms.conf is a script that has to be evaluated before anything can be built. Whatever it tries, it
# can only compute and print.

# shellcheck disable=SC2154 # make_tree sets $release
# shellcheck disable=SC2016 # scripts in single quotes

# on_each_user FUNCTION: runs it as this user and, if that is root, as another user as well, because
# the confinement is made in another way for root.
on_each_user() {
	needs_namespaces
	AS=()
	make_tree 6.1.0-9-test
	umask 077
	"$1"
	[ "$(id -u)" = 0 ] || return 0
	as_other test -x "$OUTPOST" || return 0
	AS=(as_other)
	chmod 711 "$ALL"
	rm -f reached
	chown -hR "$OTHER:$OTHER" "$WORK"
	"$1"
}

# evaluate [COMMAND...]: builds a package whose dkms.conf has the standard input in it. What that puts
# into $answer is on standard output.
evaluate() {
	mkdir -p package
	{
		printf '%s\n' PACKAGE_NAME=package PACKAGE_VERSION=1 BUILT_MODULE_NAME=package DEST_MODULE_LOCATION=/extra
		cat
		echo 'BUILD_EXCLUSIVE_ARCH="<${answer}>"'
	} >package/dkms.conf
	chmod -R a+rX package
	run "${AS[@]}" "$@" "$OUTPOST" build --in host -k "$release" package
}

expect_answer() {
	expect_status 0
	expect_out "BUILD_EXCLUSIVE_ARCH=\"<$1>\""
}

# Is there a process with these arguments on this machine?
runs() {
	pgrep -fx "$*"
}

ended() {
	! runs "$@"
}

# --- what it can reach -------------------------------------------------------------

listen='
	use Socket;
	my ($file, $abstract) = @ARGV;
	for ([AF_UNIX, pack_sockaddr_un($file)], [AF_UNIX, pack_sockaddr_un("\0$abstract")],
	     [AF_INET, pack_sockaddr_in(0, INADDR_LOOPBACK)]) {
		my $s;
		socket($s, $$_[0], SOCK_STREAM, 0) && bind($s, $$_[1]) && listen($s, 9) or die "$!";
		push @all, $s;
	}
	chmod 0777, $file;
	print +(sockaddr_in(getsockname($all[2])))[0], "\n";
	close STDOUT;
	sleep 60'
connect='
	use Socket;
	my ($file, $abstract, $port) = @ARGV;
	for ([AF_UNIX, pack_sockaddr_un($file)], [AF_UNIX, pack_sockaddr_un("\0$abstract")],
	     [AF_INET, pack_sockaddr_in($port, INADDR_LOOPBACK)]) {
		my $s;
		$n++ if socket($s, $$_[0], SOCK_STREAM, 0) && connect($s, $$_[1]);
	}
	$n++ if socketpair($a, $b, AF_UNIX, SOCK_STREAM, 0);
	print $n + 0, " of 4"'

connects_to_nothing() {
	rm -f package/socket
	mkdir -p package
	# The socket is in the only folder that it sees.
	local socket=$PWD/package/socket abstract=outpost-test-$$ port
	exec {listener}< <(exec perl -e "$listen" "$socket" "$abstract")
	local pid=$!
	read -r port <&"$listener"
	exec {listener}<&-
	[ "$("${AS[@]}" perl -e "$connect" "$socket" "$abstract" "$port")" = "4 of 4" ] || fail "the attack does not work"
	evaluate <<-END
		answer=\$(perl -e '$connect' "$socket" "$abstract" "$port")
	END
	kill $pid
	expect_answer "0 of 4"
}

test_dkms_reaches_no_socket() {
	on_each_user connects_to_nothing
}

reads_nothing() {
	mkdir -p "$HOME/.ssh" "$XDG_STATE_HOME"
	echo the-secret >"$HOME/.ssh/id_test"
	echo the-secret >"$XDG_STATE_HOME/secret"
	chmod 644 "$HOME/.ssh/id_test"
	ln -sf "$HOME/.ssh/id_test" package/link
	evaluate <<-END
		answer=\$(cat "$HOME/.ssh/id_test" "$XDG_STATE_HOME/secret" link /etc/passwd /proc/self/root/etc/passwd
			cd /; echo home/* root/* run/* var/* sys/* "$WORK"/[!c]*)
	END
	expect_status 0
	! grep -q the-secret out || fail "it reads secrets"
	expect_out "<home/* root/* run/* var/* sys/* $WORK/package $WORK/trees>"
}

test_dkms_reads_nothing_of_the_user() {
	mkdir -p package
	on_each_user reads_nothing
}

writes_nothing() {
	mkdir -p package
	chmod 777 package
	evaluate <<-END
		for dir in / /* /*/* /usr/lib/* . "$WORK" "$WORK"/* \$kernel_source_dir /lib/modules/*/build; do
			[ -d "\$dir" ] || continue
			{ : >"\$dir/outpost-was-here"; } && answer+=" \$dir"
			mkdir "\$dir/outpost-was-here" && answer+=" \$dir"
		done
		{ : >>\$kernel_source_dir/.config; } && answer+=" .config"
		{ : >>dkms.conf; } && answer+=" dkms.conf"
		chmod 600 dkms.conf && answer+=" mode"
	END
	expect_answer ""
	[ "$(ls -A package)" = dkms.conf ] || fail "it wrote into its folder"
}

test_dkms_writes_nothing() {
	on_each_user writes_nothing
}

sees_no_process() {
	sleep 50.7134 &
	local pid=$!
	evaluate <<-END
		for dir in /proc/[0-9]*; do
			[ -e \$dir ] && read -r -d '' line <\$dir/cmdline
			[[ \$line != *sleep* && \$line != *outpost* ]] || answer+=" \$dir"
		done
		kill -0 $pid && answer+=" signal"
		kill -0 \$PPID 2>&1 | grep -q permitted && answer+=" \$PPID"
	END
	kill $pid
	expect_answer ""
}

test_dkms_sees_no_other_process() {
	on_each_user sees_no_process
}

sees_no_secret() {
	evaluate env TOKEN=the-secret OUTPOST_KEY=the-secret bash -c '"$@"' bash <<-'END'
		answer=$(env | grep -c the-secret; tr '\0' '\n' </proc/1/environ | grep -c the-secret)
	END
	expect_status 0
	grep -q the-secret out && fail "it sees the environment"
	expect_out '<0'
}

test_dkms_sees_no_secret_in_the_environment() {
	on_each_user sees_no_secret
}

# --- what it can leave behind, or use up ----------------------------------------------

leaves_nothing() {
	evaluate <<-'END'
		setsid sleep 90.7135 </dev/null >/dev/null 2>&1 &
		(setsid setsid sleep 90.7135 </dev/null >/dev/null 2>&1 &)
		exec perl -e 'setpgrp; sleep 99' </dev/null
	END
	expect_status 1
	expect_err "took longer than 5 s"
	wait_until ended sleep 90.7135 || fail "something that it started goes on"
}

test_dkms_leaves_nothing_running() {
	on_each_user leaves_nothing
}

ends_with_outpost() {
	mkdir -p package
	evaluate <<<'answer='
	expect_status 0
	# It resets its parent-death signal: the numbers of prctl() on amd64 and arm64.
	printf '%s\n' 'setsid sleep 90.7136 &' "exec perl -e 'syscall(157, 1, 0); syscall(167, 1, 0); system qw(sleep 90.7137)'" \
		>>package/dkms.conf
	"${AS[@]}" "$OUTPOST" build --in host -k "$release" package >out 2>&1 &
	wait_until runs sleep 90.7137 || fail "the attack does not work: $(cat out)"
	kill -9 "$(pgrep -x -P $! outpost || echo $!)" || fail "the attack does not work: $(cat out)"
	wait_until ended sleep 90.7136 || fail "it outlives outpost"
}

test_dkms_ends_with_outpost() {
	on_each_user ends_with_outpost
}

# Makes at most 200, so that it does no harm where nothing stops it.
bounded_processes() {
	evaluate <<-'END'
		answer=$(perl -e 'while ($n < 200) { $pid = fork; last unless defined $pid; $pid or sleep 3, exit; $n++ }
			print $n >= 20 && $n < 40 ? "few" : $n; kill 9, -1')
	END
	expect_answer few
}

test_dkms_makes_few_processes() {
	on_each_user bounded_processes
}

bounded_memory() {
	evaluate <<-'END'
		answer=$(perl -e '$x = "x" x 2**27; print "one process"')
		answer+=$(perl -e 'defined shmget(0, 2**27, 0600) and print "shared"')
		answer+=$(perl -e 'for (319, 279) { syscall($_, "x", 0) >= 0 and print "in a file" }') # memfd_create
	END
	expect_answer ""
}

test_dkms_gets_little_memory() {
	on_each_user bounded_memory
}

# --- where it cannot be confined -------------------------------------------------------

is_refused() {
	evaluate unshare --user --map-root-user sh -c \
		'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"' sh <<<'answer=evaluated; echo >evaluated'
	expect_status 1
	expect_err "Cannot confine the evaluation of $WORK/package/dkms.conf: cannot create a user namespace"
	expect_err "hint: As root, run sysctl user.max_user_namespaces="
	! grep -q evaluated out || fail "it was evaluated"
}

test_dkms_is_not_evaluated_unconfined() {
	on_each_user is_refused
}

# In this namespace root is the only user, so it cannot become another one, and the kernel would not
# count its processes.
test_dkms_is_not_evaluated_with_endless_processes() {
	needs_namespaces
	needs_root
	AS=()
	make_tree 6.1.0-9-test
	evaluate unshare --user --map-root-user <<<'answer=evaluated'
	expect_status 1
	expect_err "cannot limit the number of its processes"
	! grep -q evaluated out || fail "it was evaluated"
}

test_dkms_of_the_home_folder_is_not_evaluated() {
	AS=()
	make_tree 6.1.0-9-test
	export HOME=$WORK/package/home
	mkdir -p "$HOME"
	evaluate <<<'answer=evaluated'
	expect_status 1
	expect_err "could read all of $WORK/package"
	! grep -q evaluated out || fail "it was evaluated"
}
