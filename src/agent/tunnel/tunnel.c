// SPDX-License-Identifier: GPL-2.0-only
#include "agent/tunnel/tunnel.h"

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
	"       outpost-agent tunnel join [--root DIR] [--no-start] [INVITATION]\n";

struct tunnel_options {
	char *root;
	bool no_start;
};

static const struct option_row rows[] = {
	OPTION_STRING(struct tunnel_options, root, 0, "root", "DIR", NULL, ""),
	OPTION_FLAG(struct tunnel_options, no_start, 0, "no-start", NULL, ""),
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

int tunnel(int argc, char **argv)
{
	struct tunnel_options options = { .root = NULL };
	const struct option_set sets[] = { { .rows = rows, .dest = &options }, { .rows = NULL } };
	const char *root;
	int r = options_parse(sets, &argc, argv, false);

	if (r < 0 || r == OPTIONS_HELP || argc < 2) {
		options_release(rows, &options);
		return r == OPTIONS_HELP ? (fputs(usage, stdout), 0) : wrong_usage();
	}
	root = options.root ? options.root : "";
	if (strcmp(argv[1], "run") == 0 && argc == 2 && !options.no_start)
		r = tunnel_run(root);
	else if (strcmp(argv[1], "join") == 0 && argc <= 3)
		r = join(&options, root, argv[2]);
	else
		r = wrong_usage();
	options_release(rows, &options);
	return r;
}
