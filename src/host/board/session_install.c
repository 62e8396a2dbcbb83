// SPDX-License-Identifier: GPL-2.0-only
/* Finds our agent and installs it on a board. */
#include "host/board/session_internal.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/base/build_id.h"
#include "host/base/paths.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define INSTALL_TIMEOUT_MS 120000

static const struct {
	const char *machine; /* uname -m */
	const char *file;
} agents[] = {
	{ "aarch64", "aarch64/outpost-agent" },
	{ "x86_64", "host/outpost-agent" }, /* for tests in which this machine is the board */
};

/*
 * One fixed string for any login shell. The size comes first on stdin, so that a broken
 * connection cannot leave half an agent. A running agent keeps its file, because rename only
 * replaces the name. Only root owns "/", and testing that costs no process.
 */
#define INSTALL                                                                               \
	"exec /bin/sh -c 'export LC_ALL=C; [ -O / ] && exec /bin/sh -c \"$1\"; exec sudo -n " \
	"/bin/sh -c \"$1\"' sh "                                                              \
	"'umask 022; t=" AGENT_PATH ".$$; read size && mkdir -p " AGENT_DIR " && cat >$t && " \
	"[ $(wc -c <$t) -eq $size ] && chmod 755 $t && sync && mv -f $t " AGENT_PATH          \
	" || { rm -f $t; exit 1; }'"

char *agent_file(const char *machine)
{
	for (size_t i = 0; i < ARRAY_SIZE(agents); i++)
		if (strcmp(machine, agents[i].machine) == 0)
			return path_own_file(agents[i].file);
	return NULL;
}

int agent_build_id(const char *path, char *id, size_t size)
{
	_cleanup_(strbuf_release) struct strbuf file = STRBUF_INIT;
	_cleanup_free_ char *text = NULL;
	int r = fs_read(path, &file, 0);

	if (r < 0)
		return r;
	text = build_id_in(file.buf, file.len);
	return *text && (size_t)snprintf(id, size, "%s", text) < size ? 0 : -ENODATA;
}

void agent_own_id(const char *machine, char *id, size_t size)
{
	_cleanup_free_ char *path = agent_file(machine);

	if (!path || agent_build_id(path, id, size) < 0)
		*id = '\0';
}

static int failure_is_endless(struct failure *failure, const char *command)
{
	failure_release(failure);
	failure->kind = FAILURE_OTHER;
	failure->why = xasprintf("it prints more than %d KiB for '%.*s'", TALK_MAX / 1024,
				 (int)strcspn(command, "'"), command);
	failure->hint = xstrdup("Log in and run it by hand: a start-up file of the login shell may "
				"print too much");
	return -ENOTCONN;
}

/* Runs a fixed command on the board; its output goes to `output`. Returns as agent_install(). */
static int remote(const struct board *board, const struct session_options *options,
		  const char *command, const struct strbuf *input, struct strbuf *output,
		  struct failure *failure)
{
	_cleanup_(strbuf_release) struct strbuf error = STRBUF_INIT;
	_cleanup_strv_ char **argv = ssh_command(board, options, command);
	struct ssh_end end = { 0 };
	int r = process_run(argv, &(struct process_options){
					  .input = input ? input->buf : NULL,
					  .input_len = input ? input->len : 0,
					  .output = output,
					  .error = &error,
					  .timeout_ms = INSTALL_TIMEOUT_MS,
					  .output_max = TALK_MAX,
				  });

	if (r == 0)
		return 0;
	if (r == -EFBIG)
		return failure_is_endless(failure, command);
	if (r < 0 && r != -ETIME)
		return failure_not_started(failure, r);
	end.status = r < 0 ? 255 : r;
	end.timeout_ms = r < 0 ? INSTALL_TIMEOUT_MS : 0;
	end.error = error.buf;
	end.noise = output->buf;
	end.noise_len = output->len;
	return failure_explain(failure, board, &end);
}

/* Uses the last line of the output: the shell's start-up files may have printed more. */
static int ask_machine(const struct board *board, const struct session_options *options,
		       char **machine, struct failure *failure)
{
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	int r = remote(board, options, "uname -m", NULL, &said, failure);
	char *last;

	if (r < 0)
		return r;
	while (said.len && said.buf[said.len - 1] == '\n')
		said.buf[--said.len] = '\0';
	last = strrchr(said.buf, '\n');
	*machine = xstrdup(last ? last + 1 : said.buf);
	return 0;
}

static int find_agent(const char *machine, char **file, struct failure *failure)
{
	*file = agent_file(machine);
	if (*file)
		return 0;
	failure_release(failure);
	failure->why = xasprintf("it is a '%.64s', for which there is no agent", machine);
	failure->hint =
		strcmp(machine, "aarch64") == 0
			? xstrdup("Run 'make' in Outpost's source tree to build it")
		: strncmp(machine, "armv", 4) == 0
			? xstrdup("Its kernel has 32 bits: on a Raspberry Pi 3 or later, set "
				  "arm_64bit=1 in config.txt and restart it, or install a 64-bit "
				  "system")
			: xstrdup("Use a 64-bit ARM system (aarch64), which a Raspberry Pi 3 or "
				  "later can run");
	failure->kind = FAILURE_OTHER;
	return -ENOTCONN;
}

/*
 * If sudo asks for a password, the user can do by hand what we cannot; sudoers need not allow
 * more than the agent.
 */
static void add_manual_way(struct failure *failure, const struct board *board, const char *file)
{
	char *hint;

	if (failure->kind != FAILURE_SUDO)
		return;
	hint = xasprintf(
		"Install the agent by hand: scp %s%s%s%s %s: && ssh -t %s%s%s %s sudo install -D "
		"outpost-agent " AGENT_PATH "; then: %s",
		board->ssh_config ? "-F " : "", board->ssh_config ? board->ssh_config : "",
		board->ssh_config ? " " : "", file, board->destination,
		board->ssh_config ? "-F " : "", board->ssh_config ? board->ssh_config : "",
		board->ssh_config ? " " : "", board->destination, failure->hint);
	free(failure->hint);
	failure->hint = hint;
}

int agent_install(const struct board *board, const struct session_options *options,
		  const char *machine, struct failure *failure)
{
	_cleanup_free_ char *asked = NULL, *file = NULL;
	_cleanup_(strbuf_release) struct strbuf input = STRBUF_INIT, content = STRBUF_INIT;
	_cleanup_(strbuf_release) struct strbuf output = STRBUF_INIT;
	int r = machine ? 0 : ask_machine(board, options, &asked, failure);

	if (r == 0)
		r = find_agent(machine ? machine : asked, &file, failure);
	if (r < 0)
		return r;
	r = fs_read(file, &content, 0);
	if (r < 0) {
		failure_release(failure);
		failure->why = xasprintf("cannot read the agent %s: %s", file, strerror(-r));
		failure->kind = FAILURE_OURS;
		return -ENOTCONN;
	}
	log_message(options->quiet ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO,
		    "Installing the agent on %s (%zu KiB)", board->name, content.len / 1024);
	strbuf_addf(&input, "%zu\n", content.len);
	strbuf_add(&input, content.buf, content.len);
	r = remote(board, options, INSTALL, &input, &output, failure);
	if (r < 0)
		add_manual_way(failure, board, file);
	return r;
}
