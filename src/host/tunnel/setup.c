// SPDX-License-Identifier: GPL-2.0-only
#include "host/tunnel/setup_internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/invitation.h"
#include "common/lock.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/paths.h"
#include "host/tunnel/gateway_board.h"
#include "host/tunnel/gateway_files.h"
#include "host/tunnel/sshd.h"
#include "host/tunnel/systemd.h"

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define NOLOGIN "/usr/sbin/nologin"

int setup_lock(void)
{
	if (geteuid() != 0) {
		log_error("This needs root");
		log_hint("Run the command with sudo");
		return -EPERM;
	}
	return lock_take("/run/outpost-tunnel.lock", "changes the gateway");
}

bool setup_is_done(void)
{
	if (fs_exists(SSHD_SNIPPET) && fs_is_dir(TUNNEL_KEYS))
		return true;
	log_error("This machine is not set up as a gateway");
	log_hint("As root, run outpost tunnel setup-gateway");
	return false;
}

/* Before anything is changed. */
static int check_machine(void)
{
	_cleanup_(strbuf_release) struct strbuf why = STRBUF_INIT;
	_cleanup_free_ char *nft = path_program("nft");
	int r;

	if (!nft) {
		log_error("nft is not installed; without it, every local user could connect to the "
			  "ports of boards");
		log_hint("As root, run apt-get install nftables");
		return -ENOENT;
	}
	r = sshd_test(&why);
	if (r == -EINVAL)
		log_lines(LOG_LEVEL_ERROR, why.buf,
			  "sshd already rejects its configuration (sshd -t); mend that first");
	else if (r == -ENOENT)
		log_error("sshd is not installed: apt-get install openssh-server");
	else if (r < 0)
		log_error_errno(r, "Cannot test the configuration of sshd");
	if (r == 0)
		r = setup_check_trusted(TUNNEL_AGENTS);
	return r < 0 ? r : setup_check_trusted(TUNNEL_ROOTS);
}

static int put_accounts(struct setup *s)
{
	static const char *const groups[] = { TUNNEL_GROUP, TUNNEL_BOARDS };
	/* sshd runs a forced command with the shell. */
	static const struct account users[] = {
		{ TUNNEL_INVITE, NULL, TUNNEL_STATE, "/bin/sh", false },
		{ TUNNEL_PORT_ACCOUNT, TUNNEL_GROUP, "/nonexistent", NOLOGIN, false },
		{ TUNNEL_PROBE_ACCOUNT, TUNNEL_GROUP, "/nonexistent", NOLOGIN, false },
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(groups); i++)
		r = setup_put_group(s, groups[i]);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(users); i++)
		r = setup_put_user(s, &users[i]);
	return r;
}

static int put_dirs(struct setup *s)
{
	static const struct {
		const char *path, *owner;
	} dirs[] = {
		{ TUNNEL_LIB },     { TUNNEL_AGENTS },
		{ TUNNEL_ROOTS },   { TUNNEL_KEYS },
		{ "/etc/outpost" }, { TUNNEL_CONF },
		{ TUNNEL_UIDS },    { TUNNEL_HISTORY, TUNNEL_PROBE_ACCOUNT },
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(dirs); i++)
		r = setup_put_dir(s, dirs[i].path, dirs[i].owner);
	return r;
}

/* The agents that this installation has: for a Pi, and perhaps for boards like this machine. */
static int put_agents(struct setup *s)
{
	_cleanup_free_ char *pi = path_own_file("aarch64/outpost-agent"),
			    *own = path_own_file("outpost-agent"), *path = NULL;
	struct utsname uts;
	int r;

	if (!pi) {
		log_error("The agent for boards is not built");
		log_hint("Run make");
		return -ENOENT;
	}
	r = setup_put_program(s, TUNNEL_AGENTS "/aarch64", pi);
	if (r < 0 || !own || uname(&uts) < 0 || strcmp(uts.machine, "aarch64") == 0)
		return r;
	path = xasprintf(TUNNEL_AGENTS "/%s", uts.machine);
	return setup_put_program(s, path, own);
}

static int put_programs(struct setup *s)
{
	_cleanup_free_ char *gateway = path_own_file("outpost-gateway");
	int r;

	if (!gateway) {
		log_error("outpost-gateway is not built");
		log_hint("Run make");
		return -ENOENT;
	}
	r = setup_put_program(s, TUNNEL_LIB "/outpost-gateway", gateway);
	return r < 0 ? r : put_agents(s);
}

static int put_unit(struct setup *s, const struct gateway_file *unit)
{
	const char *name = strrchr(unit->path, '/') + 1;
	_cleanup_free_ char *dir = xstrndup(unit->path, (size_t)(name - unit->path) - 1),
			    *wants = NULL, *link = NULL;
	int r = setup_put_dir(s, dir, NULL);

	if (r == 0)
		r = setup_put_text(s, unit->path, unit->start, (size_t)(unit->end - unit->start));
	if (r < 0 || !unit->wanted_by)
		return r;
	wants = xasprintf(UNIT_DIR "/%s.wants", unit->wanted_by);
	link = xasprintf("%s/%s", wants, name);
	r = setup_put_dir(s, wants, NULL);
	return r < 0 ? r : setup_put_link(s, link, unit->path);
}

static int put_units(struct setup *s)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < gateway_n_units; i++)
		r = put_unit(s, &gateway_units[i]);
	return r;
}

static int put_host_keys(struct setup *s)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct ssh_key keys[INVITATION_HOST_KEYS];
	size_t n;
	int r = sshd_host_keys(keys, ARRAY_SIZE(keys), &n);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		strbuf_addf(&text, "%s\n", keys[i].text);
	return setup_put_text(s, TUNNEL_HOST_KEYS, text.buf, text.len);
}

static int start_units(struct setup *s)
{
	static const char *const units[] = { "outpost-nft.service", "outpost-nft.path",
					     "outpost-prober.service" };
	int r = 0;

	if (!s->files_changed)
		return 0;
	if (!systemd_runs()) {
		log_info("systemd does not run here: the units are installed, but not started");
		return 0;
	}
	r = systemd_call("daemon-reload", NULL);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(units); i++)
		r = systemd_call("restart", units[i]);
	return r;
}

/* Boards whose files were copied from the gateway that this one replaces: docs/gateway.md. */
static int put_boards(struct setup *s)
{
	_cleanup_strv_ char **names = NULL;
	int r = gateway_board_names(&names);

	for (char **name = names; r == 0 && name && *name; name++) {
		_cleanup_free_ char *account = xasprintf(TUNNEL_ACCOUNT "%s", *name);
		struct gateway_board board;

		if (account_exists(account))
			continue;
		strbuf_addf(s->changes, "+ board %s\n", *name);
		r = gateway_board_read(*name, &board);
		if (r == 0 && !s->dry_run)
			r = gateway_board_create(&board);
	}
	return r;
}

/* The snippet comes last: it makes the rest effective. */
static int put_all(struct setup *s, const char *exempt)
{
	int r = setup_put_dir(s, TUNNEL_STATE, NULL);

	if (r == 0)
		r = put_accounts(s);
	if (r == 0)
		r = put_dirs(s);
	if (r == 0)
		r = put_programs(s);
	if (r == 0)
		r = put_host_keys(s);
	if (r == 0)
		r = put_units(s);
	if (r == 0 && !s->dry_run)
		r = start_units(s);
	if (r == 0)
		r = put_boards(s);
	return r < 0 ? r : setup_put_snippet(s, exempt);
}

int setup_gateway(const struct setup_options *options, struct strbuf *changes)
{
	struct setup s = { .dry_run = options->dry_run, .changes = changes };
	_cleanup_close_ int lock = setup_lock();
	size_t before;
	int r = lock < 0 ? lock : check_machine();

	if (r == 0)
		r = made_read(&s.made);
	if (r < 0) {
		made_release(&s.made);
		return r;
	}
	before = s.made.n;
	r = put_all(&s, options->exempt);
	if (r < 0 && s.made.n > before) {
		log_info("Removing what was created");
		strbuf_reset(changes);
		if (before == 0)
			setup_stop_units();
		(void)made_remove(&s.made, before);
		(void)systemd_call("daemon-reload", NULL);
	}
	made_release(&s.made);
	return r;
}
