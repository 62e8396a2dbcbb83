// SPDX-License-Identifier: GPL-2.0-only
#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/board.h"
#include "host/command.h"
#include "host/kernel_internal.h"
#include "host/out.h"
#include "host/paths.h"
#include "host/session.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define LEAST_FREE (64ull << 20)

enum state { OK, NOTE, MISSING };

static const char *const state_names[] = { "ok", "note", "missing" };

struct check {
	const char *where; /* "host" or "board" */
	const char *name;
	enum state state;
	char *detail;
	char *mend; /* or NULL */
};

struct checks {
	struct check *items;
	size_t n;
	char **packages; /* that apt-get could install */
};

/* Both strings are taken over. */
static void add(struct checks *c, const char *where, const char *name, enum state state,
		char *detail, char *mend)
{
	GROW(c->items, c->n);
	c->items[c->n++] = (struct check){ where, name, state, detail, mend };
}

static void checks_release(struct checks *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->items[i].detail);
		free(c->items[i].mend);
	}
	free(c->items);
	strv_free(c->packages);
}

/* --- this machine ------------------------------------------------------------ */

#if defined(__aarch64__)
#define CROSS         ""
#define CROSS_PACKAGE "gcc"
#else
#define CROSS         "aarch64-linux-gnu-"
#define CROSS_PACKAGE "gcc-aarch64-linux-gnu"
#endif

static const struct tool {
	const char *name, *package, *use;
	enum state without;
} tools[] = {
	{ "ssh", "openssh-client", "reaches boards", MISSING },
	{ "make", "make", "builds modules", MISSING },
	{ CROSS "gcc", CROSS_PACKAGE, "compiles them for the board", MISSING },
	{ "bash", "bash", "reads dkms.conf", MISSING },
	{ "patch", "patch", "applies the patches that a dkms.conf names", NOTE },
	{ "apt-get", "apt", "finds kernels and their headers", MISSING },
	{ "dpkg-deb", "dpkg", "unpacks them", MISSING },
	{ "xz", "xz-utils", "unpacks them", MISSING },
	{ "depmod", "kmod", "orders a kernel's modules", MISSING },
	{ "qemu-system-aarch64", "qemu-system-arm", "runs the virtual Pi", MISSING },
	{ "mke2fs", "e2fsprogs", "makes its disk", MISSING },
	{ "ssh-keygen", "openssh-client", "makes its keys and yours", MISSING },
};

static bool find_tool(const char *name, char **where)
{
	_cleanup_free_ char *all = xstrdup(getenv("PATH"));

	for (char *rest = all, *dir; (dir = strsep(&rest, ":"));) {
		_cleanup_free_ char *file = path_join(*dir ? dir : ".", name, NULL);

		if (access(file, X_OK) != 0 || fs_is_dir(file))
			continue;
		*where = TAKE_PTR(file);
		return true;
	}
	return false;
}

static void check_tools(struct checks *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		const struct tool *tool = &tools[i];
		char *where = NULL;

		if (find_tool(tool->name, &where)) {
			add(c, "host", tool->name, OK, where, NULL);
			continue;
		}
		add(c, "host", tool->name, tool->without, xstrdup(tool->use),
		    xasprintf("apt-get install %s", tool->package));
		if (!strv_contains(c->packages, tool->package))
			strv_add(&c->packages, tool->package);
	}
}

static void check_own_files(struct checks *c)
{
	_cleanup_free_ char *file = path_own_file("aarch64/outpost-agent");
	char *agent = file ? realpath(file, NULL) : NULL;

	if (agent)
		add(c, "host", "agent", OK, agent, NULL);
	else
		add(c, "host", "agent", MISSING,
		    xstrdup("what Outpost puts on a board is not built"), xstrdup("make"));
}

/* --- the board ----------------------------------------------------------------- */

static void check_tree(struct checks *c, const outpost_Welcome *w)
{
	_cleanup_(kernel_tree_freep) struct kernel_tree *tree = NULL;
	_cleanup_free_ char *compiler = NULL;
	int r = kernel_read(w->release, &tree);

	if (r < 0) {
		/* Obtained by itself when something is built: nothing to worry about yet. */
		add(c, "board", "kernel tree", r == -ENOENT ? NOTE : MISSING,
		    xasprintf("%s for %s", r == -ENOENT ? "none yet" : "damaged", w->release),
		    xasprintf("outpost kernel %s %s", r == -ENOENT ? "add" : "remove", w->release));
		return;
	}
	add(c, "board", "kernel tree", OK, xasprintf("%s, from %s", tree->release, tree->source),
	    NULL);
	if (!*tree->compiler) {
		add(c, "board", "compiler", MISSING, xstrdup("it was not built with gcc"), NULL);
		return;
	}
	if (find_tool(tree->compiler, &compiler)) {
		add(c, "board", "compiler", OK, TAKE_PTR(compiler), NULL);
		return;
	}
	add(c, "board", "compiler", MISSING,
	    xasprintf("%s, which built its kernel, is not here", tree->compiler),
	    xasprintf("apt-get install %s%s", tree->compiler + strlen(CROSS),
		      *CROSS ? "-aarch64-linux-gnu" : ""));
}

static void check_crash_help(struct checks *c, const outpost_Welcome *w)
{
	if (w->pstore)
		add(c, "board", "pstore", OK, xstrdup("what a panic says survives it"), NULL);
	else
		add(c, "board", "pstore", NOTE,
		    xstrdup("no: what a panic says is lost, and only that it happened is known"),
		    xstrdup("on the board, configure ramoops (dtoverlay=ramoops on a Raspberry "
			    "Pi)"));
	if (w->watchdog)
		add(c, "board", "watchdog", OK, xstrdup("a board that hangs resets itself"), NULL);
	else
		add(c, "board", "watchdog", NOTE, xstrdup("no: a board that hangs stays so"),
		    xstrdup("on a Raspberry Pi, dtparam=watchdog=on in config.txt; or a "
			    "power_cycle command"));
	if (w->lockdep_off)
		add(c, "board", "lockdep", NOTE,
		    xstrdup("has turned itself off: it found a problem since the board started"),
		    xstrdup("reboot the board"));
}

static void check_welcome(struct checks *c, const outpost_Welcome *w)
{
	_cleanup_(strbuf_release) struct strbuf home = STRBUF_INIT, model = STRBUF_INIT;
	const char *what = *w->model ? w->model : w->machine;

	strbuf_add_clean(&home, w->home, strlen(w->home));
	strbuf_add_clean(&model, what, strlen(what));
	add(c, "board", "machine", OK, xasprintf("%s, Linux %s", model.buf, w->release), NULL);
	add(c, "board", "agent", OK,
	    xasprintf("%s%s", w->build_id, w->sudo ? ", through sudo" : ""), NULL);
	add(c, "board", "free space", w->free_bytes < LEAST_FREE ? MISSING : OK,
	    xasprintf("%llu MiB in %s", (unsigned long long)w->free_bytes >> 20, home.buf),
	    w->free_bytes < LEAST_FREE
		    ? xasprintf("make room: %llu MiB are wanted", LEAST_FREE >> 20)
		    : NULL);
	check_crash_help(c, w);
	check_tree(c, w);
}

/* Was it asked for? Then it should be there. */
static void check_board(struct checks *c, const struct board *board, bool asked)
{
	const struct session_options options = { .quiet = true };
	_cleanup_(session_closep) struct session *session = NULL;
	const outpost_Welcome *welcome;
	int r = session_open(board, &options, &session);

	if (r == 0)
		r = session_welcome(session, &welcome);
	if (r == 0)
		check_welcome(c, welcome);
	else if (session)
		add(c, "board", "reachable", asked ? MISSING : NOTE,
		    xasprintf("board %s: %s", board->name, session_why(session)),
		    session_hint(session) ? xstrdup(session_hint(session)) : NULL);
	else
		add(c, "board", "reachable", MISSING,
		    xasprintf("board %s: ssh cannot be started", board->name), NULL);
}

static int check_boards(struct checks *c, const struct context *ctx)
{
	_cleanup_(board_freep) struct board *board = NULL;
	_cleanup_strv_ char **names = NULL;
	int r = board_list(&names);

	if (r < 0)
		return r;
	if (!ctx->board && !strv_contains(names, "vm")) {
		add(c, "board", "reachable", NOTE,
		    xstrdup("there is no board yet; this machine alone was looked at"),
		    xstrdup("outpost vm up"));
		return 0;
	}
	r = board_get(ctx, &board);
	if (r == 0)
		check_board(c, board, ctx->board);
	return r;
}

/* --- what is shown --------------------------------------------------------------- */

static enum state worst(const struct checks *c)
{
	enum state state = OK;

	for (size_t i = 0; i < c->n; i++)
		state = c->items[i].state > state ? c->items[i].state : state;
	return state;
}

static int print_json(const struct checks *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->n; i++) {
		const struct check *check = &c->items[i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s*}", "where",
						      check->where, "name", check->name, "state",
						      state_names[check->state], "detail",
						      check->detail, "mend", check->mend));
	}
	return out_json(json_pack("{s:s, s:b, s:o}", "schema", "outpost.doctor/1", "ok",
				  worst(c) != MISSING, "checks", list));
}

static void print_checks(const struct checks *c)
{
	static const char *const words[] = { "ok", "note", "MISSING" };

	for (size_t i = 0; i < c->n; i++) {
		const struct check *check = &c->items[i];

		printf("%-6s %-22s %-8s %s\n", check->where, check->name, words[check->state],
		       check->detail);
		if (check->mend)
			printf("%29s -> %s\n", "", check->mend);
	}
	if (c->packages) {
		printf("\napt-get install");
		strv_foreach (package, c->packages)
			printf(" %s", *package);
		printf("\n");
	}
}

static int run(struct context *ctx, void *options, int argc, char **argv)
{
	_cleanup_(checks_release) struct checks checks = { 0 };
	int r;

	(void)options;
	(void)argc;
	(void)argv;
	check_tools(&checks);
	check_own_files(&checks);
	r = check_boards(&checks, ctx);
	if (r < 0)
		return r;
	if (ctx->json)
		r = print_json(&checks);
	else
		print_checks(&checks);
	return r < 0 ? r : worst(&checks) == MISSING ? STATUS_FAIL : STATUS_OK;
}

const struct command cmd_doctor = {
	.name = "doctor",
	.args = "",
	.summary = "What is missing here and on the board, and what mends it",
	.help = "Exits with 1 when something is missing that is needed; a note is no such thing.\n",
	.has_json = true,
	.run = run,
};
