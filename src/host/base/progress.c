// SPDX-License-Identifier: GPL-2.0-only
#include "host/base/progress.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/strbuf.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define REDRAW_MS 100

static struct {
	int depth;  /* nesting of progress_start() */
	bool shown; /* stderr can show the line */
	bool drawn; /* the line is on screen */
	struct strbuf step;
	size_t done, total;
	long long started_ms, drawn_ms;
} line = { .step = STRBUF_INIT };

static void put(const char *text, size_t n)
{
	while (n) {
		ssize_t written = write(STDERR_FILENO, text, n);

		if (written <= 0)
			return; /* one line is lost, which does no harm */
		text += written;
		n -= (size_t)written;
	}
}

static void take_away(void)
{
	if (line.drawn)
		put("\r\033[K", 4);
	line.drawn = false;
}

static size_t columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

/* Leaves one column free, or terminals start a new line; does not split a UTF-8 character. */
static void cut(struct strbuf *text, size_t most)
{
	if (text->len <= most)
		return;
	while (most && ((unsigned char)text->buf[most] & 0xc0) == 0x80)
		most--;
	text->len = most;
	text->buf[most] = '\0';
}

static void draw(void)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	_cleanup_(strbuf_release) struct strbuf tail = STRBUF_INIT;
	size_t width = columns() - 1;

	if (!line.shown || !line.depth || !line.step.len)
		return;
	line.drawn_ms = monotonic_ms();
	if (line.total)
		strbuf_addf(&tail, "  %zu%%",
			    line.done < line.total ? line.done * 100 / line.total : 100);
	strbuf_addf(&tail, "  %.1f s", (double)(line.drawn_ms - line.started_ms) / 1000);
	strbuf_adds(&text, "\r");
	strbuf_add_clean(&text, line.step.buf, line.step.len);
	cut(&text, 1 + (tail.len < width ? width - tail.len : 0));
	strbuf_addf(&text, "%s\033[K", tail.buf);
	put(text.buf, text.len);
	line.drawn = true;
}

/* At most ten times a second. */
static void tick(void)
{
	if (line.depth && line.shown && monotonic_ms() - line.drawn_ms >= REDRAW_MS)
		draw();
}

/* With -v every step is a line of its own; with -q nothing is shown. */
static bool wanted(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb") != 0 &&
	       log_get_level() == LOG_LEVEL_INFO;
}

static const struct log_line log_line = { take_away, draw, tick };

void progress_start(void)
{
	if (line.depth++)
		return;
	line.shown = wanted();
	line.started_ms = monotonic_ms();
	if (!line.shown)
		return;
	log_set_line(&log_line);
}

void progress_step(const char *fmt, ...)
{
	va_list ap;

	strbuf_reset(&line.step);
	va_start(ap, fmt);
	strbuf_vaddf(&line.step, fmt, ap);
	va_end(ap);
	for (char *c = line.step.buf; *c; c++)
		if (*c == '\n' || *c == '\t')
			*c = ' ';
	line.done = line.total = 0;
	log_debug("%s", line.step.buf);
	draw();
}

void progress_fraction(size_t done, size_t total)
{
	line.done = done;
	line.total = total;
	tick();
}

void progress_end(void)
{
	if (!line.depth || --line.depth)
		return;
	take_away();
	if (line.shown)
		log_set_line(NULL);
	strbuf_release(&line.step);
}
