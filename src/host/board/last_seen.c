// SPDX-License-Identifier: GPL-2.0-only
#include "host/board/last_seen.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "host/base/hash.h"
#include "host/base/paths.h"

#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/*
 * A board's name may be anything that ssh accepts: use a hash of names that cannot be file
 * names.
 */
static char *folder_name(const char *name)
{
	char hash[HASH_NAME_SIZE];

	if (path_is_plain_name(name))
		return xstrdup(name);
	hash_name(hash, name);
	return xasprintf("_%s", hash);
}

char *last_seen_path(const char *board, const char *name)
{
	_cleanup_free_ char *folder = folder_name(board);
	_cleanup_free_ char *dir = path_state("boards", folder, NULL);

	(void)fs_mkdir_p(dir, 0700);
	return path_join(dir, name, NULL);
}

char *last_seen_release(const char *board)
{
	_cleanup_free_ char *path = last_seen_path(board, "release");
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;

	if (fs_read(path, &sb, 128) < 0 || !sb.len)
		return NULL;
	return strbuf_detach(&sb);
}

void last_seen_set_release(const char *board, const char *release)
{
	_cleanup_free_ char *path = last_seen_path(board, "release");
	_cleanup_free_ char *last = last_seen_release(board);

	if (!last || strcmp(last, release) != 0)
		(void)fs_write_atomic(path, release, strlen(release), 0600);
}

/* Format: "RELEASE KERNEL PAGE-SIZE SIG-ENFORCE LOCKED-DOWN". The time is that of the file. */
void last_seen_set_facts(const char *board, const outpost_Welcome *welcome)
{
	_cleanup_free_ char *path = last_seen_path(board, "facts");
	_cleanup_(strbuf_release) struct strbuf old = STRBUF_INIT, new = STRBUF_INIT;
	char kernel[HASH_NAME_SIZE];

	hash_name(kernel, welcome->kernel_version);
	strbuf_addf(&new, "%s %s %u %d %d\n", welcome->release, kernel, welcome->page_size,
		    welcome->sig_enforce, welcome->locked_down);
	if (fs_read(path, &old, 128) == 0 && strcmp(old.buf, new.buf) == 0)
		(void)utimensat(AT_FDCWD, path, NULL, 0);
	else
		(void)fs_write_atomic(path, new.buf, new.len, 0600);
}

bool last_seen_facts(const char *board, struct last_seen_facts *facts)
{
	_cleanup_free_ char *path = last_seen_path(board, "facts");
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;
	int enforced, locked;
	struct stat st;

	if (fs_read(path, &sb, 128) < 0 || stat(path, &st) < 0 ||
	    sscanf(sb.buf, "%64s %16s %u %d %d", facts->release, facts->kernel, &facts->page_size,
		   &enforced, &locked) != 5)
		return false;
	facts->signatures_enforced = enforced;
	facts->locked_down = locked;
	facts->when = st.st_mtime;
	return true;
}

long long last_seen_return_ms(const char *board)
{
	_cleanup_free_ char *path = last_seen_path(board, "return_ms");
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;
	long long ms = fs_read(path, &sb, 32) < 0 ? 0 : strtoll(sb.buf, NULL, 10);

	return ms > 0 && ms < INT_MAX ? ms : 0;
}

void last_seen_set_return_ms(const char *board, long long ms)
{
	_cleanup_free_ char *path = last_seen_path(board, "return_ms");
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;
	long long faded = last_seen_return_ms(board) * 3 / 4;

	strbuf_addf(&sb, "%lld\n", ms > faded ? ms : faded);
	(void)fs_write_atomic(path, sb.buf, sb.len, 0600);
}
