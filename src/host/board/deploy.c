// SPDX-License-Identifier: GPL-2.0-only
#include "host/board/deploy_internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/hex.h"
#include "common/log.h"

#include <blake2.h>
#include <errno.h>
#include <string.h>
#include <zstd.h>

#define LEVEL 3

struct deploy *deploy_new(const struct board *board)
{
	struct deploy *d = xcalloc(1, sizeof(*d));

	d->board = board;
	deploy_recall(d);
	return d;
}

void deploy_free(struct deploy *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->items[i].key);
		strbuf_release(&d->items[i].content);
	}
	for (size_t i = 0; i < d->n_known; i++)
		free(d->known[i].key);
	free(d->items);
	free(d->known);
	free(d);
}

int deploy_add(struct deploy *d, const char *key, const char *path, uint8_t hash[HASH_SIZE])
{
	struct item item = { .content = STRBUF_INIT };
	int r = fs_read(path, &item.content, BLOB_MAX);

	if (r < 0) {
		strbuf_release(&item.content);
		return log_error_errno(r, "Cannot read %s", path);
	}
	item.key = xstrdup(key);
	blake2b(item.hash, item.content.buf, NULL, HASH_SIZE, item.content.len, 0);
	memcpy(hash, item.hash, HASH_SIZE);
	GROW(d->items, d->n);
	d->items[d->n++] = item;
	return 0;
}

int deploy_pack(const void *content, size_t n, const void *reference, size_t reference_n,
		struct strbuf *out)
{
	ZSTD_CCtx *c = ZSTD_createCCtx();
	size_t bound = ZSTD_compressBound(n), packed;
	int log = 10;

	if (!c)
		return -ENOMEM;
	/* The window must reach back over the content to the start of the reference. */
	while (log < BLOB_WINDOW_LOG_MAX && (size_t)1 << log < n + reference_n)
		log++;
	ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, LEVEL);
	ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, log);
	if (reference_n) {
		ZSTD_CCtx_setParameter(c, ZSTD_c_enableLongDistanceMatching, 1);
		ZSTD_CCtx_refPrefix(c, reference, reference_n);
	}
	strbuf_grow(out, bound);
	packed = ZSTD_compress2(c, out->buf + out->len, bound, content, n);
	ZSTD_freeCCtx(c);
	if (ZSTD_isError(packed))
		return -EINVAL;
	out->len += packed;
	out->buf[out->len] = '\0';
	return 0;
}

/*
 * Reads the content of an earlier version that the board has. False: there was none, or it is
 * no longer cached.
 */
static bool read_reference(const struct deploy *d, const struct item *item, struct strbuf *content,
			   uint8_t hash[HASH_SIZE])
{
	const struct sent_file *known = deploy_find_sent(d, item->key);
	_cleanup_free_ char *path = NULL;
	uint8_t found[HASH_SIZE];

	if (!known)
		return false;
	memcpy(hash, known->hash, HASH_SIZE);
	path = deploy_content_path(hash);
	if (fs_read(path, content, BLOB_MAX) < 0)
		return false;
	blake2b(found, content->buf, NULL, HASH_SIZE, content->len, 0);
	return memcmp(found, hash, HASH_SIZE) == 0 && content->len;
}

static int queue(struct deploy *d, struct session *session, struct item *item, bool whole)
{
	_cleanup_(strbuf_release) struct strbuf reference = STRBUF_INIT;
	_cleanup_(strbuf_release) struct strbuf packed = STRBUF_INIT;
	outpost_Request request = { .which_body = outpost_Request_blob_tag };
	outpost_Blob *blob = &request.body.blob;
	int r;

	if (!whole && read_reference(d, item, &reference, blob->reference.bytes))
		blob->reference.size = HASH_SIZE;
	r = deploy_pack(item->content.buf, item->content.len, reference.buf,
			blob->reference.size ? reference.len : 0, &packed);
	if (r < 0)
		return log_error_errno(r, "Cannot compress %s", item->key);
	blob->hash.size = HASH_SIZE;
	memcpy(blob->hash.bytes, item->hash, HASH_SIZE);
	blob->size = item->content.len;
	blob->packed = packed.len;
	item->queued = true;
	d->sent += packed.len;
	log_debug("%s: %zu bytes, sent as %zu%s", item->key, item->content.len, packed.len,
		  blob->reference.size ? " (difference only)" : "");
	r = session_send(session, &request);
	return r < 0 ? r : session_send_blob_data(session, packed.buf, packed.len);
}

/* Two modules may have the same test program. */
static bool queued_before(const struct deploy *d, const struct item *item)
{
	for (const struct item *i = d->items; i < item; i++)
		if (i->queued && memcmp(i->hash, item->hash, HASH_SIZE) == 0)
			return true;
	return false;
}

int deploy_send(struct deploy *d, struct session *session)
{
	for (size_t i = 0; i < d->n; i++) {
		struct item *item = &d->items[i];
		int r = deploy_board_has(d, item->hash) || queued_before(d, item)
				? 0
				: queue(d, session, item, false);

		if (r < 0)
			return r;
	}
	return 0;
}

int deploy_need(struct deploy *d, struct session *session, const outpost_Need *need)
{
	char hash[HEX_SIZE(HASH_SIZE)];

	for (size_t i = 0; i < d->n && need->hash.size == HASH_SIZE; i++)
		if (memcmp(d->items[i].hash, need->hash.bytes, HASH_SIZE) == 0)
			return queue(d, session, &d->items[i], true);
	hex_encode(hash, need->hash.bytes, HASH_SIZE);
	log_error("Board %s asks for a file that was not offered: %s", d->board->name, hash);
	return -EPROTO;
}

size_t deploy_sent(const struct deploy *d)
{
	return d->sent;
}
