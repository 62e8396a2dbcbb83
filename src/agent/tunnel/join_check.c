// SPDX-License-Identifier: GPL-2.0-only
#include "agent/tunnel/join.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "common/text.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#define FILE_MAX (64 * 1024)

/* --- the machine --- */

/* The path of a program, to be freed; NULL: it is not there. */
static char *find_program(const char *name)
{
	_cleanup_free_ char *path = xstrdup(getenv("PATH") ? getenv("PATH") : "/usr/sbin:/usr/bin");
	char *rest = path, *dir;

	while ((dir = strsep(&rest, ":"))) {
		_cleanup_free_ char *file = xasprintf("%s/%s", *dir ? dir : ".", name);

		if (access(file, X_OK) == 0)
			return TAKE_PTR(file);
	}
	return NULL;
}

static int need_program(const char *name, const char *package)
{
	_cleanup_free_ char *path = find_program(name);

	if (path)
		return 0;
	log_error("%s is not installed", name);
	log_hint("As root, run apt-get install %s", package);
	return -ENOENT;
}

/*
 * Raspberry Pi OS has a 32-bit edition that boots a 64-bit kernel: this program runs there, and so
 * would modules, but not the test programs. A script in the place of ssh says nothing.
 */
static int check_word_size(void)
{
	_cleanup_free_ char *ssh = find_program("ssh");
	_cleanup_close_ int fd = ssh ? open(ssh, O_RDONLY | O_CLOEXEC) : -1;
	unsigned char start[EI_NIDENT];

	if (fd < 0 || read(fd, start, sizeof(start)) != sizeof(start) ||
	    memcmp(start, ELFMAG, SELFMAG) != 0 || start[EI_CLASS] == ELFCLASS64)
		return 0;
	log_error("This system's programs are for 32 bits, although its kernel is not");
	log_hint("Install the 64-bit edition of Raspberry Pi OS or Debian");
	return -ENOEXEC;
}

int join_check_machine(const struct join *join)
{
	int r = 0;

	if (geteuid() != 0) {
		log_error("tunnel join requires root");
		log_hint("Put sudo before it");
		return -EPERM;
	}
	if (join->start && !fs_is_dir("/run/systemd/system")) {
		log_error("This machine was not started by systemd, which is to start the tunnel");
		log_hint("Use a system with systemd, such as Raspberry Pi OS or Debian");
		return -EOPNOTSUPP;
	}
	r = need_program("ssh", "openssh-client");
	if (r == 0)
		r = need_program("ssh-keygen", "openssh-client");
	if (r == 0)
		r = need_program("useradd", "passwd");
	return r < 0 ? r : check_word_size();
}

/* --- the invitation --- */

int join_read_invitation(struct join *join)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", join->dir, INVITATION_FILE);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT, why = STRBUF_INIT;
	int r = fs_read(path, &text, FILE_MAX);

	if (r < 0) {
		log_error_errno(r, "Cannot read the invitation, %s", path);
		log_hint("Run the whole line that outpost tunnel invite NAME printed");
		return r;
	}
	if (invitation_read(&join->invitation, (struct text){ text.buf, text.len }, &why))
		return 0;
	log_error("%s is not an invitation: %s", path, why.buf);
	log_hint("Run the whole line that outpost tunnel invite NAME printed");
	return -EBADMSG;
}

/* --- what this machine is --- */

static void add_host_key(struct join *join, const char *path)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct invitation_request *request = &join->request;

	if (request->n_host_keys == INVITATION_HOST_KEYS ||
	    fs_read_trimmed(path, &text, FILE_MAX) < 0)
		return;
	if (ssh_key_parse(&request->host_keys[request->n_host_keys],
			  (struct text){ text.buf, text.len }, SSH_KEY_HOST))
		request->n_host_keys++;
	else
		log_warn("%s has a key that is not used: its type is unknown or too weak", path);
}

static int add_host_keys(struct join *join)
{
	_cleanup_free_ char *dir = join_path(join, "/etc/ssh");
	_cleanup_strv_ char **names = NULL;

	(void)fs_list(dir, &names);
	strv_foreach (name, names) {
		_cleanup_free_ char *path = xasprintf("%s/%s", dir, *name);

		if (strncmp(*name, "ssh_host_", strlen("ssh_host_")) == 0 &&
		    text_ends_with(*name, "_key.pub"))
			add_host_key(join, path);
	}
	if (join->request.n_host_keys)
		return 0;
	log_error("This board has no ssh host keys (%s/ssh_host_*_key.pub)", dir);
	log_hint("As root, run apt-get install openssh-server, or ssh-keygen -A");
	return -ENOENT;
}

static void add_hostname(struct invitation_request *request)
{
	struct utsname name;
	size_t n;

	if (uname(&name) < 0)
		return;
	n = strspn(name.nodename,
		   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");
	if (n && !name.nodename[n] && n < sizeof(request->hostname))
		memcpy(request->hostname, name.nodename, n + 1);
}

int join_describe(struct join *join)
{
	add_hostname(&join->request);
	join_add_logins(join);
	return add_host_keys(join);
}
