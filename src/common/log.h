/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages for users: on stderr, one write each, and a timestamped copy of all of them (also debug
 * messages) in the action log if one is open.
 *
 * Functions return 0 or -errno. The function that knows the object logs what went wrong, once, and
 * its callers pass the number on silently:
 *
 *	if (r < 0)
 *		return log_error_errno(r, "Cannot read %s", path);
 *
 * A message says what failed, on what object and why; log_hint() adds what to do. Text from a board
 * may be passed as an argument: a message is one line, and what a terminal would interpret is
 * escaped.
 */
#ifndef OUTPOST_LOG_H
#define OUTPOST_LOG_H

#include <stdbool.h>

enum log_level {
	LOG_LEVEL_NONE = -1, /* for log_set_level(): print nothing */
	LOG_LEVEL_ERROR,     /* the command cannot do what was asked */
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,  /* not with -q */
	LOG_LEVEL_DEBUG, /* with -v */
};

/* The most detailed level printed on stderr; initially LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);

/* The prefix of every message; initially "outpost". Not copied. */
void log_set_name(const char *name);

/*
 * Appends to `path` from now on, at most LOG_FILE_MAX bytes. A file that has more than that becomes
 * PATH.old first. 0 or -errno, not logged.
 */
#define LOG_FILE_MAX (16 * 1024 * 1024)
int log_open(const char *path);

/* A line that stays below the messages on stderr: the progress line. */
struct log_line {
	void (*hide)(void); /* before a message */
	void (*show)(void); /* after it */
	void (*tick)(void); /* from log_tick() */
};

/* There is one at a time, because there is one stderr; NULL: none. Not copied. */
void log_set_line(const struct log_line *line);

/* Called several times a second by loops that wait, so that the line can show the elapsed time. */
void log_tick(void);

void log_message(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Logs a message and below it the lines of `text`, which is from another program, such as a
 * compiler. None of them looks like a message of ours.
 */
void log_lines(enum log_level level, const char *text, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The text for -errno. */
const char *log_reason(int r);

/* Logs "<message>: <log_reason(r)>"; returns r, which is negative. */
int log_errno(enum log_level level, int r, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(...)          log_message(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)           log_message(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)           log_message(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)          log_message(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_error_errno(r, ...) log_errno(LOG_LEVEL_ERROR, (r), __VA_ARGS__)
#define log_warn_errno(r, ...)  log_errno(LOG_LEVEL_WARN, (r), __VA_ARGS__)

/*
 * Writes a question to stderr, as it is; the line stays hidden until log_end_question(), after
 * the answer was read.
 */
void log_begin_question(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_end_question(void);

/* A line after an error that tells the user what to do. */
void log_hint(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
