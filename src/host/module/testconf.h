/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test.conf: how to test the modules of a folder. INI; keys before the first section apply to
 * all modules of the folder, those in [name] to one module. The fields describe the keys.
 */
#ifndef OUTPOST_TESTCONF_H
#define OUTPOST_TESTCONF_H

struct test_config {
	char *params;     /* params = a=1 b="two words": module parameters */
	char **depends;   /* depends = other, in_tree: modules to load before, besides .modinfo's */
	char *program;    /* program = test/foo.c: built statically; other files run unchanged */
	char **args;      /* args = --fast 3: arguments of the program, separated by blanks */
	char **log_lines; /* log = text: must be in the kernel log of the window; may be repeated */
	char *skip;       /* skip = reason: do not test the module */
	int load_timeout_ms;   /* load_timeout = 10s */
	int test_timeout_ms;   /* timeout = 30s */
	int unload_timeout_ms; /* unload_timeout = 10s: how long to retry a refused unload */
	int settle_ms; /* settle = 50ms: how long to watch the kernel log after the unload */
};

/* Sets the defaults shown above. */
void test_config_init(struct test_config *config);
void test_config_release(struct test_config *config);

/*
 * Reads `path` for the module `name`. If the file does not exist: the defaults. 0 or -errno,
 * logged with file, line and what is expected.
 */
int test_config_read(struct test_config *config, const char *path, const char *name);

/*
 * Checks that each section in `path` is named after one of these modules; otherwise its
 * contents would be ignored. 0 or -errno, logged.
 */
int test_config_check_sections(const char *path, char *const *names);

/*
 * Splits words at blanks; "..." and '...' keep blanks, and \\ quotes the next character (not
 * within '...'). 0, or -EINVAL if a quote is not closed. *words is an array for strv_free(),
 * NULL if there are none.
 */
int words_split(const char *text, char ***words);

#endif
