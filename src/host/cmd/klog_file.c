// SPDX-License-Identifier: GPL-2.0-only
#include "host/cmd/klog_file.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/log.h"

#include <errno.h>
#include <unistd.h>

/* Longer lines are read in pieces, to limit memory; the kernel prints none. */
#define BLOCK (256 * 1024)

/* Formats of logs that have to be converted to text first. */
static int check_kind(const char *name, const char *data, size_t n)
{
	static const struct {
		const char *magic, *what, *hint;
	} kinds[] = {
		{ "\x1f\x8b", "gzip data", "Run zcat FILE | outpost klog" },
		{ "\x28\xb5\x2f\xfd", "Zstandard data", "Run zstdcat FILE | outpost klog" },
		{ "\xfd"
		  "7zXZ",
		  "xz data", "Run xzcat FILE | outpost klog" },
		{ "BZh", "bzip2 data", "Run bzcat FILE | outpost klog" },
		{ "LPKSHHRH", "a systemd journal", "Run journalctl --file FILE -k | outpost klog" },
		{ "\xff\xfe", "UTF-16 text", "Run iconv -f UTF-16 FILE | outpost klog" },
		{ "\xfe\xff", "UTF-16 text", "Run iconv -f UTF-16 FILE | outpost klog" },
		{ "\x7f"
		  "ELF",
		  "an ELF file", "Pass a log; pass a module with --module" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!text_starts((struct text){ data, n }, kinds[i].magic))
			continue;
		log_error("%s is %s, not a log in plain text", name, kinds[i].what);
		log_hint("%s", kinds[i].hint);
		return -EINVAL;
	}
	return 0;
}

/* Feeds the complete lines of `block`. Returns the number of bytes that remain at its start. */
static size_t feed_lines(struct klog *k, char *block, size_t n, uint64_t *number)
{
	char *line = block, *end = block + n, *nl;

	for (; (nl = memchr(line, '\n', (size_t)(end - line))) != NULL; line = nl + 1)
		klog_feed(k, line, (size_t)(nl - line), ++*number);
	if (line == block && n == BLOCK) {
		klog_feed(k, line, n, *number + 1);
		return 0;
	}
	memmove(block, line, (size_t)(end - line));
	return (size_t)(end - line);
}

int klog_file_scan(struct klog *k, int fd, const char *name, uint64_t *lines)
{
	_cleanup_free_ char *block = xmalloc(BLOCK);
	bool begun = false;
	size_t have = 0;
	ssize_t n;

	*lines = 0;
	while ((n = read(fd, block + have, BLOCK - have)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return log_error_errno(-errno, "Cannot read %s", name);
		if (!begun && check_kind(name, block, (size_t)n) < 0)
			return -EINVAL;
		begun = true;
		have = feed_lines(k, block, have + (size_t)n, lines);
	}
	if (have)
		klog_feed(k, block, have, ++*lines);
	klog_flush(k);
	if (!begun)
		log_warn("%s is empty", name);
	return 0;
}
