// SPDX-License-Identifier: GPL-2.0-only
/*
 * What building in the container costs over the same on this machine:
 *
 *	container_cost RELEASE MODULE-FOLDER [RUNS]
 *
 * Each in turn, RUNS times, so that what else the machine does hits all alike:
 * on the host, by the builder in the container that stays up, by `exec` into
 * it, and in a container of its own (`run --rm`). Three commands: `true`; make
 * with nothing to do; make after a source has changed. Having a command run
 * elsewhere costs what `true` takes longer; a build is up to three commands.
 * Ends with 1 where three times that is 60 ms or more. What make takes longer
 * holds it too, as far as what else the machine does lets it be seen: there the
 * least times say more than the medians.
 */
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/config.h"
#include "host/container_internal.h"
#include "host/kernel.h"
#include "host/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define PROMISED_MS      60.0
#define COMMANDS_A_BUILD 3 /* make, strip, and the compiler for a test program */
#define MAX_RUNS         200

enum way { HOST, BUILDER, EXEC, RUN, N_WAYS };
static const char *const ways[] = { "host", "builder", "exec", "run --rm" };

enum command { NOTHING, MAKE, CHANGED, N_COMMANDS };
static const char *const commands[] = { "true", "make, nothing to do", "make, one file changed" };

static double times[N_COMMANDS][N_WAYS][MAX_RUNS];
static struct container_image image;
static char *name;                  /* of the container */
static char *folders[N_WAYS];       /* a copy of the module for each */
static char *arguments[N_WAYS][12]; /* make's */
static int runs = 15;

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(3);
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* The words before the command, for the engine's own ways. */
static char **engine_words(enum way way)
{
	char **argv = NULL;
	static const char *const caches[] = { "build", "trees" };

	strv_add(&argv, image.engine);
	if (way == EXEC) {
		strv_add(&argv, "exec");
		strv_add(&argv, name);
		return argv;
	}
	for (const char *const *word =
		     (const char *const[]){ "run", "--rm", "--network", "none", NULL };
	     *word; word++)
		strv_add(&argv, *word);
	for (size_t i = 0; i < ARRAY_SIZE(caches); i++) {
		_cleanup_free_ char *dir = path_cache(caches[i], NULL);
		_cleanup_free_ char *mount = container_mount_word(dir, dir, i == 1);

		strv_add(&argv, "--mount");
		strv_add(&argv, mount);
	}
	container_add_words(&argv, container_settings()->run_args);
	strv_add(&argv, image.id);
	return argv;
}

static int run(enum way way, char *const *command, struct strbuf *output)
{
	const struct process_options options = { .output = output, .error = output };
	_cleanup_strv_ char **argv = NULL;

	if (way == HOST)
		return process_run(command, &options);
	if (way == BUILDER)
		return container_run(command, &options);
	argv = engine_words(way);
	strv_foreach (word, command)
		strv_add(&argv, *word);
	return process_run(argv, &options);
}

static double measure(enum way way, char *const *command)
{
	_cleanup_(strbuf_release) struct strbuf output = STRBUF_INIT;
	double start = now_ms();
	int r = run(way, command, &output);

	if (r != 0)
		die("%s, %s: %s\n%s", ways[way], command[0], r < 0 ? strerror(-r) : "it failed",
		    output.buf);
	return now_ms() - start;
}

/* --- the module ----------------------------------------------------------------------- */

static void prepare_module(enum way way, const struct kernel_tree *tree, const char *module)
{
	const char *last = strrchr(module, '/');
	_cleanup_free_ char *dir =
		path_cache("build/bench", ways[way][0] == 'r' ? "run" : ways[way],
			   last ? last + 1 : module, NULL);
	_cleanup_free_ char *from = xasprintf("%s/.", module);
	char *all[] = { xstrdup("make"),
			xstrdup("--no-print-directory"),
			xstrdup("-C"),
			xstrdup(tree->build),
			xasprintf("M=%s", dir),
			xstrdup("ARCH=arm64"),
			xasprintf("CROSS_COMPILE=%s", tree->cross_prefix),
			xasprintf("CC=%s", tree->compiler),
			xstrdup("modules"),
			NULL };

	if (fs_remove_tree(dir) < 0 || fs_mkdir_p(dir, 0755) < 0 ||
	    process_run(ARGV("cp", "-r", from, dir), NULL) != 0)
		die("%s cannot be copied to %s", module, dir);
	memcpy(arguments[way], all, sizeof(all));
	folders[way] = TAKE_PTR(dir);
	measure(way, arguments[way]);
}

static void change_source(enum way way)
{
	_cleanup_strv_ char **names = NULL;

	if (fs_list(folders[way], &names) < 0)
		die("%s cannot be read", folders[way]);
	strv_foreach (each, names) {
		_cleanup_free_ char *path = path_join(folders[way], *each, NULL);
		size_t n = strlen(*each);

		if (n > 2 && strcmp(*each + n - 2, ".c") == 0 && !strstr(*each, ".mod.c"))
			utimensat(AT_FDCWD, path, NULL, 0);
	}
}

/* --- figures ---------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void sort_all(void)
{
	for (enum command c = 0; c < N_COMMANDS; c++)
		for (enum way way = 0; way < N_WAYS; way++)
			qsort(times[c][way], (size_t)runs, sizeof(double), compare);
}

static double median(enum command command, enum way way)
{
	const double *all = times[command][way];

	return runs % 2 ? all[runs / 2] : (all[runs / 2 - 1] + all[runs / 2]) / 2;
}

static int report(void)
{
	double cost;

	sort_all();
	printf("%d runs of each in turn, ms%12s  over host  ratio   least  over host\n", runs,
	       "median");
	for (enum command c = 0; c < N_COMMANDS; c++) {
		double host = median(c, HOST), least = times[c][HOST][0];

		printf("%s\n", commands[c]);
		for (enum way way = 0; way < N_WAYS; way++)
			printf("  %-22s %12.1f  %+9.1f  %5.2f  %7.1f  %+9.1f\n", ways[way],
			       median(c, way), median(c, way) - host, median(c, way) / host,
			       times[c][way][0], times[c][way][0] - least);
	}
	cost = COMMANDS_A_BUILD * (median(NOTHING, BUILDER) - median(NOTHING, HOST));
	printf("The builder costs a build %.1f ms; %s %.0f ms.\n", cost,
	       cost < PROMISED_MS ? "promised: less than" : "that is NOT less than", PROMISED_MS);
	return cost < PROMISED_MS ? 0 : 1;
}

static void measure_all(void)
{
	for (int i = 0; i < runs; i++) {
		for (enum way way = 0; way < N_WAYS; way++) {
			times[NOTHING][way][i] = measure(way, ARGV("true"));
			times[MAKE][way][i] = measure(way, arguments[way]);
			change_source(way);
			times[CHANGED][way][i] = measure(way, arguments[way]);
		}
	}
}

int main(int argc, char **argv)
{
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_(kernel_tree_freep) struct kernel_tree *tree = NULL;
	struct container_state state;

	if (argc < 3 || (argc > 3 && parse_int(argv[3], 1, MAX_RUNS, &runs) < 0))
		die("usage: container_cost RELEASE MODULE-FOLDER [RUNS]");
	if (config_load(&config) < 0 ||
	    config_apply(config, container_rows, container_settings()) < 0 ||
	    container_image_read(&image) < 0 || kernel_find(argv[1], &tree) < 0)
		die("It takes a build container and a kernel tree: outpost container build, "
		    "outpost "
		    "kernel add.");
	if (container_enter(NULL) < 0)
		return 3;
	container_ask(&state);
	name = state.name;
	for (enum way way = 0; way < N_WAYS; way++)
		prepare_module(way, tree, argv[2]);
	measure_all();
	container_leave();
	return report();
}
