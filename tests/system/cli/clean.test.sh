# shellcheck shell=bash
# `outpost clean`.

cache_is_used() {
	[ -e "$XDG_CACHE_HOME/outpost/lock" ] && ! flock --nonblock "$XDG_CACHE_HOME/outpost/lock" true
}

test_clean_leaves_a_cache_that_is_in_use() {
	local reader
	mkdir -p "$XDG_CACHE_HOME/outpost/build/m" "$XDG_CACHE_HOME/outpost/trees/t"
	mkfifo log
	"$OUTPOST" klog log >klog.out 2>&1 &
	reader=$!
	exec 9>log
	wait_until cache_is_used
	outpost clean
	expect_status 3
	expect_one_error "Cannot remove the cache: another outpost is using it"
	outpost clean --all
	expect_status 3
	[ -d "$XDG_CACHE_HOME/outpost/build/m" ] || fail "a build in use was removed"
	[ -d "$XDG_CACHE_HOME/outpost/trees/t" ] || fail "a kernel tree in use was removed"
	exec 9>&-
	ends_with 0 "$reader"
	outpost clean
	expect_status 0
	expect_silent err
	[ ! -e "$XDG_CACHE_HOME/outpost/build" ] || fail "the builds were not removed"
	[ -d "$XDG_CACHE_HOME/outpost/trees/t" ] || fail "'clean' removed kernel trees"
	outpost clean --all
	expect_status 0
	expect_silent err
	run ls -A "$XDG_CACHE_HOME/outpost"
	[ "$(cat out)" = lock ] || fail "'clean --all' left something behind: $(cat out)"
}
