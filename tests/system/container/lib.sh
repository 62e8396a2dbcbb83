# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2034
#
# Builds in a real container: the suite makes one image, with the compiler of the
# tree that it builds for. The suite has its own caches, but copies the user's tree.
# ENGINE: podman or docker; default: the first that works.

AT_ONCE=1 LIMIT=300
NEEDS=(jq:jq readelf:binutils xz:xz-utils)
IMAGE=localhost/outpost-test

# If no container works on this machine, writes the reason to the file no-engine.
suite_up() {
	local engine
	export ALL
	for engine in ${ENGINE:-podman docker}; do
		"$engine" info >"$ALL/info" 2>&1 && break
		tail -n 1 "$ALL/info" >>"$ALL/why"
		engine=
	done
	[ "$engine" ] || { echo "no engine works on this machine: $(xargs -d '\n' <"$ALL/why")" >"$ALL/no-engine" && return 0; }
	ENGINE=$engine
	get_tree || return 1
	own_caches
	cp -a "$TREE" "$XDG_CACHE_HOME/outpost/trees/"
	write_config '' '' && make_image && return 0
	# In a container, or with an older cgroup hierarchy, engines need more options.
	echo "# Trying again with options for engines that run in a container themselves"
	case $ENGINE in
	docker) write_config '' '--network host' ;;
	*) write_config '--runtime runc --ulimit nofile=1024:1024 --ulimit nproc=1024:1024' \
		'--isolation=chroot --network host' ;;
	esac
	make_image || echo "cannot make an image on this machine: see above" >"$ALL/no-engine"
}

suite_down() {
	[ ! -e "$ALL/cache/outpost/container/image" ] || { own_caches && "$TOP/build/outpost" -q container remove; }
	chmod -R u+w "$ALL" 2>/dev/null
}

own_caches() {
	export XDG_CACHE_HOME=$ALL/cache XDG_CONFIG_HOME=$ALL/config XDG_STATE_HOME=$ALL/state
	export XDG_RUNTIME_DIR=$ALL/run
	unset "${!OUTPOST_@}" NO_COLOR
	export OUTPOST_YES=1 # trust what tests build on this machine, and what they configure
	mkdir -p "$XDG_CACHE_HOME/outpost/trees" "$XDG_CONFIG_HOME/outpost" "$XDG_RUNTIME_DIR"
	chmod 700 "$XDG_RUNTIME_DIR"
}

# Finds the user's tree of Debian's newest kernel, or makes it.
get_tree() {
	"$TOP/build/outpost" -q --json kernel add >"$ALL/tree.json" || return 1
	RELEASE=$(jq -r '.kernels[0].release' "$ALL/tree.json")
	TREE=${XDG_CACHE_HOME:-$HOME/.cache}/outpost/trees/$RELEASE
	MAJOR=$(jq -r '.kernels[0].compiler' "$ALL/tree.json" | sed 's/.*-//')
	echo "$RELEASE" >"$ALL/release"
}

write_config() { # RUN-ARGS BUILD-ARGS
	printf '[container]\nengine = %s\nimage = %s\nrun_args = %s\nbuild_args = %s\n' "$ENGINE" "$IMAGE" "$1" "$2" \
		>"$XDG_CONFIG_HOME/outpost/outpost.conf"
}

make_image() {
	local start=$SECONDS
	"$TOP/build/outpost" container build --compilers "$MAJOR" >"$ALL/image.out" 2>&1 </dev/null || {
		sed 's/^/# /' "$ALL/image.out"
		return 1
	}
	echo "# the image was made in $((SECONDS - start)) s: $(grep '^image' "$ALL/image.out")"
}

set_up() {
	[ ! -e "$ALL/no-engine" ] || skip "$(<"$ALL/no-engine")"
	own_caches
	RELEASE=$(<"$ALL/release")
	mkdir "$WORK/.git" # the modules of a test belong to one project
	cd "$WORK" || exit 1
}

# Containers would stay for half an hour: each test stops those of its own modules.
clean_up() {
	[ -z "${REGISTRY_PID-}" ] || kill "$REGISTRY_PID" 2>/dev/null
	local name
	"$OUTPOST" --json container status | jq -r --arg work "$WORK/" \
		'.containers[] | select(any(.reads[]; startswith($work))) | .name' |
		while read -r name; do engine rm --force "$name" >/dev/null 2>&1; done
}

# --- modules ------------------------------------------------------------------------

# make_module NAME [KBUILD-LINE...]
make_module() {
	local name=$1
	shift
	mkdir -p "$name"
	printf 'obj-m := %s.o\n' "$name" >"$name/Kbuild"
	printf '%s\n' "$@" >>"$name/Kbuild"
	printf '#include <linux/module.h>\nMODULE_LICENSE("GPL");\n' >"$name/$name.c"
}

# container_of FOLDER: the container that builds this folder of the test.
container_of() {
	"$OUTPOST" --json container status |
		jq -er --arg unit "-${1##*/}/" '.containers[] | select(.writes // "" | contains($unit)) | .name'
}

# unit_of FOLDER: its folder in the cache.
unit_of() {
	echo "$XDG_CACHE_HOME"/outpost/build/*-"${1##*/}/$RELEASE"
}

engine() {
	"$("$OUTPOST" --json container status | jq -r .engine)" "$@"
}
