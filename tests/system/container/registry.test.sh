# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# The base image comes from a registry. If none can be reached, outpost makes it locally, as it
# usually does for the suite.

note() { # KEY: its value in the notes about the suite's image
	sed -n "s/^$1 //p" "$ALL/cache/outpost/container/image"
}

# Starts a registry on a free port of the loopback interface.
start_registry() {
	printf 'version: 0.1\nstorage: {filesystem: {rootdirectory: %s/registry}}\nhttp: {addr: "127.0.0.1:0"}\n' \
		"$WORK" >registry.yml
	: >registry.log
	docker-registry serve registry.yml >>registry.log 2>&1 &
	REGISTRY_PID=$!
	for _ in $(seq 100); do
		REGISTRY=$(sed -n 's/.*listening on \(127.0.0.1:[0-9]*\).*/\1/p' registry.log)
		[ -z "$REGISTRY" ] || break
		sleep 0.1
	done
	[ "$REGISTRY" ] || fail "the registry does not start: $(<registry.log)"
	printf '[[registry]]\nlocation = "%s"\ninsecure = true\n' "$REGISTRY" >registries.conf
	export CONTAINERS_REGISTRIES_CONF=$WORK/registries.conf # podman's; docker trusts loopback
}

test_registry() {
	use_packages docker-registry
	local engine base
	engine=$(note engine)
	base=$(note base)
	start_registry
	"$engine" tag "$base" "$REGISTRY/debian:trixie"
	"$engine" push -q "$REGISTRY/debian:trixie" || fail "cannot push to the registry: $(<registry.log)"
	"$engine" image rm "$REGISTRY/debian:trixie"
	export XDG_CACHE_HOME=$WORK/cache
	printf '[container]\nimage = localhost/outpost-test-registry\nbase = %s/debian:trixie\n' "$REGISTRY" \
		>outpost.conf
	outpost container build --compilers "$(note program | sed -n 's/.*gcc-//p' | head -1)"
	status_of_build=$status
	kill $REGISTRY_PID
	cp out out.build
	"$OUTPOST" container remove
	"$engine" image rm "$REGISTRY/debian:trixie"
	[ "$status_of_build" = 0 ] || fail "the image was not created"
	grep -q "from $REGISTRY/debian:trixie" out.build || fail "the image has another base: $(<out.build)"
	grep -q "GET /v2/debian/manifests/trixie" registry.log || fail "the registry was not contacted: $(<registry.log)"
}
