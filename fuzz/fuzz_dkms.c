// SPDX-License-Identifier: GPL-2.0-only
/*
 * The output of the evaluation of a dkms.conf: if it is accepted, no name or path in it leads out of
 * the folder.
 */
#include "common/strv.h"
#include "fuzz.h"
#include "host/build/dkms.h"
#include "host/base/paths.h"

#include <string.h>

static int leaves(const char *path)
{
	size_t n = strlen(path);

	return *path == '/' || strcmp(path, "..") == 0 || strncmp(path, "../", 3) == 0 ||
	       strstr(path, "/../") || (n >= 3 && strcmp(path + n - 3, "/..") == 0);
}

static void check(const struct dkms_conf *c)
{
	MUST(path_is_plain_name(c->name) && *c->version && !strchr(c->version, '/'));
	MUST(c->n_modules || c->excluded);
	for (size_t i = 0; i < c->n_modules; i++)
		MUST(path_is_plain_name(c->modules[i].name) && !leaves(c->modules[i].location));
	strv_foreach (patch, c->patches)
		MUST(!leaves(*patch));
	strv_foreach (name, c->depends)
		MUST(path_is_plain_name(*name));
	MUST(!c->pre_build || !leaves(c->pre_build));
	MUST(!c->post_build || !leaves(c->post_build));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kernel_tree tree = { .release = (char *)"6.1.0-50-arm64",
				    .build = (char *)"/nonexistent" };
	struct dkms_conf conf;
	char *why = NULL;
	int r = dkms_parse(&conf, &tree, (const char *)data, size, &why);

	MUST(r == 0 ? !why : why && *why);
	if (r == 0)
		check(&conf);
	dkms_conf_release(&conf);
	free(why);
	return 0;
}
