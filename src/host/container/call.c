// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a command in the builder. A child process stands in for it, so that process_run() reads
 * its output, waits for it and ends it like any other: when the child is killed, the builder
 * kills the command.
 */
#include "host/container/internal.h"

#include "common/alloc.h"
#include "common/builder_wire.h"
#include "common/cleanup.h"
#include "common/strv.h"
#include "common/unix_socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUTPUT_MAX    (64 << 20)
#define START_LIMIT_S 20 /* time for the builder to start a command, on a busy machine */

struct call {
	const char *dir;
	struct builder_header header;
	struct strbuf strings;
};

static int send_request(int fd, const struct call *call)
{
	struct builder_header header = call->header;
	char control[CMSG_SPACE(2 * sizeof(int))] __attribute__((aligned(8))) = { 0 };
	static const int output[2] = { STDOUT_FILENO, STDERR_FILENO };
	struct iovec data = { .iov_base = &header, .iov_len = sizeof(header) };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *part = CMSG_FIRSTHDR(&message);

	part->cmsg_level = SOL_SOCKET;
	part->cmsg_type = SCM_RIGHTS;
	part->cmsg_len = CMSG_LEN(sizeof(output));
	memcpy(CMSG_DATA(part), output, sizeof(output));
	if (sendmsg(fd, &message, MSG_NOSIGNAL) != sizeof(header))
		return -errno;
	return fs_write_all(fd, call->strings.buf, call->strings.len);
}

static int take_reply(int fd, struct builder_reply *reply)
{
	ssize_t n = recv(fd, reply, sizeof(*reply), MSG_WAITALL);

	if (n < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	if (n != sizeof(*reply))
		return -ECONNRESET;
	return reply->magic == BUILDER_MAGIC ? -reply->error : -EPROTO;
}

/*
 * Stands in for the command until it ends; returns only if it could not be started. Closes all
 * descriptors except the connection's: process_run() waits until its own are closed.
 */
static int stand_in(void *arg)
{
	static const struct timeval limit = { .tv_sec = START_LIMIT_S }, none;
	const struct call *call = arg;
	struct builder_reply reply;
	int fd = container_connect(call->dir), r;

	if (fd < 0)
		return fd;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	r = send_request(fd, call);
	if (r == 0)
		r = take_reply(fd, &reply);
	if (r < 0)
		return r;
	if (dup2(fd, 3) < 0)
		return -errno;
	setsockopt(3, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof(none));
	closefrom(4);
	r = take_reply(3, &reply);
	if (r < 0)
		dprintf(STDERR_FILENO, "The build container stopped during the build: %s\n",
			strerror(-r));
	_exit(r < 0 ? 128 : reply.status);
}

/* Preloaded libraries and temporary folders of this machine do not exist in the container. */
static bool is_of_machine(const char *entry)
{
	static const char *const starts[] = { "LD_", "TMPDIR=", "TMP=", "TEMP=" };

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (strncmp(entry, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

/* The machine's PATH may lack the folders of the image's programs. */
static char **environment(char *const *env)
{
	static const char places[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char **list = NULL;
	bool has_path = false;

	strv_foreach (entry, env) {
		_cleanup_free_ char *path = NULL;

		if (is_of_machine(*entry))
			continue;
		if (strncmp(*entry, "PATH=", 5) == 0) {
			path = xasprintf("%s:%s", *entry, places);
			has_path = true;
		}
		strv_add(&list, path ? path : *entry);
	}
	if (!has_path)
		strv_add(&list, "PATH=/usr/bin:/bin");
	return list;
}

int container_connect(const char *dir)
{
	return unix_socket_connect(dir, "run/socket", false);
}

/*
 * The container gets pipes only: a process in it could read the user's terminal, or type into it,
 * through a descriptor of it.
 */
static int run_with_pipes(char *const *argv, struct process_options *o)
{
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	int r;

	if (!o->output_max)
		o->output_max = OUTPUT_MAX;
	if (!o->output)
		o->output = &said;
	if (!o->error)
		o->error = &said;
	r = process_run(argv, o);
	(void)fs_write_all(STDERR_FILENO, said.buf, said.len);
	return r;
}

int container_call(const char *dir, char *const *argv, const struct process_options *options)
{
	struct process_options o = options ? *options : (struct process_options){ 0 };
	_cleanup_strv_ char **env = environment(o.env ? o.env : environ);
	struct call call = { .dir = dir, .strings = STRBUF_INIT };
	mode_t mask = umask(0);
	int r;

	umask(mask);
	call.header.umask = mask;
	call.header.nice = getpriority(PRIO_PROCESS, 0);
	/* The current folder may not exist in the container. */
	r = builder_pack(&call.header, &call.strings, o.dir ? o.dir : "/", argv, env);
	if (r == 0) {
		o.in_child = stand_in;
		o.in_child_arg = &call;
		o.env = NULL;
		r = run_with_pipes(argv, &o);
	}
	strbuf_release(&call.strings);
	return r;
}
