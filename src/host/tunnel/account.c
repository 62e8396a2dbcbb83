// SPDX-License-Identifier: GPL-2.0-only
#include "host/tunnel/account.h"

#include "common/cleanup.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>

/*
 * Debian has 900 ids for system accounts. These are from the range of ordinary users, whose end is
 * rarely reached (Debian Policy 9.2.2).
 */
#define BOARD_UID_MIN "SYS_UID_MIN=50000"
#define BOARD_UID_MAX "SYS_UID_MAX=59999"

/* These read the files again each time. */
bool account_exists(const char *name)
{
	return getpwnam(name);
}

bool account_group_exists(const char *name)
{
	return getgrnam(name);
}

static int run_tool(char *const *argv)
{
	_cleanup_(strbuf_release) struct strbuf output = STRBUF_INIT;
	const struct process_options options = {
		.output = &output, .error = &output, .timeout_ms = 60000, .output_max = 64 * 1024
	};
	int r = process_run(argv, &options);

	if (r == 0)
		return 0;
	if (r < 0)
		return log_error_errno(r, "Cannot run %s", argv[0]);
	log_lines(LOG_LEVEL_ERROR, output.buf, "%s failed (status %d)", argv[0], r);
	return -EIO;
}

int account_add(const struct account *account)
{
	_cleanup_strv_ char **argv = NULL;
	const char *const words[] = { "useradd",
				      "--system",
				      "--no-create-home",
				      "--password",
				      "*",
				      "--home-dir",
				      account->home,
				      "--shell",
				      account->shell,
				      account->group ? "--gid" : "--user-group" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		strv_add(&argv, words[i]);
	if (account->group)
		strv_add(&argv, account->group);
	if (account->is_board) {
		strv_add(&argv, "--key");
		strv_add(&argv, BOARD_UID_MIN);
		strv_add(&argv, "--key");
		strv_add(&argv, BOARD_UID_MAX);
	}
	strv_add(&argv, account->name);
	return run_tool(argv);
}

int account_add_group(const char *name)
{
	return run_tool(ARGV("groupadd", "--system", name));
}

int account_remove(const char *name)
{
	return account_exists(name) ? run_tool(ARGV("userdel", name)) : 0;
}

int account_remove_group(const char *name)
{
	return account_group_exists(name) ? run_tool(ARGV("groupdel", name)) : 0;
}
