// SPDX-License-Identifier: GPL-2.0-only
#include "host/kernel/fit.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "common/strv.h"
#include "host/base/progress.h"
#include "host/board/board.h"
#include "host/kernel/internal.h"
#include "host/base/paths.h"
#include "host/board/pull.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAMED 3 /* differences to list */

void kernel_fits_add(struct kernel_fits *fits, const char *what, enum fit fit, char *text)
{
	GROW(fits->list, fits->n);
	fits->list[fits->n++] = (struct kernel_fit){ what, fit, text };
}

void kernel_fits_release(struct kernel_fits *fits)
{
	for (size_t i = 0; i < fits->n; i++)
		free(fits->list[i].text);
	free(fits->list);
	*fits = (struct kernel_fits){ 0 };
}

/* --- the tree itself ------------------------------------------------------------------ */

static void fit_content(const struct kernel_tree *tree, struct kernel_fits *fits)
{
	_cleanup_(kernel_manifest_release) struct kernel_manifest m = { 0 };
	_cleanup_(strbuf_release) struct strbuf why = STRBUF_INIT;

	if (kernel_manifest_read(tree->root, &m) < 0)
		return;
	if (!m.content)
		kernel_fits_add(fits, "content", FIT_UNKNOWN,
				xstrdup(strcmp(tree->source, "path") == 0
						? "a tree of your own, which may change"
						: "not recorded when the tree was made"));
	else if (kernel_content_check(tree->root, m.content, &why) < 0)
		kernel_fits_add(fits, "content", FIT_NO, strbuf_detach(&why));
	else
		kernel_fits_add(fits, "content", FIT_YES,
				xasprintf("all %ld files and links are as they were made",
					  strtol(m.content, NULL, 10)));
}

static void fit_board(const struct kernel_tree *tree, const struct kernel_wanted *wanted,
		      struct kernel_fits *fits)
{
	bool other = wanted && tree->board && strcmp(tree->board, wanted->board->name) != 0;

	if (tree->board)
		kernel_fits_add(fits, "board", other ? FIT_NO : FIT_YES,
				xasprintf("made from what board %s sent, and for that board alone",
					  tree->board));
}

static void fit_release(const struct kernel_tree *tree, const struct kernel_wanted *wanted,
			struct kernel_fits *fits)
{
	_cleanup_free_ char *found = NULL;
	const char *release = wanted ? wanted->release : tree->release;

	if (kernel_release_of(tree->build, &found) < 0)
		kernel_fits_add(fits, "release", FIT_NO, xstrdup("the tree does not name it"));
	else if (strcmp(found, release) != 0)
		kernel_fits_add(fits, "release", FIT_NO,
				xasprintf("the tree has %s, not %s", found, release));
	else
		kernel_fits_add(fits, "release", FIT_YES, TAKE_PTR(found));
}

unsigned int kernel_page_size(const char *build)
{
	static const struct {
		const char *key;
		unsigned int size;
	} sizes[] = {
		{ "CONFIG_ARM64_4K_PAGES", 4096 },
		{ "CONFIG_ARM64_16K_PAGES", 16384 },
		{ "CONFIG_ARM64_64K_PAGES", 65536 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		_cleanup_free_ char *value = NULL;

		if (kernel_config_value(build, sizes[i].key, &value) == 0 &&
		    strcmp(value, "y") == 0)
			return sizes[i].size;
	}
	return 0;
}

static void fit_pages(const struct kernel_tree *tree, const struct kernel_wanted *wanted,
		      struct kernel_fits *fits)
{
	unsigned int size = kernel_page_size(tree->build), board = wanted ? wanted->page_size : 0;

	if (size && board && size != board)
		kernel_fits_add(fits, "pages", FIT_NO,
				xasprintf("the tree is for pages of %u KiB, the board has %u KiB; "
					  "vermagic does not show the difference",
					  size / 1024, board / 1024));
	else
		kernel_fits_add(fits, "pages", size && board ? FIT_YES : FIT_UNKNOWN,
				size ? xasprintf("%u KiB", size / 1024)
				     : xstrdup("not in the tree's .config"));
}

static void fit_compiler(const struct kernel_tree *tree, const struct kernel_wanted *wanted,
			 struct kernel_fits *fits)
{
	_cleanup_free_ char *text = NULL;

	if (kernel_config_value(tree->build, "CONFIG_CC_VERSION_TEXT", &text) < 0)
		kernel_fits_add(fits, "compiler", FIT_UNKNOWN,
				xstrdup("not in the tree's .config"));
	else if (!wanted || !wanted->version)
		kernel_fits_add(fits, "compiler", FIT_UNKNOWN, TAKE_PTR(text));
	else if (!strstr(wanted->version, text))
		kernel_fits_add(fits, "compiler", FIT_NO,
				xasprintf("the tree is for '%s', the board reports '%s'", text,
					  wanted->version));
	else
		kernel_fits_add(fits, "compiler", FIT_YES, TAKE_PTR(text));
}

/* --- the configuration ------------------------------------------------------------------ */

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The lines that set an option, sorted; strv_free(). */
static char **settings(const char *text)
{
	char **lines = xcalloc(1, sizeof(*lines));
	size_t n = 0, length;

	for (const char *p = text; *p; p += length + (p[length] != '\0')) {
		length = strcspn(p, "\n");
		if (strncmp(p, "CONFIG_", 7) != 0)
			continue;
		lines = xreallocarray(lines, n + 2, sizeof(*lines));
		lines[n++] = xstrndup(p, length);
		lines[n] = NULL;
	}
	qsort(lines, n, sizeof(*lines), compare_strings);
	return lines;
}

static void name_one(struct strbuf *names, size_t count, const char *line)
{
	if (count <= NAMED)
		strbuf_addf(names, "%s%.*s", count > 1 ? ", " : "", (int)strcspn(line, "="), line);
}

size_t kernel_config_differences(const char *a, const char *b, struct strbuf *names)
{
	_cleanup_strv_ char **x = settings(a), **y = settings(b);
	char *const *p = x, *const *q = y;
	size_t count = 0;

	while (*p || *q) {
		int order = !*p ? 1 : !*q ? -1 : strcmp(*p, *q);
		size_t n = order && *p && *q ? strcspn(*p, "=") + 1 : 0;

		if (order)
			name_one(names, ++count, order < 0 ? *p : *q);
		/* The same option with two values is one difference. */
		if (n && strncmp(*p, *q, n) == 0)
			order = 0;
		p += order <= 0;
		q += order >= 0;
	}
	return count;
}

static void fit_config(const struct kernel_tree *tree, const struct kernel_wanted *wanted,
		       struct kernel_fits *fits)
{
	_cleanup_free_ char *path = path_join(tree->build, ".config", NULL);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT, names = STRBUF_INIT;
	size_t count;

	if (!wanted || !wanted->config || fs_read(path, &text, 16 << 20) < 0) {
		kernel_fits_add(fits, "config", FIT_UNKNOWN,
				xstrdup(wanted ? "the board has neither /boot/config-* nor "
						 "/proc/config.gz"
					       : "no board to compare with"));
		return;
	}
	count = kernel_config_differences(text.buf, wanted->config, &names);
	if (!count)
		kernel_fits_add(fits, "config", FIT_YES, xstrdup("the same on the board"));
	else
		kernel_fits_add(fits, "config", FIT_NO,
				xasprintf("%zu options differ on the board: %s%s", count, names.buf,
					  count > NAMED ? ", ..." : ""));
}

/* --- the symbols ---------------------------------------------------------------------- */

static int fit_modules(const struct kernel_tree *tree, const struct kernel_wanted *wanted,
		       unsigned int every, struct kernel_fits *fits)
{
	_cleanup_free_ char *trees = path_cache("trees", NULL),
			    *dir = path_join(trees, ".new-modules-XXXXXX", NULL);
	_cleanup_(strbuf_release) struct strbuf why = STRBUF_INIT;
	struct pulled pulled = { 0 };
	int r = mkdtemp(dir) ? 0 : -errno;

	if (r < 0)
		return log_error_errno(r, "Cannot create a folder in %s", trees);
	r = pull(wanted->session,
		 &(struct pull){ .what = outpost_Pull_What_MODULES,
				 .every = every,
				 .dir = dir,
				 .doing = "fetching modules of the board" },
		 &pulled, &why);
	if (r == 0)
		kernel_fit_symbols(tree->build, dir, fits);
	else if (r == PULL_NONE)
		kernel_fits_add(fits, "symbols", FIT_UNKNOWN, strbuf_detach(&why));
	pulled_release(&pulled);
	fs_remove_tree(dir);
	return r == PULL_NONE ? 0 : r;
}

int kernel_fit(const struct kernel_tree *tree, struct kernel_wanted *wanted, unsigned int every,
	       struct kernel_fits *fits)
{
	/*
	 * The board's data lies beside the trees; whoever holds the lock would take it for an
	 * unfinished tree.
	 */
	_cleanup_close_ int lock = wanted ? kernel_lock() : -1;
	int r = !wanted ? 0 : lock < 0 ? lock : kernel_wanted_ask(wanted);

	if (r < 0)
		return r;
	progress_step("reading the tree");
	fit_content(tree, fits);
	fit_board(tree, wanted, fits);
	fit_release(tree, wanted, fits);
	fit_config(tree, wanted, fits);
	fit_pages(tree, wanted, fits);
	fit_compiler(tree, wanted, fits);
	return wanted ? fit_modules(tree, wanted, every, fits) : 0;
}
