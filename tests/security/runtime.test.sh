# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Folders that another user made at a place where Outpost puts its sockets, locks and results.

# An image, as far as the host can tell, and an engine that does nothing.
make_image() {
	mkdir -p "$XDG_CACHE_HOME/outpost/container" bin
	printf 'engine podman\nimage 0123456789abcdef\nprogram gcc\n' >"$XDG_CACHE_HOME/outpost/container/image"
	printf '#!/bin/sh\nexit 1\n' >bin/podman
	chmod +x bin/podman
	export PATH=$WORK/bin:$PATH
}

# The lock of the build container is in the runtime folder. As a link to a file that is not there,
# it made the victim create that file.
test_a_lock_in_a_runtime_folder_of_another_user() {
	needs_root
	local dir
	make_image
	outpost container remove
	dir=$(echo "$XDG_RUNTIME_DIR"/outpost/outpost-*)
	[ -f "$dir/lock" ] || fail "no lock: $(find "$XDG_RUNTIME_DIR")"
	make_image # removed
	ln -sf "$WORK/created" "$dir/lock"
	chown -h -R "$OTHER:$OTHER" "$XDG_RUNTIME_DIR/outpost"
	outpost container remove
	expect_status 3
	[ ! -e created ] || fail "created a file that another user chose"
	expect_one_error "Refusing to use the folder $XDG_RUNTIME_DIR/outpost: it belongs to another user ($OTHER)"
}

# As after su(1), which keeps the variable.
test_a_runtime_folder_that_is_not_ours() {
	needs_root
	make_image
	chown "$OTHER" "$XDG_RUNTIME_DIR"
	outpost container remove
	expect_status 3
	expect_one_error "Refusing to use the folder $XDG_RUNTIME_DIR: it belongs to another user ($OTHER)"
	expect_err "hint: Set XDG_RUNTIME_DIR"
	[ ! -e "$XDG_RUNTIME_DIR/outpost" ] || fail "made a folder in it"
}

test_a_runtime_folder_that_others_can_write_to() {
	make_image
	mkdir "$XDG_RUNTIME_DIR/outpost"
	chmod 777 "$XDG_RUNTIME_DIR/outpost"
	outpost container remove
	expect_status 3
	expect_one_error "Refusing to use the folder $XDG_RUNTIME_DIR/outpost: other users can write to it"
	[ -z "$(ls "$XDG_RUNTIME_DIR/outpost")" ] || fail "made files in it"
}

# The socket of a shared ssh connection: who owns its folder could put a socket of his there.
test_an_ssh_socket_in_a_folder_of_another_user() {
	needs_root
	local name
	make_board
	install_agent
	outpost board show board
	name=$(basename "$XDG_RUNTIME_DIR"/outpost/ssh-*)
	ssh -F none -o ControlPath="$XDG_RUNTIME_DIR/outpost/$name" -O exit x 2>/dev/null
	chown "$OTHER" "$XDG_RUNTIME_DIR/outpost"
	outpost board show board
	[ ! -S "/tmp/outpost-0/$name" ] || ssh -F none -o ControlPath="/tmp/outpost-0/$name" -O exit x 2>/dev/null
	[ -z "$(ls "$XDG_RUNTIME_DIR/outpost")" ] || fail "$(ls -l "$XDG_RUNTIME_DIR/outpost")"
}

# Results, logs, vms with their keys, and what the user trusts.
test_a_state_folder_of_another_user() {
	needs_root
	mkdir -p "$XDG_STATE_HOME/outpost"
	ln -s "$WORK/created" "$XDG_STATE_HOME/outpost/outpost.log"
	chown -h -R "$OTHER:$OTHER" "$XDG_STATE_HOME/outpost"
	outpost results
	expect_status 3
	expect_one_error "Refusing to use the folder $XDG_STATE_HOME/outpost: it belongs to another user ($OTHER)"
	[ ! -e created ] || fail "created a file that another user chose"
}

# A link of the user's own, to a larger disk, is fine; one of another user is not. With Debian's umask of
# users with a group of their own, what they create is writable for this group.
test_a_state_folder_behind_a_link() {
	mkdir -p "$XDG_STATE_HOME" disk
	[ "$(id -gn)" != "$(id -un)" ] || chmod 775 disk
	ln -s "$WORK/disk" "$XDG_STATE_HOME/outpost"
	outpost results
	any_status
	[ -s disk/outpost.log ] || fail "the link was not used"
	[ "$(stat -c %a disk)" = 700 ] || fail "others may read the log"
	needs_root
	chown -h "$OTHER" "$XDG_STATE_HOME/outpost"
	rm disk/outpost.log
	outpost results
	expect_status 3
	[ ! -e disk/outpost.log ] || fail "followed a link of another user"
}
