// SPDX-License-Identifier: GPL-2.0-only
/* The configuration keys of the container. */
#include "host/container/internal.h"

#include "common/alloc.h"
#include "host/base/config.h"

#include <stdlib.h>
#include <sys/mman.h>

const struct option_row container_rows[] = {
	OPTION_STRING(struct container_settings, engine, 0, "container.engine", "ENGINE",
		      "container.engine", ""),
	OPTION_STRING(struct container_settings, image, 0, "container.image", "NAME",
		      "container.image", ""),
	OPTION_STRING(struct container_settings, base, 0, "container.base", "NAME",
		      "container.base", ""),
	OPTION_STRING(struct container_settings, run_args, 0, "container.run_args", "WORDS",
		      "container.run_args", ""),
	OPTION_STRING(struct container_settings, build_args, 0, "container.build_args", "WORDS",
		      "container.build_args", ""),
	OPTION_STRING(struct container_settings, env, 0, "container.env", "NAMES", "container.env",
		      ""),
	OPTION_END,
};

int container_new(const struct config *config, struct container **container)
{
	_cleanup_(container_freep) struct container *c = xcalloc(1, sizeof(*c));
	int r;

	c->held = -1;
	c->said = mmap(NULL, sizeof(*c->said), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (c->said == MAP_FAILED)
		c->said = NULL;
	c->settings.image = xstrdup("localhost/outpost-build");
	r = config_apply(config, container_rows, &c->settings);
	if (r == 0)
		*container = TAKE_PTR(c);
	return r;
}

void container_free(struct container *container)
{
	container_leave(container);
	container_image_release(&container->known);
	options_release(container_rows, &container->settings);
	if (container->said)
		munmap(container->said, sizeof(*container->said));
	free(container);
}
