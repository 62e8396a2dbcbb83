/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages for people, on stderr, one write each, and a timestamped copy of
 * all of them (debug ones too) in the action log where one is open.
 *
 * Functions return 0 or -errno. Whoever knows the object says what went wrong,
 * once, and callers pass the number on silently:
 *
 *	if (r < 0)
 *		return log_error_errno(r, "Cannot read %s", path);
 *
 * A message says what failed, on what and why; log_hint() adds what to do.
 * Text from a board may be passed as an argument: what a terminal would
 * interpret is escaped before it is written.
 */
#ifndef OUTPOST_LOG_H
#define OUTPOST_LOG_H

#include <stdbool.h>

enum log_level {
	LOG_LEVEL_NONE = -1, /* for log_set_level(): show nothing */
	LOG_LEVEL_ERROR,     /* the command cannot do what it was asked */
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,  /* not with -q */
	LOG_LEVEL_DEBUG, /* with -v */
};

/* The most detailed level shown on stderr; LOG_LEVEL_INFO at first. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);

/* Prefix of every message: "outpost" at first. Not copied. */
void log_set_name(const char *name);

/* Appends to `path` from now on. 0 or -errno; says nothing itself. */
int log_open(const char *path);

/* A line that stays below the messages on stderr: the progress line. */
struct log_line {
	void (*hide)(void); /* before a message */
	void (*show)(void); /* after it */
	void (*tick)(void); /* from log_tick() */
};

/* There is one at a time, as there is one stderr; NULL: none. Not copied. */
void log_set_line(const struct log_line *line);

/* Called several times a second by loops that wait, so that the line can show the time. */
void log_tick(void);

void log_message(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "<message>: <strerror>"; returns r, which is negative. */
int log_errno(enum log_level level, int r, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(...)          log_message(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)           log_message(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)           log_message(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)          log_message(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_error_errno(r, ...) log_errno(LOG_LEVEL_ERROR, (r), __VA_ARGS__)
#define log_warn_errno(r, ...)  log_errno(LOG_LEVEL_WARN, (r), __VA_ARGS__)

/* A line that follows an error and says what to do about it. */
void log_hint(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
