// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which variables of the user's environment commands in the container see. It may hold tokens and
 * passwords; what a hostile makefile learns, it can put into a module, which leaves this machine.
 */
#include "host/container/internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/strv.h"

#include <fnmatch.h>
#include <string.h>

/* What kbuild, make and compilers read, and nobody keeps a secret in. Patterns of fnmatch(3). */
static const char *const harmless[] = {
	"PATH",
	"HOME",
	"USER",
	"LOGNAME",
	"LANG",
	"LC_*",
	"TZ",
	"CONFIG_*",
	/* Not all: KBUILD_SIGN_PIN opens the key that signs modules. */
	"KBUILD_BUILD_*",
	"KBUILD_EXTRA_*",
	"KBUILD_MODPOST_*",
	"KBUILD_VERBOSE",
	"*FLAGS",
	"*FLAGS_*",
	"LLVM_*",
	"CLANG_*",
	"SOURCE_DATE_EPOCH",
	"CCACHE_DIR",
	"CCACHE_DISABLE",
	"CCACHE_RECACHE",
	"CCACHE_SLOPPINESS",
};

static bool matches(const char *name, const char *const *patterns, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fnmatch(patterns[i], name, 0) == 0)
			return true;
	return false;
}

bool container_passes(const struct container *container, const char *entry)
{
	_cleanup_free_ char *name = xstrndup(entry, strcspn(entry, "="));
	_cleanup_strv_ char **chosen = NULL;

	if (matches(name, harmless, ARRAY_SIZE(harmless)))
		return true;
	container_add_words(&chosen, container->settings.env);
	return matches(name, (const char *const *)chosen, strv_length(chosen));
}

char **container_environment(const struct container *container)
{
	char **env = NULL;

	strv_foreach (entry, environ)
		if (container_passes(container, *entry))
			strv_add(&env, *entry);
	return env;
}
