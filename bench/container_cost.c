// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measures what a build costs in the container over the same build on this machine:
 *
 *	container_cost RELEASE MODULE-FOLDER [RUNS]
 *
 * The ways take turns, RUNS times, so that other load on the machine affects all
 * of them. `true` runs on the host, through the builder in the container that
 * stays up, through `exec` into it, and in a new container (`run --rm`). make,
 * with nothing to do and after a source has changed, runs on the host and through
 * the builder. The host has other programs than the image, so for make the image
 * is unpacked into a folder and used through chroot, without any engine.
 *
 * The extra cost of a build is judged by the 95% confidence interval of the
 * median. If other load makes it too wide to tell, processor time decides. Exits
 * with 1 unless the extra cost is shown to be less than promised.
 */
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/base/config.h"
#include "host/container/buildenv.h"
#include "host/container/internal.h"
#include "host/build/kbuild_internal.h"
#include "host/kernel/kernel.h"
#include "host/base/paths.h"
#include "host/build/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PROMISED_MS 60.0
#define MAX_RUNS    200

enum way { HOST, BUILDER, EXEC, RUN, N_WAYS };
static const char *const ways[] = { "host", "builder", "exec", "run --rm" };

enum command { NOTHING, MAKE, CHANGED, N_COMMANDS };
static const char *const commands[] = { "true", "make, nothing to do", "make, one file changed" };
static const int n_ways[] = { N_WAYS, EXEC, EXEC };

struct cost {
	double wall; /* ms */
	double cpu;
};

static struct cost costs[N_COMMANDS][N_WAYS][MAX_RUNS];
static struct container *container;
static struct container_image image;
static char *name;             /* of the container */
static char *folders[EXEC];    /* a copy of the module for each way */
static char **arguments[EXEC]; /* make's */
static char *root;             /* the image, unpacked on this machine */
static int root_mounts = -1;   /* the mounts that it needs */
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

/* The words before the command, for `exec` and `run --rm`. */
static char **engine_words(enum way way)
{
	char **argv = NULL;

	strv_add(&argv, image.engine);
	if (way == EXEC) {
		strv_add(&argv, "exec");
		strv_add(&argv, name);
		return argv;
	}
	strv_add(&argv, "run");
	strv_add(&argv, "--rm");
	strv_add(&argv, "--network");
	strv_add(&argv, "none");
	container_add_words(&argv, container->settings.run_args);
	strv_add(&argv, image.id);
	return argv;
}

static int enter_root(void *unused)
{
	(void)unused;
	return setns(root_mounts, CLONE_NEWNS) < 0 || chroot(root) < 0 || chdir("/") < 0 ? -errno
											 : 0;
}

static int run(enum way way, char *const *command, bool of_image, struct strbuf *output)
{
	const struct process_options options = {
		.output = output,
		.error = output,
		.in_child = way == HOST && of_image ? enter_root : NULL,
	};
	_cleanup_strv_ char **argv = NULL;

	if (way == HOST)
		return process_run(command, &options);
	if (way == BUILDER)
		return container_run(container, command, &options);
	argv = engine_words(way);
	strv_foreach (word, command)
		strv_add(&argv, *word);
	return process_run(argv, &options);
}

static struct cost measure(enum way way, char *const *command, bool of_image)
{
	_cleanup_(strbuf_release) struct strbuf output = STRBUF_INIT;
	double start = now_ms(), user = 0, sys = 0;
	struct cost cost;
	int r = run(way, command, of_image, &output);

	cost.wall = now_ms() - start;
	if (r != 0)
		die("%s, %s: %s\n%s", ways[way], command[0],
		    r < 0 ? strerror(-r) : "command failed", output.buf);
	sscanf(output.buf, "%lf %lf", &user, &sys); /* make_words() */
	cost.cpu = (user + sys) * 1e3;
	return cost;
}

/* --- the image's programs without an engine ------------------------------------------- */

static void bind(const char *from)
{
	_cleanup_free_ char *to = xasprintf("%s%s", root, from);

	if (fs_mkdir_p(to, 0755) < 0 || mount(from, to, NULL, MS_BIND | MS_REC, NULL) < 0)
		die("Cannot mount %s: %s", to, strerror(errno));
}

/* In a separate mount namespace, which enter_root() enters. */
static void unpack_image(void)
{
	_cleanup_free_ char *tar = path_cache("container", "bench.tar", NULL);
	_cleanup_free_ char *build = path_cache("build", NULL), *trees = path_cache("trees", NULL);
	_cleanup_close_ int ours = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);

	root = path_cache("container", "bench-root", NULL);
	if (fs_mkdir_p(root, 0755) < 0 ||
	    process_run(ARGV(image.engine, "export", "--output", tar, name), NULL) != 0 ||
	    process_run(ARGV("tar", "-xf", tar, "-C", root), NULL) != 0)
		die("Cannot unpack the image in %s", root);
	unlink(tar);
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		die("Cannot create a mount namespace (this needs root): %s", strerror(errno));
	bind("/proc");
	bind("/dev");
	bind(build);
	bind(trees);
	root_mounts = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (root_mounts < 0 || setns(ours, CLONE_NEWNS) < 0)
		die("Cannot leave the mount namespace: %s", strerror(errno));
}

/* --- the module ----------------------------------------------------------------------- */

/* The make command, in a bash that prints the processor time. */
static char **make_words(const struct kernel_tree *tree, const char *dir)
{
	static const char script[] = "TIMEFORMAT='%3U %3S'; time said=$(\"$@\" 2>&1) || "
				     "{ echo \"$said\"; exit 1; }";
	const struct unit unit = { .tree = tree };
	_cleanup_strv_ char **target = kbuild_target(&unit);
	_cleanup_free_ char *module = xasprintf("M=%s", dir);
	char **words = NULL;
	strv_foreach (word, ARGV("bash", "-c", script, "bash", "make", "-C", tree->build, module,
				 "modules"))
		strv_add(&words, *word);
	strv_foreach (word, target)
		strv_add(&words, *word);
	return words;
}

static void prepare_module(enum way way, const struct kernel_tree *tree, const char *module)
{
	_cleanup_free_ char *dir = path_cache("build/bench", ways[way], NULL);
	_cleanup_free_ char *from = xasprintf("%s/.", module);

	if (fs_remove_tree(dir) < 0 || fs_mkdir_p(dir, 0755) < 0 ||
	    process_run(ARGV("cp", "-r", from, dir), NULL) != 0)
		die("Cannot copy %s to %s", module, dir);
	arguments[way] = make_words(tree, dir);
	folders[way] = TAKE_PTR(dir);
	measure(way, arguments[way], true);
}

static void change_source(enum way way)
{
	_cleanup_strv_ char **names = NULL;

	if (fs_list(folders[way], &names) < 0)
		die("Cannot read %s", folders[way]);
	strv_foreach (each, names) {
		_cleanup_free_ char *path = path_join(folders[way], *each, NULL);
		size_t n = strlen(*each);

		if (n > 2 && strcmp(*each + n - 2, ".c") == 0 && !strstr(*each, ".mod.c"))
			utimensat(AT_FDCWD, path, NULL, 0);
	}
}

/* --- figures ---------------------------------------------------------------------------- */

struct figures {
	double least, low, median,
		high; /* low to high: the 95% confidence interval of the median */
};

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/*
 * The confidence interval is between two ranks, for any distribution of the values:
 * (n - 1.96 sqrt(n)) / 2.
 */
static struct figures summarize(double *values)
{
	int rank = 1;

	while (runs > 2 * rank + 2 && (runs - 2 * rank - 2) * (runs - 2 * rank - 2) >= 3.84 * runs)
		rank++;
	qsort(values, (size_t)runs, sizeof(*values), compare);
	return (struct figures){ .least = values[0],
				 .low = values[rank - 1],
				 .median = (values[(runs - 1) / 2] + values[runs / 2]) / 2,
				 .high = values[runs - rank] };
}

static struct figures wall_of(enum command command, enum way way)
{
	double values[MAX_RUNS];

	for (int i = 0; i < runs; i++)
		values[i] = costs[command][way][i].wall;
	return summarize(values);
}

/* How much longer the builder takes than the host in the same round. */
static struct figures difference(enum command command, bool cpu)
{
	double values[MAX_RUNS];

	for (int i = 0; i < runs; i++) {
		const struct cost *there = &costs[command][BUILDER][i],
				  *here = &costs[command][HOST][i];

		values[i] = cpu ? there->cpu - here->cpu : there->wall - here->wall;
	}
	return summarize(values);
}

static void print_difference(const char *of, const struct figures *f)
{
	printf("  %-22s %+9.1f  (%+.1f to %+.1f)\n", of, f->median, f->low, f->high);
}

/* Is the extra cost less than promised? */
static bool judge(enum command command)
{
	struct figures wall = difference(command, false), cpu = difference(command, true);
	bool is_clear = wall.high < PROMISED_MS || wall.low >= PROMISED_MS;
	bool is_less = (is_clear ? wall.high : cpu.high) < PROMISED_MS;

	printf("%s: extra time through the builder, over the host\n", commands[command]);
	print_difference("elapsed", &wall);
	print_difference("processor time", &cpu);
	printf("  %s%s %.0f ms\n",
	       is_clear ? "" : "the machine is too busy to tell by elapsed time; processor time: ",
	       is_less ? "less than" : "NOT shown to be less than", PROMISED_MS);
	return is_less;
}

static int report(void)
{
	bool holds = true;

	printf("%2d alternating runs, ms  %13s shortest\n", runs, "median");
	for (enum command c = 0; c < N_COMMANDS; c++) {
		printf("%s\n", commands[c]);
		for (enum way way = 0; (int)way < n_ways[c]; way++) {
			struct figures f = wall_of(c, way);

			printf("  %-22s %13.1f  %7.1f\n", ways[way], f.median, f.least);
		}
	}
	for (enum command c = MAKE; c < N_COMMANDS; c++)
		holds = judge(c) && holds;
	return holds ? 0 : 1;
}

/* The order is reversed in each round. */
static void measure_all(void)
{
	for (int i = 0; i < runs; i++) {
		for (enum way way = 0; way < N_WAYS; way++)
			costs[NOTHING][way][i] = measure(way, ARGV("true"), false);
		for (int k = 0; k < EXEC; k++) {
			enum way way = (enum way)((i + k) % EXEC);

			costs[MAKE][way][i] = measure(way, arguments[way], true);
			change_source(way);
			costs[CHANGED][way][i] = measure(way, arguments[way], true);
		}
	}
}

int main(int argc, char **argv)
{
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_(buildenv_freep) struct buildenv *env = NULL;
	_cleanup_(kernel_tree_freep) struct kernel_tree *tree = NULL;
	_cleanup_free_ char *module = argc < 3 ? NULL : realpath(argv[2], NULL);
	_cleanup_free_ char *work = path_cache("build/bench", NULL);
	_cleanup_strv_ char **reads = NULL;
	int r;

	if (!module || (argc > 3 && parse_int(argv[3], 1, MAX_RUNS, &runs) < 0))
		die("usage: container_cost RELEASE MODULE-FOLDER [RUNS]");
	if (config_load(&config) < 0 || buildenv_new(config, &env) < 0 ||
	    container_image_read(&image) < 0 || kernel_find(env, NULL, argv[1], &tree) < 0)
		die("It needs a build container and a kernel tree: outpost container build, "
		    "outpost kernel add.");
	container = buildenv_container(env);
	strv_add(&reads, tree->root);
	if (fs_mkdir_p(work, 0755) < 0 ||
	    container_enter(container, &(struct container_room){ .work = work, .reads = reads }) <
		    0)
		return 3;
	name = container->name;
	unpack_image();
	for (enum way way = 0; way < EXEC; way++)
		prepare_module(way, tree, module);
	measure_all();
	container_leave(container);
	r = report();
	fs_remove_tree(root);
	return r;
}
