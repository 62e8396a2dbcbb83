/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A miniature kernel tree: its Makefile supports "make -C tree M=dir modules". For each x.o in
 * obj-m, it uses the real cross compiler to make x.ko, an object with a .modinfo section. Like
 * modpost, it fails if a file says NEEDS(symbol) and no file in KBUILD_EXTRA_SYMBOLS has the
 * symbol.
 */
#ifndef OUTPOST_SAMPLE_TREE_H
#define OUTPOST_SAMPLE_TREE_H

#include "host/base/cross.h"
#include "unit.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/process.h"
#include "common/strbuf.h"
#include "host/kernel/internal.h"
#include "host/base/paths.h"
#include "host/base/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SAMPLE_RELEASE "6.1.0-50-arm64"

static char sample_top[] = "/tmp/outpost-test-XXXXXX";
static char *sample_work; /* contains the user's folders; emptied before each test */
static struct kernel_tree sample_tree;

static void put_mode(const char *dir, const char *name, const char *text, mode_t mode)
{
	_cleanup_free_ char *path = path_join(dir, name, NULL), *folder = xstrdup(path);

	*strrchr(folder, '/') = '\0';
	assert_int_equal(fs_mkdir_p(folder, 0755), 0);
	assert_int_equal(fs_write_atomic(path, text, strlen(text), mode), 0);
}

static void put(const char *dir, const char *name, const char *text)
{
	put_mode(dir, name, text, 0644);
}

static inline char *get(const char *dir, const char *name)
{
	_cleanup_free_ char *path = path_join(dir, name, NULL);
	struct strbuf text = STRBUF_INIT;
	int r = fs_read(path, &text, 0);

	if (r < 0) {
		strbuf_release(&text);
		return NULL;
	}
	return strbuf_detach(&text);
}

static inline void assert_contains(const char *text, const char *part)
{
	if (!text || !strstr(text, part))
		fail_msg("'%s' is not in:\n%s", part, text ? text : "(nothing)");
}

static inline void assert_lacks(const char *text, const char *part)
{
	if (text && strstr(text, part))
		fail_msg("'%s' is in:\n%s", part, text);
}

static inline void set_time(const char *name, long seconds)
{
	const struct timespec times[2] = { { seconds, 5 }, { seconds, 5 } };

	assert_int_equal(utimensat(AT_FDCWD, name, times, 0), 0);
}

static inline long long time_of(const char *name)
{
	struct stat st;

	assert_int_equal(stat(name, &st), 0);
	return st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec;
}

/* The C file of a module for this tree. */
#define SAMPLE_MODULE(name, depends)                                                           \
	"#define INFO(n, t) const char n[] __attribute__((section(\".modinfo\"), used)) = t\n" \
	"INFO(i1, \"name=" name "\"); INFO(i2, \"license=GPL\"); INFO(i3, \"depends=" depends  \
	"\");\n"                                                                               \
	"INFO(i4, \"vermagic=" SAMPLE_RELEASE " SMP aarch64\");\n"

static const char sample_makefile[] =
	"include $(wildcard $(M)/Kbuild $(if $(wildcard $(M)/Kbuild),,$(M)/Makefile))\n"
	"modules: $(obj-m:%.o=$(M)/%.ko)\n"
	"\t@printf '%s\\n' $(obj-m:%.o=$(M)/%.ko) > $(M)/modules.order\n"
	"\t@echo made >> $(M)/../.runs-$(notdir $(M))\n"
	"\t@echo '$(KCPPFLAGS)' > $(M)/flags\n"
	"$(M)/%.ko: $(M)/%.c\n"
	"\t@echo '  CC [M]  $@'\n"
	"\t@$(CC) $(KCPPFLAGS) $(if $(wildcard $(M)/no-debug-info),,-g) -Wall -I$(M)/../include -c "
	"-o $@ $< "
	"-MMD -MF $(M)/$*.d\n"
	"\t@printf 'cmd_%s := %s\\n\\nsource_x := y\\n\\ndeps_%s := \\\\\\n' $(M)/$*.o '$(CC) -c "
	"-o $(M)/$*.o $<' "
	"$(M)/$*.o > $(M)/.$*.o.cmd\n"
	"\t@tr ' ' '\\n' < $(M)/$*.d | grep / | sed 's/^/  /; s/$$/ \\\\/' >> $(M)/.$*.o.cmd\n"
	"\t@for s in $$(sed -n 's/.*NEEDS(\\(.*\\)).*/\\1/p' $<); do \\\n"
	"\tcat /dev/null $(KBUILD_EXTRA_SYMBOLS) | grep -q \"\t$$s\t\" || { rm $@; \\\n"
	"\techo \"ERROR: modpost: \\\"$$s\\\" [$@] undefined!\"; exit 1; }; done\n"
	"\t@sed -n 's/.*EXPORTS(\\(.*\\)).*/0x1\\t\\1\\t$*\\tEXPORT_SYMBOL\\t/p' $< > "
	"$(M)/Module.symvers\n";

/* Runs a program in the work folder; it must succeed. */
static inline void sample_run(const char *const *argv)
{
	_cleanup_(strbuf_release) struct strbuf output = STRBUF_INIT;
	int r = process_run((char *const *)argv, &(struct process_options){ .dir = sample_work,
									    .output = &output,
									    .error = &output });

	if (r != 0)
		fail_msg("%s: %d\n%s", argv[0], r, output.buf);
}

/* Compiles `text` to the file `name` in the work folder. */
static inline void sample_compile(const char *name, const char *text, const char *option)
{
	put(sample_work, "x.c", text);
	sample_run((const char *const[]){ sample_tree.compiler, option, "-g", "-o", name, "x.c",
					  NULL });
}

static int sample_start(void **state)
{
	_cleanup_free_ char *cache = NULL;

	(void)state;
	assert_non_null(mkdtemp(sample_top));
	cache = path_join(sample_top, "cache", NULL);
	setenv("XDG_CACHE_HOME", cache, 1);
	setenv("XDG_STATE_HOME", sample_top, 1);
	sample_work = path_join(sample_top, "work", NULL);
	assert_int_equal(fs_mkdir_p(sample_work, 0755), 0);
	assert_int_equal(trust_add(sample_work), 0); /* to build in it on this machine */
	sample_tree = (struct kernel_tree){
		.name = xstrdup(SAMPLE_RELEASE),
		.release = xstrdup(SAMPLE_RELEASE),
		.root = path_join(sample_top, "tree", NULL),
		.build = path_join(sample_top, "tree", NULL),
		.source = xstrdup("path"),
		.cross_prefix = xstrdup(CROSS_PREFIX),
		.compiler = xasprintf("%sgcc", CROSS_PREFIX),
	};
	put(sample_tree.build, "Makefile", sample_makefile);
	put(sample_tree.build, ".config", "CONFIG_A=y\nCONFIG_B=m\n# CONFIG_C is not set\n");
	return 0;
}

static int sample_clear(void **state)
{
	_cleanup_free_ char *cache = path_cache("build", NULL);

	(void)state;
	assert_int_equal(fs_remove_tree(cache), 0);
	assert_int_equal(fs_remove_tree(sample_work), 0);
	assert_int_equal(fs_mkdir_p(sample_work, 0755), 0);
	assert_int_equal(chdir(sample_work), 0);
	assert_int_equal(mkdir(".git", 0755), 0); /* its folders belong to one project */
	return 0;
}

static int sample_end(void **state)
{
	(void)state;
	free(sample_tree.name);
	free(sample_tree.release);
	free(sample_tree.root);
	free(sample_tree.build);
	free(sample_tree.source);
	free(sample_tree.cross_prefix);
	free(sample_tree.compiler);
	free(sample_work);
	assert_int_equal(chdir("/"), 0);
	return fs_remove_tree(sample_top);
}

#endif
