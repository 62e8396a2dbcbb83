// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remembers what was sent to each board last, and the contents, so that only the difference of
 * the next version has to be sent.
 */
#include "host/board/deploy_internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/hex.h"
#include "common/strv.h"
#include "host/base/paths.h"
#include "host/board/last_seen.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MEMORY_MAX   (1u << 20)
#define KEEP_SECONDS (30 * 24 * 60 * 60) /* age at which an unused version is deleted */

char *deploy_content_path(const uint8_t hash[HASH_SIZE])
{
	char name[HEX_SIZE(HASH_SIZE)];

	hex_encode(name, hash, HASH_SIZE);
	return path_cache("blobs", name, NULL);
}

void deploy_recall(struct deploy *d)
{
	_cleanup_free_ char *path = last_seen_path(d->board->name, "blobs");
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;
	char *save = NULL;

	if (fs_read(path, &sb, MEMORY_MAX) < 0)
		return;
	for (char *line = strtok_r(sb.buf, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct sent_file known;

		if (strlen(line) <= 2 * HASH_SIZE + 1 || line[2 * HASH_SIZE] != ' ' ||
		    !hex_decode(known.hash, HASH_SIZE, line))
			continue;
		known.key = xstrdup(line + 2 * HASH_SIZE + 1);
		GROW(d->known, d->n_known);
		d->known[d->n_known++] = known;
	}
}

struct sent_file *deploy_find_sent(const struct deploy *d, const char *key)
{
	for (size_t i = 0; i < d->n_known; i++)
		if (strcmp(d->known[i].key, key) == 0)
			return &d->known[i];
	return NULL;
}

bool deploy_board_has(const struct deploy *d, const uint8_t hash[HASH_SIZE])
{
	for (size_t i = 0; i < d->n_known; i++)
		if (memcmp(d->known[i].hash, hash, HASH_SIZE) == 0)
			return true;
	return false;
}

static void keep_content(const struct item *item)
{
	_cleanup_free_ char *dir = path_cache("blobs", NULL);
	_cleanup_free_ char *path = deploy_content_path(item->hash);

	if (!fs_exists(path) && fs_mkdir_p(dir, 0700) == 0)
		(void)fs_write_atomic(path, item->content.buf, item->content.len, 0600);
}

static void drop_old_contents(void)
{
	_cleanup_free_ char *dir = path_cache("blobs", NULL);
	_cleanup_strv_ char **names = NULL;
	time_t now = time(NULL);

	if (fs_list(dir, &names) < 0)
		return;
	strv_foreach (name, names) {
		_cleanup_free_ char *path = path_join(dir, *name, NULL);
		struct stat st;

		if (stat(path, &st) == 0 && now - st.st_mtime > KEEP_SECONDS)
			unlink(path);
	}
}

/* Returns whether that is new. */
static bool learn(struct deploy *d, const struct item *item)
{
	struct sent_file *known = deploy_find_sent(d, item->key);

	if (known && memcmp(known->hash, item->hash, HASH_SIZE) == 0)
		return false;
	if (!known) {
		GROW(d->known, d->n_known);
		known = &d->known[d->n_known++];
		known->key = xstrdup(item->key);
	}
	memcpy(known->hash, item->hash, HASH_SIZE);
	return true;
}

void deploy_remember(struct deploy *d)
{
	_cleanup_free_ char *path = last_seen_path(d->board->name, "blobs");
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;
	bool news = false;

	for (size_t i = 0; i < d->n; i++) {
		if (!learn(d, &d->items[i]))
			continue;
		keep_content(&d->items[i]);
		news = true;
	}
	if (!news)
		return;
	for (size_t i = 0; i < d->n_known; i++) {
		char hash[HEX_SIZE(HASH_SIZE)];

		hex_encode(hash, d->known[i].hash, HASH_SIZE);
		strbuf_addf(&sb, "%s %s\n", hash, d->known[i].key);
	}
	(void)fs_write_atomic(path, sb.buf, sb.len, 0600);
	drop_old_contents();
}
