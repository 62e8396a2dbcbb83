// SPDX-License-Identifier: GPL-2.0-only
/* The board's configuration: what is taken of it, and what the sources make of it. */
#include "host/kernel/git_internal.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "host/kernel/fit.h"
#include "host/base/paths.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* --- what a board sent --------------------------------------------------------------------- */

/*
 * Kconfig passes strings on to makefiles, which pass them to a shell. So no character that is
 * special to either; real values have none.
 */
bool kernel_git_value_is_plain(const char *value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!value[i] ||
		    (!isalnum((unsigned char)value[i]) && !strchr(" ()+,-./=_:@%~*[]", value[i])))
			return false;
	return true;
}

static bool is_number(const char *value, size_t n)
{
	bool hex = n > 2 && strncmp(value, "0x", 2) == 0;
	size_t start = hex ? 2 : n && *value == '-';

	return n > start &&
	       strspn(value + start, hex ? "0123456789abcdefABCDEF" : "0123456789") >= n - start;
}

static bool is_value(const char *value, size_t n)
{
	if (n >= 2 && *value == '"' && value[n - 1] == '"')
		return kernel_git_value_is_plain(value + 1, n - 2);
	return (n == 1 && strchr("ymn", *value)) || is_number(value, n);
}

/* The length of CONFIG_NAME at the start, or 0. */
static size_t name_length(const char *text)
{
	static const char prefix[] = "CONFIG_";
	size_t n = strlen(prefix);

	if (strncmp(text, prefix, n) != 0)
		return 0;
	while (isalnum((unsigned char)text[n]) || text[n] == '_')
		n++;
	return n > strlen(prefix) ? n : 0;
}

/* "# CONFIG_X is not set" */
static bool is_unset(const char *line, size_t n)
{
	static const char rest[] = " is not set";
	size_t name = n > 2 ? name_length(line + 2) : 0;

	return name && strncmp(line, "# ", 2) == 0 && n == 2 + name + strlen(rest) &&
	       strncmp(line + 2 + name, rest, strlen(rest)) == 0;
}

int kernel_git_take_config(const char *text, struct strbuf *out, size_t *line)
{
	size_t n;

	*line = 1;
	for (const char *p = text; *p; p += n + (p[n] != '\0'), ++*line) {
		size_t name = name_length(p);
		bool keeps;

		n = strcspn(p, "\n");
		keeps = name ? p[name] == '=' && is_value(p + name + 1, n - name - 1)
			     : is_unset(p, n);
		if (keeps)
			strbuf_addf(out, "%.*s\n", (int)n, p);
		else if (n && *p != '#') /* other comments are left out */
			return -EBADMSG;
	}
	return 0;
}

/* --- what became of it ---------------------------------------------------------------------- */

/* Options that describe the tools and not the kernel. */
static void drop_tools(const char *config, struct strbuf *out)
{
	static const char *const about[] = { "CONFIG_CC_",           "CONFIG_GCC_VERSION",
					     "CONFIG_AS_",           "CONFIG_LD_",
					     "CONFIG_CLANG_VERSION", "CONFIG_LLD_",
					     "CONFIG_RUST",          "CONFIG_BINDGEN",
					     "CONFIG_PAHOLE_",       "CONFIG_TOOLS_" };
	size_t n;

	for (const char *line = config; *line; line += n) {
		bool drop = false;

		n = strcspn(line, "\n");
		n += line[n] == '\n';
		for (size_t i = 0; i < ARRAY_SIZE(about); i++)
			drop = drop || strncmp(line, about[i], strlen(about[i])) == 0;
		if (!drop)
			strbuf_add(out, line, n);
	}
}

void kernel_git_compare(const char *source, const char *config)
{
	_cleanup_free_ char *path = path_join(source, ".config", NULL);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT, names = STRBUF_INIT,
						ours = STRBUF_INIT, theirs = STRBUF_INIT;
	size_t n;

	if (fs_read(path, &text, KERNEL_CONFIG_MAX) < 0)
		return;
	drop_tools(text.buf, &ours);
	drop_tools(config, &theirs);
	n = kernel_config_differences(ours.buf, theirs.buf, &names);
	if (n)
		log_warn("%zu options differ from the board's configuration: %s%s", n, names.buf,
			 n > 3 ? ", ..." : ".");
}

int kernel_git_restore_compiler(const char *source, const char *text)
{
	static const char key[] = "CONFIG_CC_VERSION_TEXT=\"";
	_cleanup_free_ char *path = path_join(source, ".config", NULL);
	_cleanup_(strbuf_release) struct strbuf config = STRBUF_INIT, out = STRBUF_INIT;
	const char *at;
	int r = fs_read(path, &config, KERNEL_CONFIG_MAX);

	at = r == 0 ? strstr(config.buf, key) : NULL;
	if (!at)
		return r < 0 ? log_error_errno(r, "Cannot read %s", path) : 0;
	at += strlen(key);
	strbuf_add(&out, config.buf, (size_t)(at - config.buf));
	strbuf_adds(&out, text);
	strbuf_adds(&out, at + strcspn(at, "\"\n"));
	r = fs_write_atomic(path, out.buf, out.len, 0644);
	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}
