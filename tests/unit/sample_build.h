/* SPDX-License-Identifier: GPL-2.0-only */
/* Builds folders in the work folder for the small kernel tree, and checks the results. */
#ifndef OUTPOST_SAMPLE_BUILD_H
#define OUTPOST_SAMPLE_BUILD_H

#include "sample_tree.h"

#include "host/build/build.h"
#include "host/build/unit.h"

static inline void put_module(const char *dir, const char *name, const char *depends,
			      const char *more)
{
	_cleanup_free_ char *c = xasprintf("%s/%s.c", dir, name),
			    *kbuild = xasprintf("%s/Kbuild", dir);
	_cleanup_free_ char *rule = xasprintf("obj-m := %s.o\n", name);
	_cleanup_free_ char *source =
		xasprintf("#define INFO(n, t) const char n[] "
			  "__attribute__((section(\".modinfo\"), used)) = t\n"
			  "INFO(i1, \"name=%s\"); INFO(i2, \"depends=%s\");\n"
			  "INFO(i3, \"vermagic=" SAMPLE_RELEASE " SMP\");\n%s\n",
			  name, depends, more);

	put(sample_work, c, source);
	put(sample_work, kbuild, rule);
}

static struct module_list built; /* result of the last do_build() */
static int jobs = 2;

static inline int do_build(const char *a, const char *b)
{
	char *const paths[] = { (char *)a, (char *)b, NULL };
	struct build_request request = {
		.tree = &sample_tree, .paths = paths, .tests = true, .jobs = jobs
	};

	module_list_release(&built);
	return build(&request, &built);
}

static inline struct module *the_module(const char *name)
{
	struct module *m = module_list_find(&built, name);

	if (!m)
		fail_msg("no module %s; the first of %zu is %s: %s", name, built.n,
			 built.n ? built.modules[0]->name : "-",
			 built.n ? built.modules[0]->error : "-");
	return m;
}

static inline char *read_of_unit(const char *folder, const char *name)
{
	_cleanup_free_ char *path = path_join(sample_work, folder, NULL),
			    *dir = unit_dir(path, SAMPLE_RELEASE);

	return get(dir, name);
}

/* How often make has run for the folder. */
static inline size_t runs_of(const char *folder)
{
	_cleanup_free_ char *name = xasprintf("work/tree/up/.runs-%s", folder);
	_cleanup_free_ char *text = read_of_unit(folder, name);

	return text ? strlen(text) / strlen("made\n") : 0;
}

static int sample_build_end(void **state)
{
	module_list_release(&built);
	return sample_end(state);
}

#endif
