// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may start the agent: sudoers(5). A rule names exactly the agent and its arguments; that is
 * worth something only if the login cannot replace the file, or a folder above it.
 *
 *	sudo		the login of this connection, for development
 *	account		an account with a key of its own: outpost-dev may do what a login with
 *			that rule may, outpost-prod only what agent/serve/production.c allows
 */
#include "agent/provision/step.h"

#include "common/cleanup.h"
#include "common/embed.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/ssh_key.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The Makefile makes this object depend on the files. */
EMBED(board_sshd_dev, "board/sshd-dev.conf");
EMBED(board_sshd_prod, "board/sshd-prod.conf");

#define SUDOERS "/etc/sudoers.d/"

/* The login's name in /etc/passwd. */
static bool login_name(const struct provision *p, char *name, size_t size)
{
	_cleanup_fclose_ FILE *f = NULL;
	struct passwd pw, *found;
	char path[DIRS_MAX], buffer[1024];

	provision_path(p, path, "/etc/passwd");
	f = fopen(path, "re");
	while (f && fgetpwent_r(f, &pw, buffer, sizeof(buffer), &found) == 0)
		if (pw.pw_uid == p->dirs->uid)
			return (size_t)snprintf(name, size, "%s", pw.pw_name) < size;
	return false;
}

static bool has_account(const struct provision *p, const char *name)
{
	_cleanup_fclose_ FILE *f = NULL;
	struct passwd pw, *found;
	char path[DIRS_MAX], buffer[1024];

	provision_path(p, path, "/etc/passwd");
	f = fopen(path, "re");
	while (f && fgetpwent_r(f, &pw, buffer, sizeof(buffer), &found) == 0)
		if (strcmp(pw.pw_name, name) == 0)
			return true;
	return false;
}

/* Can nobody but root put another program at the agent's path? */
static int check_agent_path(struct provision *p)
{
	char path[] = AGENT_PATH, full[DIRS_MAX];

	for (;;) {
		char *slash = strrchr(path, '/');
		struct stat st;

		provision_path(p, full, path);
		if (lstat(full, &st) < 0)
			return provision_fail(p, -errno, "Cannot look at %s: %s", path,
					      log_reason(-errno));
		if (S_ISLNK(st.st_mode))
			return provision_fail(p, -EPERM, "%s is a link", path);
		if (st.st_uid != geteuid() || st.st_mode & (S_IWGRP | S_IWOTH))
			return provision_fail(
				p, -EPERM,
				"Others than root can replace %s: sudo chown root %s; "
				"sudo chmod go-w %s",
				path, path, path);
		if (slash == path)
			return 0;
		*slash = '\0';
	}
}

/* visudo must accept the rule before sudo sees it: one file with an error disables sudo. */
static int check_rule(struct provision *p, const char *rule)
{
	char path[DIRS_MAX];
	int r = provision_remember(p, "sudoers", rule);

	if (r < 0)
		return provision_fail(p, r, "Cannot write to " PROVISION_STATE ": %s",
				      log_reason(r));
	provision_path(p, path, PROVISION_STATE "/sudoers");
	r = chmod(path, 0440) < 0 ? -errno : provision_must(p, ARGV("visudo", "-cqf", path));
	provision_forget(p, "sudoers");
	return r;
}

static int change_rule(struct provision *p, const char *file, const char *login, const char *words)
{
	char rule[512], path[128];
	int r = 0;

	snprintf(path, sizeof(path), SUDOERS "%s", file);
	snprintf(rule, sizeof(rule),
		 "# Written by outpost provision. Who may load modules can do anything.\n"
		 "%s ALL=(root) NOPASSWD: " AGENT_PATH " %s\n",
		 login, words);
	if (!p->undo)
		r = check_agent_path(p);
	if (r == 0 && !p->look && !p->undo)
		r = check_rule(p, rule);
	return r < 0 ? r : provision_file(p, path, rule, 0440);
}

static int prove_rule(struct provision *p, char *login, const char *words)
{
	char *const argv[] = { (char *)"sudo", (char *)"-n",       (char *)"-l",  (char *)"-U",
			       login,          (char *)AGENT_PATH, (char *)words, NULL };

	return provision_must(p, argv);
}

/* --- sudo ------------------------------------------------------------------------- */

static const char *skip_sudo(struct provision *p)
{
	if (p->request->production)
		return provision_skip(p, "in production, only the account outpost-prod starts the "
					 "agent without a password");
	if (p->dirs->uid == 0)
		return provision_skip(p, "the login is root");
	if (!provision_has_program(p, "sudo") || !provision_has_program(p, "visudo"))
		return provision_skip(p, "sudo is not installed");
	return NULL;
}

static int change_sudo(struct provision *p)
{
	char login[64];

	if (!login_name(p, login, sizeof(login)))
		return provision_fail(p, -ENOENT, "/etc/passwd has no user with uid %u",
				      p->dirs->uid);
	/* sudoers has its own syntax; such a name would need quoting. */
	if (!dirs_plain(login))
		return provision_fail(p, -EINVAL, "The login's name needs quoting in sudoers");
	return change_rule(p, "outpost", login, "serve");
}

static int prove_sudo(struct provision *p)
{
	char login[64];

	return login_name(p, login, sizeof(login)) ? prove_rule(p, login, "serve") : -ENOENT;
}

const struct board_step step_sudo = {
	.name = "sudo",
	.skip = skip_sudo,
	.change = change_sudo,
	.prove = prove_sudo,
};

/* --- account ---------------------------------------------------------------------- */

static const struct account {
	char name[16], keys[40], sshd[48];
	const char *conf, *words, *comment;
} accounts[] = {
	{ "outpost-dev", "/etc/outpost/keys/outpost-dev",
	  "/etc/ssh/sshd_config.d/01-outpost-dev.conf", board_sshd_dev, "serve",
	  "Outpost, development" },
	{ "outpost-prod", "/etc/outpost/keys/outpost-prod",
	  "/etc/ssh/sshd_config.d/01-outpost-prod.conf", board_sshd_prod, "serve production",
	  "Outpost, production" },
};

static const struct account *account_of(const struct provision *p)
{
	return &accounts[p->request->production];
}

static const char *skip_account(struct provision *p)
{
	if (!*p->request->key)
		return provision_skip(p, "no key given: --key FILE makes the account %s",
				      account_of(p)->name);
	if (!provision_has_systemd(p) || !provision_has_program(p, "sshd") ||
	    !provision_has_program(p, "useradd") || !provision_has_program(p, "visudo"))
		return provision_skip(p, "needs systemd, sshd, useradd and sudo");
	return NULL;
}

static int change_user(struct provision *p, const struct account *a)
{
	char *name = (char *)a->name;

	if (has_account(p, a->name) == !p->undo)
		return 0;
	provision_note(p,
		       p->undo ? "remove the account %s (its home stays)" : "make the account %s",
		       a->name);
	if (p->look)
		return 0;
	if (p->undo)
		return provision_must(p, ARGV("userdel", name));
	/* '*': no password; '!' would lock the account, which some sshds refuse. */
	return provision_must(p, ARGV("useradd", "--system", "--create-home", "--shell", "/bin/sh",
				      "--password", "*", "--comment", a->comment, name));
}

static int change_account(struct provision *p)
{
	const struct account *a = account_of(p);
	struct text given = { p->request->key, strlen(p->request->key) };
	char line[SSH_KEY_SIZE + 1];
	struct ssh_key key = { "" };
	int r = 0;

	if (!p->undo && !ssh_key_parse(&key, given, SSH_KEY_HOST))
		return provision_fail(p, -EINVAL, "That is not a public key");
	snprintf(line, sizeof(line), "%s\n", key.text);
	if (!p->undo)
		r = change_user(p, a);
	if (r == 0)
		r = provision_file(p, a->keys, line, 0644);
	if (r == 0)
		r = change_rule(p, a->name, a->name, a->words);
	if (r == 0)
		r = provision_file(p, a->sshd, a->conf, 0644);
	return r < 0 || !p->undo ? r : change_user(p, a);
}

static int apply_account(struct provision *p)
{
	int r = provision_must(p, ARGV("sshd", "-t"));

	if (r < 0) { /* it must not stay: sshd would not start again */
		(void)provision_remove(p, account_of(p)->sshd);
		return r;
	}
	return provision_must(p, ARGV("systemctl", "try-reload-or-restart", "ssh.service"));
}

static int prove_account(struct provision *p)
{
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	const struct account *a = account_of(p);
	char connection[64];
	int r;

	snprintf(connection, sizeof(connection), "user=%s,host=localhost,addr=127.0.0.1", a->name);
	r = provision_run(p, ARGV("sshd", "-T", "-C", connection), &said);
	if (r)
		return provision_fail(p, -EIO, "sshd -T failed: %.200s", said.buf);
	if (!strstr(said.buf, a->keys))
		return provision_fail(p, -EPERM, "sshd does not read %s", a->sshd);
	if (p->request->production && !strstr(said.buf, "forcecommand sudo -n " AGENT_PATH))
		return provision_fail(p, -EPERM, "sshd does not force the agent on %s", a->name);
	return prove_rule(p, (char *)a->name, a->words);
}

const struct board_step step_account = {
	.name = "account",
	.skip = skip_account,
	.change = change_account,
	.apply = apply_account,
	.prove = prove_account,
};
