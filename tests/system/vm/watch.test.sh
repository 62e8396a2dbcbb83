# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Every save has its verdict.

start_watch() {
	cp -r "$TOP/modules" .
	"$OUTPOST" --json watch modules/hello >lines 2>watch.err &
	watch=$!
}

# expect_line N VERDICT: the document of run N.
expect_line() {
	local got
	for _ in $(seq 300); do
		[ "$(wc -l <lines)" -ge "$1" ] && break
		kill -0 "$watch" 2>/dev/null || fail "watch ended: $(cat watch.err)"
		sleep 0.1
	done
	got=$(sed -n "$1p" lines | jq -r '.results[0].verdict') || fail "line $1 is not JSON: $(cat lines)"
	[ "$got" = "$2" ] || fail "run $1 came to '$got', not '$2': $(cat lines watch.err)"
}

expect_end() {
	kill -INT "$watch"
	wait "$watch" || fail "status $?: $(cat watch.err)"
	expect_clean_board hello
}

test_watch_runs_at_every_save() {
	start_watch
	expect_line 1 pass
	sed -i 's/Hello, /Hullo, /' modules/hello/hello.c # its own test sees that
	expect_line 2 fail
	echo '#error broken' >>modules/hello/hello.c
	expect_line 3 error
	sed -i '$d; s/Hullo, /Hello, /' modules/hello/hello.c
	expect_line 4 pass
	touch modules/hello/.hello.c.swp
	touch modules/include/outpost/ktap.h
	expect_line 5 pass
	sleep 1
	[ "$(wc -l <lines)" = 5 ] || fail "five runs are expected: $(cat lines)"
	expect_end
}

# While one version is being built the next is saved: that is the one that counts.
test_watch_sees_what_is_saved_during_a_build() {
	start_watch
	expect_line 1 pass
	touch modules/hello/hello.c
	sleep 0.4
	sed -i 's/Hello, /Hullo, /' modules/hello/hello.c
	for _ in $(seq 100); do
		[ "$(tail -1 lines | jq -r '.results[0].verdict')" = fail ] && break
		sleep 0.1
	done
	sleep 1
	[ "$(tail -1 lines | jq -r '.results[0].verdict')" = fail ] || fail "an old version was tested last"
	expect_end
}

test_watch_survives_a_cut_link() {
	local pid
	start_watch
	expect_line 1 pass
	for pid in $(pgrep -P "$watch"); do
		kill -9 "$pid" # its ssh
	done
	touch modules/hello/hello.c
	expect_line 2 pass
	expect_end
}

test_watch_survives_a_reboot() {
	start_watch
	expect_line 1 pass
	"$OUTPOST" vm reset || fail "the vm cannot be reset"
	touch modules/hello/hello.c
	expect_line 2 pass
	expect_end
}
