# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2034,SC2153,SC2154
# Interrupts, and containers and engines that fail.

is_running() { # MODULE COMMAND: does it run in the module's container?
	engine exec "$(container_of "$1")" sh -c 'cat /proc/[0-9]*/cmdline' 2>/dev/null | tr '\0' ' ' | grep -q "$2"
}

is_gone() {
	! is_running "$@"
}

# Ctrl-C also ends the processes in the container.
test_interrupt() {
	make_module endless '$(shell sleep 4711)'
	"$OUTPOST" build --kernel "$RELEASE" endless >out 2>err &
	local pid=$!
	wait_until is_running endless "sleep 4711" || fail "the build did not start: $(cat err)"
	kill -INT $pid
	ends_with 130 $pid || fail "the status is not 130: $(cat err)"
	wait_until is_gone endless "sleep 4711" || fail "the build still runs in the container"
	make_module after
	outpost build --kernel "$RELEASE" after
	expect_status 0
}

# Builds do not wait for each other, but stopping their containers waits for them.
test_two_at_once() {
	make_module long "\$(shell [ ! -e $WORK/closed ] || cat $WORK/gate)"
	mkfifo gate
	touch closed # from now on the build waits at the gate
	make_module short
	"$OUTPOST" build --kernel "$RELEASE" long >long.out 2>&1 &
	local pid=$! stop
	wait_until is_running long "cat $WORK/gate" || fail "the build did not start: $(cat long.out)"
	outpost build --kernel "$RELEASE" short
	expect_status 0
	"$OUTPOST" container stop >stop.out 2>&1 &
	stop=$!
	wait_until grep -q "Waiting for another outpost that uses the build container" stop.out ||
		fail "stop does not wait: $(cat stop.out)"
	rm closed
	echo >gate
	wait $pid || fail "the build failed: $(cat long.out)"
	wait $stop || fail "status $?: $(cat stop.out)"
}

# Somebody else killed the container: the next build restarts it.
test_killed() {
	make_module again
	outpost build --kernel "$RELEASE" again
	expect_status 0
	engine kill "$(container_of again)" || fail "the container was not running"
	echo '/* changed */' >>again/again.c
	outpost build --kernel "$RELEASE" again
	expect_status 0
	expect_err "Starting the build container"
}

# A build reports an engine that has stopped working, and falls back to this machine.
test_engine_fails() {
	printf '[container]\nimage = %s\nrun_args = --no-such-option\n' "$IMAGE" >outpost.conf
	outpost container stop
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
