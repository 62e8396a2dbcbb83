// SPDX-License-Identifier: GPL-2.0-only
#include "host/workflow/doctor.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/config.h"
#include "host/base/cross.h"
#include "host/container/buildenv.h"
#include "host/container/container.h"
#include "host/base/paths.h"
#include "host/base/project.h"
#include "host/base/trust.h"

#include <stdlib.h>
#include <string.h>

static const struct tool {
	const char *name, *package, *use;
	enum finding_state without;
	bool in_container; /* not needed on the host if there is a build container */
} tools[] = {
	{ "ssh", "openssh-client", "reaches boards", FINDING_MISSING },
	{ "make", "make", "builds modules", FINDING_MISSING, true },
	{ CROSS_PREFIX "gcc", "gcc" CROSS_SUFFIX, "compiles them for the board", FINDING_MISSING,
	  true },
	{ "bash", "bash", "reads dkms.conf", FINDING_MISSING },
	{ "ccache", "ccache", "caches compiled objects", FINDING_NOTE },
	{ "patch", "patch", "applies the patches that a dkms.conf names", FINDING_NOTE },
	{ "apt-get", "apt", "downloads kernels and their headers", FINDING_MISSING },
	{ "dpkg-deb", "dpkg", "unpacks them", FINDING_MISSING },
	{ "xz", "xz-utils", "unpacks them", FINDING_MISSING },
	{ "depmod", "kmod", "lists the dependencies of a kernel's modules", FINDING_MISSING },
	{ "qemu-system-aarch64", "qemu-system-arm", "runs the virtual Pi", FINDING_MISSING },
	{ "mke2fs", "e2fsprogs", "makes its disk", FINDING_MISSING },
	{ "ssh-keygen", "openssh-client", "makes its keys and yours", FINDING_MISSING },
};

static void check_tools(struct findings *c, const struct buildenv *env)
{
	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		const struct tool *tool = &tools[i];
		char *where = path_program(tool->name);

		if (where) {
			doctor_add(c, "host", tool->name, FINDING_OK, where, NULL);
			continue;
		}
		if (tool->in_container && container_is_there(buildenv_container(env))) {
			doctor_add(c, "host", tool->name, FINDING_OK,
				   xstrdup("in the build container"), NULL);
			continue;
		}
		doctor_add(c, "host", tool->name, tool->without, xstrdup(tool->use),
			   xasprintf("apt-get install %s", tool->package));
		if (!strv_contains(c->packages, tool->package))
			strv_add(&c->packages, tool->package);
	}
}

static void check_own_files(struct findings *c)
{
	_cleanup_free_ char *file = path_own_file("aarch64/outpost-agent");
	char *agent = file ? realpath(file, NULL) : NULL;

	if (agent)
		doctor_add(c, "host", "agent", FINDING_OK, agent, NULL);
	else
		doctor_add(c, "host", "agent", FINDING_MISSING,
			   xstrdup("the agent for boards is not built"), xstrdup("make"));
}

/* What may run as the user; and what does not count, because the user did not say so. */
static void check_trust(struct findings *c, const struct config *config)
{
	const char *file = config_project_file(config);
	_cleanup_free_ char *root = file ? project_root(file) : NULL,
			    *runtime = path_runtime("", NULL);
	_cleanup_strv_ char **dirs = NULL;
	size_t n = trust_list(&dirs) < 0 ? 0 : strv_length(dirs);

	doctor_add(c, "host", "trusted projects", FINDING_OK,
		   n ? xasprintf("%zu; outpost trust --list shows them", n) : xstrdup("none"),
		   NULL);
	strv_foreach (key, config_ignored(config))
		doctor_add(c, "host", "outpost.conf", FINDING_NOTE,
			   xasprintf("%s sets %s, and you do not trust the project", file, *key),
			   xasprintf("outpost trust %s", root));
	if (path_make_runtime(runtime, LOG_LEVEL_DEBUG) < 0)
		doctor_add(c, "host", "runtime folder", FINDING_NOTE,
			   xasprintf("%s: it, or a folder above it, is not yours alone, so "
				     "connections are not shared and the build container does not "
				     "start",
				     runtime),
			   xstrdup("set XDG_RUNTIME_DIR to a folder that only you can access"));
}

void doctor_host(struct findings *c, const struct buildenv *env)
{
	check_tools(c, env);
	check_own_files(c);
	check_trust(c, buildenv_config(env));
	doctor_gateway(c);
}
