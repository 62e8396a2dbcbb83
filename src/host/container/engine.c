// SPDX-License-Identifier: GPL-2.0-only
/* Finds and runs podman or docker. */
#include "host/container/internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/paths.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void container_add_words(char ***argv, const char *words)
{
	_cleanup_free_ char *copy = xstrdup(words ? words : "");
	char *rest;

	for (char *word = strtok_r(copy, " \t\n", &rest); word;
	     word = strtok_r(NULL, " \t\n", &rest))
		strv_add(argv, word);
}

static bool is_there(const char *engine)
{
	_cleanup_free_ char *where = path_program(engine);

	return where;
}

/* docker's client is often installed without a running daemon. */
static int works(const char *engine, struct strbuf *said)
{
	int r = process_run(
		ARGV(engine, "info"),
		&(struct process_options){ .output = said, .error = said, .timeout_ms = 60000 });

	if (r == 0 || r == -EINTR)
		return r;
	return r < 0 ? r : -EHOSTDOWN;
}

static void cut(struct strbuf *text, size_t length)
{
	text->len = length;
	text->buf[length] = '\0';
}

const char *container_last_lines(struct strbuf *text, int n)
{
	const char *p;

	for (;;) {
		while (text->len && text->buf[text->len - 1] == '\n')
			cut(text, text->len - 1);
		p = strrchr(text->buf, '\n');
		if (!p || strncmp(p, "\nSee '", 6) != 0)
			break;
		cut(text, (size_t)(p - text->buf));
	}
	for (p = text->buf + text->len; p > text->buf; p--)
		if (p[-1] == '\n' && --n == 0)
			break;
	return p;
}

int container_find_engine(const struct container *container, char **engine)
{
	static const char *const known[] = { "podman", "docker" };
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	const char *configured = container->settings.engine, *tried = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		const char *name = configured ? configured : known[i];
		int r;

		if (!is_there(name) || (configured && i > 0))
			continue;
		tried = name;
		strbuf_reset(&said);
		r = works(name, &said);
		if (r == 0)
			*engine = xstrdup(name);
		if (r == 0 || r == -EINTR)
			return r;
	}
	if (tried)
		log_error("%s does not work: %s", tried, container_last_lines(&said, 1));
	else if (configured)
		log_error("container.engine is %s, which is not installed", configured);
	else
		log_error("Neither podman nor docker is installed");
	log_hint(
		"As root, run apt-get install podman uidmap, or build on this machine with --in host");
	return -ENOPKG;
}

struct shown {
	const struct strbuf *text;
	size_t n;
};

static void show(void *arg)
{
	struct shown *shown = arg;

	(void)fs_write_all(STDERR_FILENO, shown->text->buf + shown->n, shown->text->len - shown->n);
	shown->n = shown->text->len;
}

int container_engine(char *const *argv, struct strbuf *output, int limit_ms, const char *doing)
{
	_cleanup_(strbuf_release) struct strbuf error = STRBUF_INIT;
	struct shown shown = { .text = &error };
	bool shows = log_get_level() >= LOG_LEVEL_DEBUG;
	int r = process_run(argv, &(struct process_options){ .output = output ? output : &error,
							     .error = &error,
							     .on_output = shows ? show : NULL,
							     .arg = &shown,
							     .timeout_ms = limit_ms });

	if (r == 0 || r == -EINTR)
		return r;
	if (r == -ETIME)
		log_error("%s could not %s within %d s", argv[0], doing, limit_ms / 1000);
	else if (r < 0)
		log_error_errno(r, "Cannot run %s", argv[0]);
	else if (output)
		log_error("%s cannot %s: %s", argv[0], doing, container_last_lines(&error, 1));
	else
		log_lines(LOG_LEVEL_ERROR, container_last_lines(&error, 8),
			  "%s cannot %s:", argv[0], doing);
	return r < 0 ? r : -EIO;
}
