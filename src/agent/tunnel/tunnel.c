// SPDX-License-Identifier: GPL-2.0-only
#include "agent/tunnel/tunnel.h"

#include "agent/tunnel/install.h"
#include "agent/tunnel/join.h"
#include "agent/tunnel/run.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: outpost-agent tunnel run [--root DIR]\n"
	"       outpost-agent tunnel join [--root DIR] [--no-start] [INVITATION]\n"
	"       outpost-agent tunnel install [--root DIR] --carrier NAME\n";

struct tunnel_options {
	char *root;
	bool no_start;
	char *carrier;
};

static const struct option_row rows[] = {
	OPTION_STRING(struct tunnel_options, root, 0, "root", "DIR", NULL, ""),
	OPTION_FLAG(struct tunnel_options, no_start, 0, "no-start", NULL, ""),
	OPTION_STRING(struct tunnel_options, carrier, 0, "carrier", "NAME", NULL, ""),
	OPTION_END,
};

static int wrong_usage(void)
{
	fputs(usage, stderr);
	return 2;
}

static int join(const struct tunnel_options *options, const char *root, const char *dir)
{
	static struct join join; /* large */

	join = (struct join){ .dir = dir, .root = root, .start = !options->no_start };
	return tunnel_join(&join);
}

static int act(const struct tunnel_options *options, int argc, char **argv)
{
	const char *root = options->root ? options->root : "";
	bool is_join = strcmp(argv[1], "join") == 0, is_install = strcmp(argv[1], "install") == 0;

	if ((options->no_start && !is_join) || !options->carrier != !is_install)
		return wrong_usage();
	if (is_join && argc <= 3)
		return join(options, root, argv[2]);
	if (is_install && argc == 2)
		return tunnel_install(root, options->carrier);
	if (strcmp(argv[1], "run") == 0 && argc == 2)
		return tunnel_run(root);
	return wrong_usage();
}

int tunnel(int argc, char **argv)
{
	struct tunnel_options options = { .root = NULL };
	const struct option_set sets[] = { { .rows = rows, .dest = &options }, { .rows = NULL } };
	int r = options_parse(sets, &argc, argv, false);

	if (r == OPTIONS_HELP)
		r = fputs(usage, stdout) < 0;
	else
		r = r < 0 || argc < 2 ? wrong_usage() : act(&options, argc, argv);
	options_release(rows, &options);
	return r;
}
