// SPDX-License-Identifier: GPL-2.0-only
#include "host/workflow/survey.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/base/json_make.h"
#include "host/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define AT_ONCE    64
#define ANSWER_MAX (64 * 1024) /* bytes */
#define GRACE_MS   1000        /* on top of the session's own limits, and after SIGTERM */
#define TURN_MS    100

void survey_release(struct survey *survey)
{
	for (size_t i = 0; i < survey->n; i++) {
		board_free(survey->list[i].board);
		json_decref(survey->list[i].answer);
		json_decref(survey->list[i].last);
	}
	free(survey->list);
	*survey = (struct survey){ 0 };
}

/* --- which boards ------------------------------------------------------------------------- */

static struct survey_board *find(const struct survey *survey, const char *name)
{
	for (size_t i = 0; i < survey->n; i++)
		if (strcmp(survey->list[i].board->name, name) == 0)
			return &survey->list[i];
	return NULL;
}

static struct survey_board *add(struct survey *survey, struct board *board)
{
	GROW(survey->list, survey->n);
	survey->list[survey->n] = (struct survey_board){ .board = board };
	return &survey->list[survey->n++];
}

/* A board that cannot be read is logged, and does not hide the others. */
static int add_own(struct survey *survey, const char *only)
{
	_cleanup_strv_ char **names = NULL;
	struct board *board;
	int r;

	if (only) {
		r = board_find(only, &board);
		if (r == 0)
			add(survey, board);
		return r;
	}
	r = board_list(&names);
	strv_foreach (name, names)
		if (board_find(*name, &board) == 0)
			add(survey, board);
	return r;
}

/* Reached through the gateway's own entry in ssh_config, or by a board of the user's of that name. */
static struct board *gateway_board(const char *root, const char *name)
{
	struct board *board = xcalloc(1, sizeof(*board));

	board->name = xstrdup(name);
	board->destination = xstrdup(name);
	if (*root)
		board->ssh_config =
			xasprintf("%s/etc/ssh/ssh_config.d/50-outpost-%s.conf", root, name);
	return board;
}

static int add_gateways(const char *root, const char *only, struct survey *survey)
{
	_cleanup_(tunnel_boards_release) struct tunnel_boards boards = { 0 };
	int r = tunnel_is_gateway(root) ? tunnel_boards_read(root, NULL, tunnel_now_ms(), &boards)
					: 0;

	for (size_t i = 0; r == 0 && i < boards.n; i++) {
		const struct tunnel_board *b = &boards.list[i];
		struct survey_board *s = find(survey, b->name);

		if (!s && only)
			continue;
		if (!s)
			s = add(survey, gateway_board(root, b->name));
		s->of_gateway = true;
		s->seen = b->seen;
		s->tunnel = b->status;
	}
	return r;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct survey_board *)a)->board->name,
		      ((const struct survey_board *)b)->board->name);
}

int survey_boards(const char *root, const char *only, struct survey *survey)
{
	int r = add_own(survey, only);

	if (r == 0)
		r = add_gateways(root, only, survey);
	if (survey->n)
		qsort(survey->list, survey->n, sizeof(*survey->list), compare);
	return r;
}

/* --- asking ------------------------------------------------------------------------------- */

/* A process that asks one board, and writes the answer to a pipe. */
struct asker {
	struct survey_board *board;
	pid_t pid;
	int fd;
	struct strbuf text;
	long long end_ms; /* then it is told to end, and killed a second later */
	bool told;
};

static void __attribute__((noreturn)) ask(const struct board *board, int timeout_ms, int fd)
{
	json_t *answer;

	setpgid(0, 0); /* a Ctrl-C reaches the parent alone, which then ends us */
	log_set_level(LOG_LEVEL_NONE);
	log_set_line(NULL);
	answer = survey_answer(board, timeout_ms);
	_exit(process_interrupted || json_dumpfd(answer, fd, JSON_COMPACT) < 0);
}

static int start(struct asker *a, struct survey_board *board, int timeout_ms)
{
	int ends[2];

	*a = (struct asker){ .board = board, .fd = -1, .text = STRBUF_INIT };
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	a->pid = fork();
	if (a->pid == 0) {
		close(ends[0]);
		ask(board->board, timeout_ms, ends[1]);
	}
	close(ends[1]);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	a->fd = ends[0];
	a->end_ms = monotonic_ms() + 2LL * timeout_ms + GRACE_MS;
	if (a->pid > 0)
		return 0;
	close_fd(&a->fd);
	return -EAGAIN;
}

static json_t *no_answer(const char *why)
{
	return object_json("{s:b, s:s, s:s}", "reachable", 0, "why", why, "hint", NULL);
}

static void finish(struct asker *a)
{
	json_t *answer = json_loadb(a->text.buf, a->text.len, 0, NULL);

	close_fd(&a->fd);
	process_wait(a->pid);
	strbuf_release(&a->text);
	a->board->answer =
		json_is_object(answer) ? json_incref(answer) : no_answer("no answer in time");
	json_decref(answer);
}

/* True once the process has ended, or must. */
static bool take(struct asker *a, bool readable)
{
	if (readable && !process_read(&a->fd, &a->text) && a->fd < 0)
		return true;
	if (a->text.len > ANSWER_MAX) {
		strbuf_reset(&a->text);
		kill(a->pid, SIGKILL);
		return true;
	}
	if (monotonic_ms() < a->end_ms)
		return false;
	kill(a->pid, a->told ? SIGKILL : SIGTERM);
	a->end_ms += GRACE_MS;
	return a->told || !(a->told = true);
}

static void stop_all(struct asker *askers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		kill(askers[i].pid, SIGTERM);
		finish(&askers[i]);
	}
}

/* Waits a while, and takes what has arrived from those that run. Returns how many still do. */
static size_t turn(struct asker *askers, size_t n)
{
	struct pollfd fds[AT_ONCE];

	for (size_t i = 0; i < n; i++)
		fds[i] = (struct pollfd){ .fd = askers[i].fd, .events = POLLIN };
	if (poll(fds, (nfds_t)n, TURN_MS) < 0)
		memset(fds, 0, sizeof(fds));
	log_tick();
	for (size_t i = n; i > 0; i--) {
		if (!take(&askers[i - 1], fds[i - 1].revents))
			continue;
		finish(&askers[i - 1]);
		askers[i - 1] = askers[--n];
	}
	return n;
}

int survey_ask(struct survey *survey, int timeout_ms)
{
	struct asker askers[AT_ONCE];
	size_t n = 0, next = 0;

	while (next < survey->n || n) {
		while (next < survey->n && n < AT_ONCE) {
			struct survey_board *board = &survey->list[next++];

			if (start(&askers[n], board, timeout_ms) == 0)
				n++;
			else
				board->answer = no_answer("this machine cannot start a process");
		}
		n = turn(askers, n);
		if (process_interrupted) {
			stop_all(askers, n);
			return -EINTR;
		}
	}
	return 0;
}

/* --- what is known here ------------------------------------------------------------------- */

int survey_add_runs(struct survey *survey)
{
	_cleanup_(store_closep) struct store *store = NULL;
	int r = store_open(&store);

	for (size_t i = 0; r == 0 && i < survey->n; i++) {
		json_t *rows;

		r = store_list(store, survey->list[i].board->name, 1, &rows);
		if (r < 0)
			break;
		survey->list[i].last = json_incref(json_array_get(rows, 0));
		json_decref(rows);
	}
	return r;
}
