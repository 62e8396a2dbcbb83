// SPDX-License-Identifier: GPL-2.0-only
#include "agent/tunnel/join.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
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

/* The public half of a host key, which is in the file beside it, or else in the key itself. */
static int read_public_half(const char *path, struct strbuf *text)
{
	_cleanup_free_ char *file = xasprintf("%s.pub", path);
	const struct process_options options = { .output = text,
						 .output_max = FILE_MAX,
						 .timeout_ms = 10000 };

	if (fs_read_trimmed(file, text, FILE_MAX) == 0)
		return 0;
	strbuf_reset(text);
	return process_run(ARGV("ssh-keygen", "-y", "-P", "", "-f", path), &options) == 0 ? 0
											  : -EIO;
}

/* sshd names the usual files, also those that do not exist. */
static void add_host_key(struct join *join, const char *path)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct invitation_request *request = &join->request;

	if (request->n_host_keys == INVITATION_HOST_KEYS || !fs_exists(path))
		return;
	if (read_public_half(path, &text) == 0 &&
	    ssh_key_parse(&request->host_keys[request->n_host_keys],
			  (struct text){ text.buf, strcspn(text.buf, "\n") }, SSH_KEY_HOST))
		request->n_host_keys++;
	else
		log_warn(
			"The host key %s is not used: it cannot be read, or is of an unknown type or "
			"too weak",
			path);
}

/* What sshd itself says about its configuration, with a line "hostkey FILE" for each. */
static int ask_sshd(struct strbuf *out)
{
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	const struct process_options options = {
		.output = out, .error = &said, .output_max = FILE_MAX, .timeout_ms = 10000
	};
	_cleanup_free_ char *sshd = find_program("sshd");
	int r = process_run(ARGV(sshd ? sshd : "/usr/sbin/sshd", "-T"), &options);

	if (r == 0)
		return 0;
	if (r == -ENOENT) {
		log_error(
			"sshd is not installed: there is nothing that the gateway could connect to");
		log_hint("As root, run apt-get install openssh-server");
		return r;
	}
	log_lines(LOG_LEVEL_ERROR, said.buf, "sshd -T fails");
	return r < 0 ? r : -EIO;
}

static int add_host_keys(struct join *join)
{
	_cleanup_(strbuf_release) struct strbuf settings = STRBUF_INIT;
	struct text rest, line;
	int r = ask_sshd(&settings);

	if (r < 0)
		return r;
	rest = (struct text){ settings.buf, settings.len };
	while (text_line(&rest, &line)) {
		if (text_take(&line, "hostkey ")) {
			_cleanup_free_ char *file = xstrndup(line.p, line.n);
			_cleanup_free_ char *path = join_path(join, file);

			add_host_key(join, path);
		}
	}
	if (join->request.n_host_keys)
		return 0;
	log_error("sshd has no host keys");
	log_hint("As root, run ssh-keygen -A");
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
	join->request = (struct invitation_request){ .n_host_keys = 0 };
	add_hostname(&join->request);
	join_add_logins(join);
	return add_host_keys(join);
}
