/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test.conf: how the modules of a folder are tested. INI; keys before any
 * section hold for every module of the folder, those in [name] for one module.
 * Every key is described where its field is.
 */
#ifndef OUTPOST_TESTCONF_H
#define OUTPOST_TESTCONF_H

struct test_config {
	char *params;   /* params = a=1 b="two words": given to the module at load */
	char **depends; /* depends = other, in_tree: modules loaded before, beyond what .modinfo
			   says */
	char *program;  /* program = test/foo.c: built static for the board; anything else is run as
			   it is */
	char **args;    /* args = --fast 3: the program's arguments, separated by blanks */
	char **log_lines; /* log = text: must appear in the kernel log of the window; may be given
			     several times */
	char *skip;       /* skip = reason: not tested, and why */
	int load_timeout_ms;   /* load_timeout = 10s */
	int test_timeout_ms;   /* timeout = 30s */
	int unload_timeout_ms; /* unload_timeout = 10s: rmmod that is refused is tried again until
				  then */
	int settle_ms;         /* settle = 50ms: how long to listen after unload */
};

/* The defaults, as above. */
void test_config_init(struct test_config *config);
void test_config_release(struct test_config *config);

/*
 * Reads `path` for the module `name`. No such file: the defaults. 0 or
 * -errno, logged with file, line and what is expected.
 */
int test_config_read(struct test_config *config, const char *path, const char *name);

/*
 * Is each section in `path` one of these modules? One that is not would be
 * passed over with all that is in it. 0, or -errno, logged.
 */
int test_config_check_sections(const char *path, char *const *names);

/*
 * Words separated by blanks; "..." and '...' keep blanks together, \\ takes the
 * next character as it is (not within '...'). 0, or -EINVAL when a quote is not
 * closed. *words is an array for strv_free(), NULL when there are none.
 */
int words_split(const char *text, char ***words);

#endif
