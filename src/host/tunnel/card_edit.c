// SPDX-License-Identifier: GPL-2.0-only
#include "host/tunnel/card.h"

#include "common/cleanup.h"
#include "common/text.h"

#include <errno.h>

#define SETUP     CARD_FOLDER "/outpost-join-setup"
#define RUN_WORD  "systemd.run="
#define RUN_WORDS " systemd.run_success_action=reboot systemd.unit=kernel-command-line.target"

static struct text whole(const struct strbuf *sb)
{
	return (struct text){ sb->buf, sb->len };
}

/* --- cmdline.txt --- */

/* The first word of systemd.run, or NULL. */
static const char *find_run(struct text line)
{
	for (const char *p = line.p; p < line.p + line.n; p++)
		if ((p == line.p || p[-1] == ' ') &&
		    text_starts((struct text){ p, (size_t)(line.p + line.n - p) }, RUN_WORD))
			return p;
	return NULL;
}

/* Only its first line counts, and an empty file is not from a Pi. */
int card_edit_cmdline(const struct strbuf *old, bool old_image, struct strbuf *edited,
		      const char **why)
{
	struct text rest = whole(old), line;
	const char *run;
	bool on_boot = old_image;

	if (memchr(old->buf, '\0', old->len) || !text_line(&rest, &line) || !line.n) {
		*why = "it is empty or not text";
		return -EINVAL;
	}
	text_trim_end(&line);
	if (text_find(line, SETUP))
		return 0;
	run = find_run(line);
	if (run) { /* mounted where the script that is there already expects it */
		struct text word = { run, line.n - (size_t)(run - line.p) };

		on_boot = text_starts(word, RUN_WORD "/boot/") &&
			  !text_starts(word, RUN_WORD "/boot/firmware/");
	}
	strbuf_add(edited, line.p, run ? (size_t)(run - line.p) : line.n);
	strbuf_addf(edited, "%s" RUN_WORD "%s/" SETUP, run ? "" : " ",
		    on_boot ? "/boot" : "/boot/firmware");
	if (run)
		strbuf_addf(edited, " %.*s", (int)(line.n - (size_t)(run - line.p)), run);
	else
		strbuf_adds(edited, RUN_WORDS);
	strbuf_adds(edited, "\n");
	strbuf_add(edited, rest.p, rest.n);
	return 1;
}

/* --- user-data --- */

#define COMMAND "[ sh, /boot/firmware/" SETUP " ]"

/* A line that no text of Raspberry Pi OS or Imager has, and after which another key means something else. */
static bool is_other_form(struct text line)
{
	static const char *const starts[] = { "---", "...",     "{",        "[",
					      "%",   "runcmd ", "\"runcmd", "'runcmd" };

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (text_starts(line, starts[i]))
			return true;
	return false;
}

/* The list below "runcmd:", if it is one with an item a line; its first line otherwise is the error. */
static bool first_item(struct text rest, struct text *item)
{
	while (text_line(&rest, item)) {
		struct text inner = *item;

		text_skip_blanks(&inner);
		if (inner.n && *inner.p == '#')
			continue;
		return text_starts(inner, "- ");
	}
	return false;
}

static int add_item(struct text before, struct text after, struct strbuf *edited, const char **why)
{
	struct text item;
	int blanks;

	if (!first_item(after, &item)) {
		*why = "its runcmd is not a list with one item a line";
		return -EINVAL;
	}
	for (blanks = 0; item.p[blanks] == ' '; blanks++)
		;
	strbuf_add(edited, before.p, before.n);
	strbuf_addf(edited, "%*s- " COMMAND "\n", blanks, "");
	strbuf_add(edited, after.p, after.n);
	return 1;
}

static bool is_cloud_config(struct text *rest)
{
	struct text line;

	if (!text_line(rest, &line))
		return false;
	text_trim_end(&line);
	return line.n == strlen("#cloud-config") && text_starts(line, "#cloud-config");
}

int card_edit_user_data(const struct strbuf *old, struct strbuf *edited, const char **why)
{
	struct text rest = whole(old), line;

	if (text_find(rest, SETUP))
		return 0;
	if (memchr(old->buf, '\0', old->len) || !is_cloud_config(&rest)) {
		*why = "it does not begin with #cloud-config";
		return -EINVAL;
	}
	while (text_line(&rest, &line)) {
		text_trim_end(&line);
		if (is_other_form(line)) {
			*why = "it is not a plain list of keys";
			return -EINVAL;
		}
		if (!text_starts(line, "runcmd:"))
			continue;
		if (line.n == strlen("runcmd:"))
			return add_item((struct text){ old->buf, (size_t)(rest.p - old->buf) },
					rest, edited, why);
		*why = "its runcmd is not a list with one item a line";
		return -EINVAL;
	}
	strbuf_add(edited, old->buf, old->len);
	strbuf_addf(edited, "%sruncmd:\n- " COMMAND "\n",
		    old->buf[old->len - 1] == '\n' ? "" : "\n");
	return 1;
}
