# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# outpost watch gives a verdict for every save.

start_watch() {
	cp -r "$TOP/modules" .
	watch_modules
}

watch_modules() {
	"$OUTPOST" --json watch modules/hello >lines 2>watch.err &
	watch=$!
}

# expect_line N VERDICT: waits for the result of run N, and checks its verdict.
expect_line() {
	local got
	for _ in $(seq 300); do
		[ "$(wc -l <lines)" -ge "$1" ] && break
		kill -0 "$watch" 2>/dev/null || fail "watch ended: $(cat watch.err)"
		sleep 0.1
	done
	got=$(sed -n "$1p" lines | jq -r '.results[0].verdict') || fail "line $1 is not JSON: $(cat lines)"
	[ "$got" = "$2" ] || fail "run $1: expected '$2', got '$got': $(cat lines watch.err)"
}

expect_end() {
	kill -INT "$watch"
	wait "$watch" || fail "status $?: $(cat watch.err)"
	expect_clean_board hello
}

test_watch_runs_at_every_save() {
	start_watch
	expect_line 1 pass
	sed -i 's/Hello, /Hullo, /' modules/hello/hello.c # hello's own test notices this
	expect_line 2 fail
	echo '#error broken' >>modules/hello/hello.c
	expect_line 3 error
	sed -i '$d; s/Hullo, /Hello, /' modules/hello/hello.c
	expect_line 4 pass
	touch modules/hello/.hello.c.swp
	touch modules/include/outpost/ktap.h
	expect_line 5 pass
	sleep 1 # a run that must not start has no end to wait for
	[ "$(wc -l <lines)" = 5 ] || fail "expected five runs: $(cat lines)"
	expect_end
}

verdicts() {
	jq -r '.results[0].verdict' lines | xargs
}

last_verdict_is() { # VERDICT
	kill -0 "$watch" || fail "watch ended: $(cat watch.err)"
	[ "$(verdicts | sed 's/.* //')" = "$1" ]
}

# The next version is saved while one is being built: the next one counts. The build waits at the
# gate while the file `closed` exists.
test_watch_sees_what_is_saved_during_a_build() {
	cp -r "$TOP/modules" .
	mkfifo gate
	printf '#!/bin/sh\n[ ! -e %s/closed ] || { touch %s/waits; cat %s/gate; }\n' "$WORK" "$WORK" "$WORK" >pass_gate
	chmod +x pass_gate
	echo "\$(shell $WORK/pass_gate)" >>modules/hello/Kbuild
	watch_modules
	expect_line 1 pass
	touch closed
	echo '/* the version that waits */' >>modules/hello/hello.c
	wait_until test -e waits || fail "the build did not start: $(cat lines watch.err)"
	sed -i 's/Hello, /Hullo, /' modules/hello/hello.c # hello's own test notices this
	rm closed
	echo >gate
	wait_until last_verdict_is fail || fail "the last version has no verdict: $(verdicts)"
	sed -i 's/Hullo, /Hello, /' modules/hello/hello.c
	wait_until last_verdict_is pass || fail "the version after that has no verdict: $(verdicts)"
	case $(verdicts) in # the version that waited may have one
	"pass fail pass" | "pass pass fail pass") ;;
	*) fail "expected each version to be tested once, in order: $(verdicts)" ;;
	esac
	expect_end
}

test_watch_survives_a_cut_link() {
	start_watch
	expect_line 1 pass
	cut_link "$watch"
	touch modules/hello/hello.c
	expect_line 2 pass
	expect_another_connection "$watch"
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
