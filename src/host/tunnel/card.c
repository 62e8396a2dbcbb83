// SPDX-License-Identifier: GPL-2.0-only
#include "host/tunnel/card.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/embed.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/options.h"

#include <errno.h>
#include <string.h>

/* The Makefile makes this object depend on these files. */
EMBED(card_setup, "board/outpost-join-setup");
EMBED(card_join, "board/outpost-join");
EMBED(card_service, "board/outpost-join.service");

#define TEXT_MAX (256 * 1024)

/* The first image of Raspberry Pi OS that mounts the partition on /boot/firmware. */
#define FIRST_FIRMWARE 20231010

static char *in(const char *dir, const char *name)
{
	return xasprintf("%s/%s", dir, name);
}

/* issue.txt begins with "Raspberry Pi reference 2023-10-10". */
static bool is_old_image(const char *dir)
{
	_cleanup_free_ char *path = in(dir, "issue.txt");
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct text rest;
	uint64_t date[3];

	if (fs_read(path, &text, TEXT_MAX) < 0 ||
	    !text_after((struct text){ text.buf, text.len }, "reference ", &rest))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(date); i++)
		if (!text_take_u64(&rest, &date[i]) || (i < 2 && !text_take(&rest, "-")))
			return false;
	return date[0] * 10000 + date[1] * 100 + date[2] < FIRST_FIRMWARE;
}

static const char *file_of(enum card_kind kind)
{
	return kind == CARD_CLOUD_INIT ? "user-data" : "cmdline.txt";
}

/* The edited text; empty if it need not change. 0 or -errno, logged. */
static int edit(const char *dir, enum card_kind kind, struct strbuf *edited)
{
	_cleanup_free_ char *path = in(dir, file_of(kind));
	_cleanup_(strbuf_release) struct strbuf old = STRBUF_INIT;
	const char *why = NULL;
	int r = fs_read(path, &old, TEXT_MAX);

	if (r < 0)
		return log_error_errno(r, "Cannot read %s", path);
	r = kind == CARD_CLOUD_INIT ? card_edit_user_data(&old, edited, &why)
				    : card_edit_cmdline(&old, is_old_image(dir), edited, &why);
	if (r >= 0)
		return 0;
	log_error("Cannot add to %s: %s", path, why);
	if (kind == CARD_CLOUD_INIT)
		log_hint("Add the item '- [ sh, /boot/firmware/" CARD_FOLDER
			 "/outpost-join-setup ]' to runcmd yourself, and run the command again");
	return r;
}

int card_check(const char *dir, enum card_kind *kind)
{
	_cleanup_free_ char *cmdline = in(dir, "cmdline.txt"), *user_data = in(dir, "user-data"),
			    *meta_data = in(dir, "meta-data");
	_cleanup_(strbuf_release) struct strbuf edited = STRBUF_INIT;

	if (!fs_exists(cmdline)) {
		log_error(
			"%s is not the boot partition of a Raspberry Pi OS card: it has no cmdline.txt",
			dir);
		log_hint("Give the folder where its first partition, bootfs, is mounted");
		return -ENOENT;
	}
	*kind = fs_exists(user_data) && fs_exists(meta_data) ? CARD_CLOUD_INIT : CARD_FIRSTRUN;
	return edit(dir, *kind, &edited);
}

/* --- writing --- */

static int put(const char *folder, const char *name, struct text text)
{
	_cleanup_free_ char *path = in(folder, name);
	int r = fs_write_atomic(path, text.p, text.n, 0700);

	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

static int put_folder(const char *dir, const struct invite *invite)
{
	_cleanup_free_ char *folder = in(dir, CARD_FOLDER);
	_cleanup_(strbuf_release) struct strbuf invitation = STRBUF_INIT;
	const struct {
		const char *name;
		struct text text;
	} files[] = {
		{ "outpost-join-setup", { card_setup, (size_t)(card_setup_end - card_setup) } },
		{ "outpost-join", { card_join, (size_t)(card_join_end - card_join) } },
		{ "outpost-join.service",
		  { card_service, (size_t)(card_service_end - card_service) } },
		{ "key", { invite->key.buf, invite->key.len } },
		{ "known_hosts", { invite->known_hosts.buf, invite->known_hosts.len } },
		{ INVITATION_FILE, { NULL, 0 } },
	};
	int r = fs_mkdir_p(folder, 0700);

	if (r < 0)
		return log_error_errno(r, "Cannot create %s", folder);
	invitation_write(&invitation, &invite->invitation);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(files); i++)
		r = put(folder, files[i].name,
			files[i].text.p ? files[i].text
					: (struct text){ invitation.buf, invitation.len });
	return r;
}

/* The edit comes last: it makes the Pi look into the folder. */
int card_write(const char *dir, const struct invite *invite)
{
	_cleanup_(strbuf_release) struct strbuf edited = STRBUF_INIT;
	_cleanup_free_ char *path = NULL;
	enum card_kind kind;
	int r = card_check(dir, &kind);

	if (r == 0)
		r = edit(dir, kind, &edited);
	if (r == 0)
		r = put_folder(dir, invite);
	if (r < 0 || !edited.len)
		return r;
	path = in(dir, file_of(kind));
	r = fs_write_atomic(path, edited.buf, edited.len, 0755);
	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}
