# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# The build container with a stand-in for its engine, which runs the builder on
# this machine. tests/system/container uses a real engine.

. tests/system/cli/engine.sh

expect_call() {
	grep -qF -e "$1" calls || fail "'$1' was not called: $(<calls)"
}

test_container_build_status_remove() {
	make_engines podman docker
	outpost container status
	expect_status 0
	expect_err "Run outpost container build to create one"
	outpost container build
	expect_status 0
	expect_out "podman"
	expect_out "from localhost/outpost-build-base"
	expect_out "running"
	expect_call "podman pull"
	grep -qx 'deb http://mirror.test/debian/ trixie main' sources || fail "$(<sources)"
	expect_call "--build-arg BASE=localhost/outpost-build-base"
	expect_call "--network none"
	expect_call "target=$XDG_CACHE_HOME/outpost/trees,readonly"
	! grep -q "target=$XDG_CACHE_HOME/outpost/build" calls || fail "builds are shown: $(<calls)"
	! grep -q ^docker calls || fail "docker was called too: $(<calls)"
	outpost --json container status
	jq -e '.schema == "outpost.container/2" and .built and .running and .engine == "podman" and
		(.containers | length == 1) and .containers[0].writes == null and
		(.programs | map(test("gcc-[0-9]+$")) | any)' out || fail "the status is wrong"
	outpost container remove
	expect_status 0
	[ -z "$(ls container-* 2>/dev/null)" ] || fail "it still runs"
	[ -z "$(ls image-* 2>/dev/null)" ] || fail "images were left behind: $(ls image-*)"
	outpost --json container status
	jq -e '.built or .running | not' out || fail "the container still exists"
}

test_container_registry() {
	make_engines podman
	touch registry
	outpost container build --compilers "12"
	expect_status 0
	expect_out "from debian:trixie"
	expect_call "--build-arg BASE=debian:trixie"
	expect_call "--build-arg COMPILERS=12"
	[ ! -e sources ] || fail "mmdebstrap was run anyway"
	outpost container remove
	: >calls
	outpost container build --offline
	expect_status 0
	! grep -q ' pull ' calls || fail "a registry was contacted"
	[ -e sources ] || fail "no base image was created"
}

test_container_engine_choice() {
	make_engines podman docker
	touch podman-down
	outpost container build
	expect_status 0
	expect_out "docker"
	[ "$(id -u)" = 0 ] || expect_call "--user $(id -u):$(id -g)"
	outpost container remove
	mkdir -p "$XDG_CONFIG_HOME/outpost"
	printf '[container]\nengine = podman\n' >"$XDG_CONFIG_HOME/outpost/outpost.conf"
	outpost container build
	expect_status 3
	expect_one_error "podman does not work: no daemon answers"
	expect_err "--in host"
	rm podman-down
	printf '[container]\nengine = podman\nrun_args = --runtime odd -x\nbuild_args = --isolation=y\n' \
		>"$XDG_CONFIG_HOME/outpost/outpost.conf"
	outpost container build
	expect_status 0
	grep -q '^podman run .* --runtime odd -x 0123456789abcdef' calls || fail "$(grep run calls)"
	grep -q '^podman build .* --isolation=y ' calls || fail "$(grep build calls)"
}

test_container_failures() {
	make_engines podman
	touch build-fails
	outpost container build
	expect_status 3
	expect_one_error "podman cannot build the image:"
	expect_err "E: no package"
	outpost container status
	expect_err "No build container yet"
	rm build-fails "$WORK/bin/mmdebstrap" image-*
	printf '#!/bin/sh\necho "E: no mirror" >&2; exit 1\n' >"$WORK/bin/mmdebstrap"
	chmod +x "$WORK/bin/mmdebstrap"
	outpost container build
	expect_status 3
	expect_one_error "E: no mirror"
	outpost build --in container "$TOP/modules/hello" -k 6.1.0-0-none
	expect_status 3
	outpost build --in somewhere "$TOP/modules/hello"
	expect_status 2
	expect_one_error "Cannot build in 'somewhere'"
}

container_is_down() {
	outpost --json container status
	jq -e '.running | not' out
}

# The builder was killed, and its container with it: the next command restarts it.
test_container_restarts() {
	make_engines podman
	outpost container build
	expect_status 0
	kill "$(cat container-*)"
	wait_until container_is_down || fail "it still runs"
	outpost container build
	expect_status 0
	outpost --json container status
	jq -e '.running' out || fail "it does not run"
}
