// SPDX-License-Identifier: GPL-2.0-only
/* Compares the resulting configuration with the board's. */
#include "host/kernel/git_internal.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "host/kernel/fit.h"
#include "host/base/paths.h"

#include <string.h>

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
