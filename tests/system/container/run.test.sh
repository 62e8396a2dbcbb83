# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2034,SC2153,SC2154
# Interrupts, and containers and engines that fail.

is_running() { # COMMAND: does it run in the container?
	engine exec "$(container_name)" sh -c 'cat /proc/[0-9]*/cmdline' 2>/dev/null | tr '\0' ' ' | grep -q "$1"
}

is_gone() {
	! is_running "$1"
}

# Ctrl-C also ends the processes in the container.
test_interrupt() {
	make_module endless '$(shell sleep 4711)'
	"$OUTPOST" build --kernel "$RELEASE" endless >out 2>err &
	local pid=$!
	wait_until is_running "sleep 4711" || fail "the build did not start: $(cat err)"
	kill -INT $pid
	ends_with 130 $pid || fail "the status is not 130: $(cat err)"
	wait_until is_gone "sleep 4711" || fail "the build still runs in the container"
	make_module after
	outpost build --kernel "$RELEASE" after
	expect_status 0
}

# Two builds share the container. A build that needs a restart of it waits for the other.
test_two_at_once() {
	make_module long "\$(shell [ ! -e $WORK/closed ] || cat $WORK/gate)"
	mkfifo gate
	touch closed # from now on the build waits at the gate
	make_module short
	outpost build --kernel "$RELEASE" short
	"$OUTPOST" build --kernel "$RELEASE" long >long.out 2>&1 &
	local pid=$! waiting other
	wait_until is_running "cat $WORK/gate" || fail "the build did not start"
	other=$(mktemp -d /var/tmp/outpost-container.XXXXXX)
	mkdir -p "$other/a/b"
	(cd "$other/a/b" && make_module third)
	"$OUTPOST" build --kernel "$RELEASE" "$other/a/b/third" >third.out 2>&1 &
	waiting=$!
	wait_until grep -q "Waiting for another outpost that uses the build container" third.out ||
		fail "the third build does not wait: $(cat third.out)"
	rm closed
	echo >gate
	wait $waiting || fail "status $?: $(cat third.out)"
	rm -r "$other"
	wait $pid || fail "the other build failed: $(cat long.out)"
}

# Somebody else killed the container: the next build restarts it.
test_killed() {
	make_module again
	outpost build --kernel "$RELEASE" again
	expect_status 0
	engine kill "$(container_name)" || fail "the container was not running"
	echo '/* changed */' >>again/again.c
	outpost build --kernel "$RELEASE" again
	expect_status 0
	expect_err "Starting the build container"
}

# A build reports an engine that has stopped working, and falls back to this machine.
test_engine_fails() {
	printf '[container]\nimage = %s\nrun_args = --no-such-option\n' "$IMAGE" >outpost.conf
	engine rm --force "$(container_name)"
	make_module without
	outpost build --kernel "$RELEASE" without
	expect_err "cannot start the build container: "
	expect_err "unknown flag: --no-such-option"
	expect_err "on this machine instead"
	outpost build --in container --kernel "$RELEASE" without
	expect_status 3
	expect_one_error "cannot start the build container"
}

# An explicit --in container does not fall back to this machine.
test_no_image() {
	export XDG_CACHE_HOME=$WORK/cache
	mkdir -p "$XDG_CACHE_HOME/outpost"
	cp -a "$ALL/cache/outpost/trees" "$XDG_CACHE_HOME/outpost/"
	make_module alone
	outpost build --in container --kernel "$RELEASE" alone
	expect_status 3
	expect_one_error "in a build container"
	expect_err "outpost container build"
	outpost build --kernel "$RELEASE" alone
	expect_err "on this machine"
}
