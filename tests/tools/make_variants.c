// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes all variants for a kernel:
 *
 *	make-variants [-d] RELEASE VICTIM.ko PLAIN.ko SIGNED.ko FOLDER
 *
 * With -d, writes only those that kernels judge differently. Prints a line for
 * each: the file, whether it loads ("true", "false", or "-" if only the kernel
 * knows), the rule that finds it, and the function in the kernel that decides.
 */
#include "variants.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/base/paths.h"
#include "host/base/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *folder;

static void put(const char *name, const struct strbuf *image)
{
	_cleanup_free_ char *file = xasprintf("%s.ko", name);
	_cleanup_free_ char *path = path_join(folder, file, NULL);
	int r = fs_write_atomic(path, image->buf, image->len, 0644);

	if (r < 0)
		exit(-log_error_errno(r, "Cannot write %s", path));
}

static void put_variant(const struct variant *v, const struct strbuf *good)
{
	_cleanup_(strbuf_release) struct strbuf image = STRBUF_INIT;

	strbuf_add(&image, good->buf, good->len);
	v->make(&image, v->arg);
	put(v->name, &image);
	printf("%s.ko\t%s\t%s\t%s\n", v->name, v->loads ? "true" : "false", v->rule ? v->rule : "-",
	       v->place);
}

static void put_flip(size_t bit, const struct strbuf *good)
{
	_cleanup_free_ char *name = xasprintf("bit-%zu", bit);
	_cleanup_(strbuf_release) struct strbuf image = STRBUF_INIT;

	strbuf_add(&image, good->buf, good->len);
	variant_flip(&image, bit);
	put(name, &image);
	printf("%s.ko\t-\t-\telf_validity_ehdr\n", name);
}

static void put_cut(size_t place, const struct strbuf *good)
{
	_cleanup_free_ char *name = xasprintf("cut-%zu", place);
	_cleanup_(strbuf_release) struct strbuf image = STRBUF_INIT;

	strbuf_add(&image, good->buf, good->len);
	variant_cut(&image, place);
	put(name, &image);
	printf("%s.ko\tfalse\tsection-table\telf_validity_cache_sechdrs\n", name);
}

int main(int argc, char **argv)
{
	struct strbuf good[GOOD_COUNT] = { STRBUF_INIT, STRBUF_INIT };
	bool differing = argc > 1 && strcmp(argv[1], "-d") == 0;
	unsigned int major = 0, minor = 0;

	argc -= differing;
	argv += differing;
	if (argc != 6 || sscanf(argv[1], "%u.%u", &major, &minor) != 2) {
		fprintf(stderr,
			"usage: make-variants [-d] RELEASE VICTIM.ko PLAIN.ko SIGNED.ko FOLDER\n");
		return 2;
	}
	folder = argv[5];
	for (size_t i = 0; i < GOOD_COUNT; i++) {
		_cleanup_close_ int fd = open(argv[2 + i], O_RDONLY | O_CLOEXEC);
		int r = fd < 0 ? -errno : unpack_file(fd, &good[i]);

		if (r < 0)
			return -log_error_errno(r, "Cannot read %s", argv[2 + i]);
	}
	for (const struct variant *v = variants; v->name; v++)
		if (variant_is_for(v, CHECK_VERSION(major, minor)) &&
		    (!differing || v->since || v->before))
			put_variant(v, &good[v->of]);
	for (size_t i = 0; !differing && i < VARIANT_BITS; i++)
		put_flip(i, &good[VICTIM]);
	for (size_t i = 0; !differing && i < VARIANT_CUTS; i++)
		put_cut(i, &good[VICTIM]);
	for (size_t i = 0; i < GOOD_COUNT; i++)
		strbuf_release(&good[i]);
	return 0;
}
