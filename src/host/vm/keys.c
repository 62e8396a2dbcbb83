// SPDX-License-Identifier: GPL-2.0-only
#include "host/vm/keys.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "host/base/paths.h"
#include "host/vm/tool.h"

#include <errno.h>
#include <string.h>

/* Half of a pair is useless, and ssh-keygen would ask before it overwrites it. */
static int make_key(const char *dir, const char *name)
{
	_cleanup_free_ char *path = path_join(dir, name, NULL);
	_cleanup_free_ char *pub = xasprintf("%s.pub", path);
	int r;

	if (fs_exists(path) && fs_exists(pub))
		return 0;
	r = fs_remove_tree(path);
	if (r < 0)
		return log_error_errno(r, "Cannot replace %s", path);
	return tool_run(
		ARGV("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "outpost", "-f", path),
		"openssh-client", NULL);
}

static int write_known_hosts(const char *name, const char *dir)
{
	_cleanup_free_ char *path = path_join(dir, "known_hosts", NULL);
	_cleanup_free_ char *pub = path_join(dir, "host_key.pub", NULL);
	_cleanup_free_ char *line = NULL;
	_cleanup_(strbuf_release) struct strbuf key = STRBUF_INIT;
	int r = fs_read_trimmed(pub, &key, 64 * 1024);

	if (r < 0)
		return log_error_errno(r, "Cannot read %s", pub);
	line = xasprintf("outpost-%s %s\n", name, key.buf);
	r = fs_write_atomic(path, line, strlen(line), 0600);
	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

int keys_make(const char *name, const char *dir)
{
	int r = make_key(dir, "id_ed25519");

	if (r == 0)
		r = make_key(dir, "host_key");
	return r < 0 ? r : write_known_hosts(name, dir);
}

/* A path as ssh_config(5) expects it: quoted, and with % doubled. */
static void add_path(struct strbuf *text, const char *option, const char *dir, const char *file)
{
	_cleanup_free_ char *path = path_join(dir, file, NULL);

	strbuf_addf(text, "\t%s \"", option);
	for (const char *p = path; *p; p++) {
		if (*p == '%')
			strbuf_addch(text, '%');
		strbuf_addch(text, *p);
	}
	strbuf_adds(text, "\"\n");
}

static int write_ssh_config(const char *name, const char *user, const char *path, const char *dir,
			    int port)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text,
		    "# Written by outpost at each start of the vm\n"
		    "Host outpost-%s\n"
		    "\tHostName 127.0.0.1\n"
		    "\tPort %d\n"
		    "\tUser %s\n"
		    "\tHostKeyAlias outpost-%s\n"
		    "\tStrictHostKeyChecking yes\n"
		    "\tIdentitiesOnly yes\n"
		    "\tIdentityAgent none\n"
		    "\tPreferredAuthentications publickey\n"
		    "\tHostKeyAlgorithms ssh-ed25519\n"
		    /* cheaper on an emulated server than ssh's default */
		    "\tKexAlgorithms curve25519-sha256\n",
		    name, port, user, name);
	add_path(&text, "IdentityFile", dir, "id_ed25519");
	add_path(&text, "UserKnownHostsFile", dir, "known_hosts");
	return fs_write_atomic(path, text.buf, text.len, 0600);
}

int keys_write_config(const char *name, const char *user, const char *dir, int port)
{
	_cleanup_free_ char *config = path_join(dir, "ssh_config", NULL);
	_cleanup_free_ char *board = path_join(dir, "board.conf", NULL);
	_cleanup_free_ char *text =
		xasprintf("destination = outpost-%s\nssh_config = %s\nkind = vm\n", name, config);
	int r = write_ssh_config(name, user, config, dir, port);

	if (r == 0)
		r = fs_write_atomic(board, text, strlen(text), 0600);
	return r < 0 ? log_error_errno(r, "Cannot write the configuration in %s", dir) : 0;
}
