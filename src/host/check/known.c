// SPDX-License-Identifier: GPL-2.0-only
/* Does a symbol exist in this kernel at all? */
#include "host/check/internal.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/strv.h"
#include "host/base/paths.h"

#include <ctype.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX (64u << 20)

enum known { KNOWN_NOT, KNOWN_DECLARED, KNOWN_THERE, KNOWN_UNKNOWN };

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Is `word` in `text`, not as a part of a longer word? */
static bool has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at += n)
		if ((at == text || !is_word(at[-1])) && !is_word(at[n]))
			return true;
	return false;
}

static enum known in_file(const char *path, const char *symbol)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (fs_read(path, &text, FILE_MAX) < 0)
		return KNOWN_UNKNOWN;
	return has_word(text.buf, symbol) ? KNOWN_THERE : KNOWN_NOT;
}

/* System.map has all symbols, exported or not. Most trees do not include it. */
static enum known in_system_map(const struct check_kernel *k, const char *symbol)
{
	_cleanup_free_ char *name = xasprintf("System.map-%s", k->release);
	_cleanup_free_ char *beside = path_join(k->build, "System.map", NULL);
	_cleanup_free_ char *boot = path_join("/boot", name, NULL);
	enum known known = in_file(beside, symbol);

	return known == KNOWN_UNKNOWN ? in_file(boot, symbol) : known;
}

/* Looks in the board's /proc/kallsyms. Without KALLSYMS_ALL it has only functions. */
static enum known on_board(const struct check_kernel *k, const char *symbol)
{
	_cleanup_free_ char *path = k->asker.ask ? k->asker.ask(k->asker.arg, CHECK_NAMES) : NULL;
	enum known known = path ? in_file(path, symbol) : KNOWN_UNKNOWN;

	return known == KNOWN_NOT && !check_config(k, "CONFIG_KALLSYMS_ALL") ? KNOWN_UNKNOWN
									     : known;
}

/* All headers in one text, because there may be many symbols to look for. */
struct check_headers {
	struct strbuf text;
	bool read;
};

struct check_headers *check_headers_new(void)
{
	struct check_headers *headers = xcalloc(1, sizeof(*headers));

	headers->text = (struct strbuf)STRBUF_INIT;
	return headers;
}

void check_headers_free(struct check_headers *headers)
{
	if (headers)
		strbuf_release(&headers->text);
	free(headers);
}

/* Does not follow links: one to a parent folder would never end. */
static void read_below(const char *dir, struct strbuf *text)
{
	_cleanup_strv_ char **names = NULL;

	if (fs_list(dir, &names) < 0)
		return;
	strv_foreach (name, names) {
		_cleanup_free_ char *path = path_join(dir, *name, NULL);
		size_t n = strlen(*name);
		struct stat st;

		if (n > 2 && strcmp(*name + n - 2, ".h") == 0) {
			(void)fs_read(path, text, 0);
			strbuf_addch(text, '\n');
		} else if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
			read_below(path, text);
		}
	}
}

static enum known in_headers(const struct check_kernel *k, const char *symbol)
{
	static const char *const folders[] = { "include", "arch/arm64/include" };
	_cleanup_free_ char *source = check_source_of(k);
	struct check_headers *h = k->headers;

	for (size_t i = 0; h && !h->read && i < ARRAY_SIZE(folders); i++) {
		_cleanup_free_ char *dir = path_join(source, folders[i], NULL);

		read_below(dir, &h->text);
	}
	if (!h || !h->text.len)
		return KNOWN_UNKNOWN;
	h->read = true;
	return has_word(h->text.buf, symbol) ? KNOWN_DECLARED : KNOWN_NOT;
}

char *check_known(const struct check_kernel *k, const char *symbol, char **hint)
{
	enum known known = *symbol ? in_system_map(k, symbol) : KNOWN_UNKNOWN;

	if (*symbol && known == KNOWN_UNKNOWN)
		known = on_board(k, symbol);
	if (*symbol && known == KNOWN_UNKNOWN)
		known = in_headers(k, symbol);
	*hint = xstrdup(
		known == KNOWN_NOT
			? "Check the spelling, whether it belongs to another version of Linux or "
			  "to a module that is not listed here, and what replaced it"
			: "Use an exported symbol instead, or test on a kernel that exports it");
	switch (known) {
	case KNOWN_THERE:
		return xasprintf("not exported: %s has it, but not for modules", k->release);
	case KNOWN_DECLARED:
		return xasprintf("not exported: the headers of %s declare it", k->release);
	case KNOWN_NOT: return xasprintf("does not exist in %s", k->release);
	default: return xasprintf("not exported by %s", k->release);
	}
}
