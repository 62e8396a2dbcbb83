// SPDX-License-Identifier: GPL-2.0-only
/* kernel/module/version.c: the CRCs of symbols. */
#include "host/check/internal.h"

#include "common/alloc.h"

#include <string.h>

struct check_crcs {
	bool present;
	bool extended; /* Linux 6.14: symbols that are not in the list are not checked */
	struct ko_version *list;
	size_t n;
};

void check_crcs_free(struct check_crcs *crcs)
{
	if (crcs)
		free(crcs->list);
	free(crcs);
}

static const struct check_crcs *get(struct check *check)
{
	struct check_crcs *c = check->crcs;

	if (c)
		return c;
	c = check->crcs = xcalloc(1, sizeof(*c));
	if (check->kernel->version >= CHECK_VERSION(6, 14) &&
	    ko_versions(check->ko, KO_VERSIONS_EXTENDED, &c->list, &c->n) == 0)
		c->present = c->extended = true;
	else if (ko_find(check->ko, "__versions"))
		c->present = ko_versions(check->ko, KO_VERSIONS, &c->list, &c->n) == 0;
	return c;
}

bool check_has_crcs(struct check *check)
{
	return check_config(check->kernel, "CONFIG_MODVERSIONS") && get(check)->present;
}

static const struct ko_version *find(const struct check_crcs *c, const char *symbol)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->list[i].name, symbol) == 0)
			return &c->list[i];
	return NULL;
}

void check_crc(struct check *check, const char *symbol, uint32_t crc)
{
	const struct ko_version *found;

	if (!check_has_crcs(check))
		return; /* reported by check_module_layout() */
	found = find(check->crcs, symbol);
	if (found ? found->crc == crc : check->crcs->extended)
		return;
	check_add(check, CHECK_REFUSED, symbol, xasprintf("0x%08x", crc),
		  found ? xasprintf("0x%08x", found->crc) : xstrdup("no CRC"),
		  xasprintf("Build it against the tree of %s: outpost build -k %s",
			    check->kernel->release, check->kernel->release));
}

void check_module_layout(struct check *check)
{
	static const char symbol[] = "module_layout";
	const struct symvers_symbol *layout = symvers_find(check->kernel->symvers, symbol);

	if (!check_config(check->kernel, "CONFIG_MODVERSIONS"))
		return;
	if (!check_has_crcs(check))
		check_add(check, check_force(check), NULL,
			  xstrdup("CRCs of the symbols it uses, in section __versions"),
			  xstrdup("none"),
			  xstrdup("Build it against a tree with Module.symvers, for example with "
				  "outpost build"));
	else if (layout)
		check_crc(check, symbol, layout->crc);
}
