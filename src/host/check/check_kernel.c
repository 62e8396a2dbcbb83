// SPDX-License-Identifier: GPL-2.0-only
/* Reads what a kernel tree says about its kernel. */
#include "host/check/internal.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/check/check_keys.h"
#include "host/kernel/fit.h"
#include "host/base/paths.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CONFIG_MAX (16u << 20)

bool check_config(const struct check_kernel *kernel, const char *key)
{
	size_t n = strlen(key);

	for (const char *at = kernel->config; (at = strstr(at, key)); at += n)
		if ((at == kernel->config || at[-1] == '\n') && strncmp(at + n, "=y", 2) == 0)
			return true;
	return false;
}

static unsigned int version_of(const char *release)
{
	unsigned int major = 0, minor = 0;

	sscanf(release, "%u.%u", &major, &minor);
	return CHECK_VERSION(major, minor);
}

/* include/generated/randstruct_hash.h: #define RANDSTRUCT_HASHED_SEED "..." */
static void add_randstruct(const struct check_kernel *k, struct strbuf *magic)
{
	_cleanup_free_ char *path =
		path_join(k->build, "include/generated/randstruct_hash.h", NULL);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	const char *at;

	if (check_config(k, "CONFIG_RANDSTRUCT_NONE") || !check_config(k, "CONFIG_RANDSTRUCT") ||
	    fs_read(path, &text, 4096) < 0)
		return;
	at = strchr(text.buf, '"');
	if (at)
		strbuf_addf(magic, "RANDSTRUCT_%.*s", (int)strcspn(at + 1, "\""), at + 1);
}

/* include/linux/vermagic.h */
static char *vermagic_of(const struct check_kernel *k)
{
	struct strbuf magic = STRBUF_INIT;

	strbuf_addf(&magic, "%s ", k->release);
	if (check_config(k, "CONFIG_SMP"))
		strbuf_adds(&magic, "SMP ");
	if (check_config(k, "CONFIG_PREEMPT_BUILD"))
		strbuf_adds(&magic, "preempt ");
	else if (check_config(k, "CONFIG_PREEMPT_RT"))
		strbuf_adds(&magic, "preempt_rt ");
	if (check_config(k, "CONFIG_MODULE_UNLOAD"))
		strbuf_adds(&magic, "mod_unload ");
	if (check_config(k, "CONFIG_MODVERSIONS"))
		strbuf_adds(&magic, "modversions ");
	strbuf_adds(&magic, "aarch64");
	add_randstruct(k, &magic);
	return strbuf_detach(&magic);
}

static int read_config(struct check_kernel *k)
{
	_cleanup_free_ char *path = path_join(k->build, ".config", NULL);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = fs_read(path, &text, CONFIG_MAX);

	if (r < 0)
		return log_error_errno(r, "Cannot read %s", path);
	k->config = strbuf_detach(&text);
	return 0;
}

static int read_symvers(struct check_kernel *k)
{
	_cleanup_free_ char *path = path_join(k->build, "Module.symvers", NULL);
	size_t line;
	int r = symvers_read(path, &k->symvers, &line);

	if (r == -EBADMSG)
		log_error("%s:%zu: not a symbol with its CRC; the file is damaged", path, line);
	else if (r < 0)
		log_error_errno(r, "Cannot read %s", path);
	return r;
}

int check_kernel_read(const struct kernel_tree *tree, struct check_kernel **kernel)
{
	_cleanup_(check_kernel_freep) struct check_kernel *k = xcalloc(1, sizeof(*k));
	int r;

	k->release = xstrdup(tree->release);
	k->build = xstrdup(tree->build);
	k->version = version_of(k->release);
	r = read_config(k);
	if (r == 0)
		r = read_symvers(k);
	if (r < 0)
		return r;
	k->page_size = kernel_page_size(k->build);
	k->headers = check_headers_new();
	k->keys = check_keys_new(k->build, k->release);
	k->vermagic = vermagic_of(k);
	*kernel = TAKE_PTR(k);
	return 0;
}

void check_kernel_add_board(struct check_kernel *k, uint32_t page_size, bool signatures_enforced,
			    bool locked_down)
{
	k->board_page_size = page_size;
	k->signatures_enforced = signatures_enforced;
	k->locked_down = locked_down;
}

void check_kernel_add_asker(struct check_kernel *k, struct check_asker asker)
{
	k->asker = asker;
	check_keys_add_asker(k->keys, asker);
}

void check_kernel_free(struct check_kernel *k)
{
	if (!k)
		return;
	free(k->release);
	free(k->vermagic);
	free(k->build);
	free(k->config);
	symvers_free(k->symvers);
	check_keys_free(k->keys);
	check_headers_free(k->headers);
	free(k);
}

/* The Makefile in Debian's tree of headers includes that of another tree, which has the headers. */
char *check_source_of(const struct check_kernel *k)
{
	static const char include[] = "\ninclude ";
	_cleanup_free_ char *path = path_join(k->build, "Makefile", NULL);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *common = NULL;
	const char *at, *name;

	strbuf_addch(&text, '\n');
	if (fs_read(path, &text, 1u << 20) < 0 || !(at = strstr(text.buf, include)))
		return xstrdup(k->build);
	at += strlen(include);
	name = memmem(at, strcspn(at, "\n"), "linux-headers-", 14);
	if (!name)
		return xstrdup(k->build);
	common = xstrndup(name, strcspn(name, "/\n"));
	return path_join(k->build, "..", common, NULL);
}
