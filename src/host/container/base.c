// SPDX-License-Identifier: GPL-2.0-only
/* Makes a base image from Debian's packages if no registry can be reached. */
#include "host/container/internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "host/base/paths.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define SUITE     "trixie"
#define IMPORT_MS (10 * 60 * 1000)

/*
 * Replaces the suite: "bookworm-updates" becomes "trixie-updates". Handles the suite itself,
 * -updates and -security; NULL for others.
 */
static char *same_part(const char *release, const char *suite)
{
	static const char *const parts[] = { "-updates", "-security" };
	const char *dash = strchr(release, '-');

	if (!dash)
		return xstrdup(suite);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (strcmp(dash, parts[i]) == 0)
			return xasprintf("%s%s", suite, dash);
	return NULL;
}

size_t container_format_sources(const char *targets, const char *suite, struct strbuf *out)
{
	_cleanup_free_ char *copy = xstrdup(targets);
	char *rest = copy;
	size_t n = 0;

	for (char *line; (line = strsep(&rest, "\n"));) {
		const char *uri = strsep(&line, "\t"), *release = strsep(&line, "\t"),
			   *component = strsep(&line, "\t"), *origin = strsep(&line, "\t");
		_cleanup_free_ char *part = NULL, *entry = NULL;

		if (!origin || strcmp(origin, "Debian") != 0 || strcmp(component, "main") != 0)
			continue;
		part = same_part(release, suite);
		if (!part)
			continue;
		entry = xasprintf("deb %s %s main\n", uri, part);
		if (strstr(out->buf, entry))
			continue;
		strbuf_adds(out, entry);
		n++;
	}
	return n;
}

/* Formats the machine's own mirrors for SUITE. 0 or -errno, logged. */
static int find_sources(struct strbuf *sources)
{
	_cleanup_(strbuf_release) struct strbuf targets = STRBUF_INIT;
	int r = container_engine(ARGV("apt-get", "indextargets", "--format",
				      "$(REPO_URI)\t$(RELEASE)\t$(COMPONENT)\t$(ORIGIN)",
				      "Created-By: Packages"),
				 &targets, 60 * 1000, "list this machine's package sources");

	if (r < 0)
		return r;
	if (container_format_sources(targets.buf, SUITE, sources) > 0)
		return 0;
	log_error("This machine's apt has no Debian mirror to make a base image from");
	log_hint("Run apt-get update as root, then try again");
	return -ENOENT;
}

static int make_tar(const char *tar)
{
	_cleanup_(strbuf_release) struct strbuf sources = STRBUF_INIT, said = STRBUF_INIT;
	int r = find_sources(&sources);

	if (r < 0)
		return r;
	log_info("Making a base image of Debian's packages with mmdebstrap");
	r = process_run(ARGV("mmdebstrap", "--quiet", "--variant=minbase", SUITE, tar, "-"),
			&(struct process_options){ .input = sources.buf,
						   .input_len = sources.len,
						   .output = &said,
						   .error = &said });
	if (r == 0 || r == -EINTR)
		return r;
	log_lines(LOG_LEVEL_ERROR, said.buf, "mmdebstrap cannot make a base image%s",
		  said.len ? ":" : "");
	return -EIO;
}

int container_make_base(const char *engine, const char *tag)
{
	_cleanup_free_ char *dir = path_cache("container", NULL);
	_cleanup_free_ char *tar = path_join(dir, "base.tar", NULL),
			    *where = path_program("mmdebstrap");
	_cleanup_(strbuf_release) struct strbuf id = STRBUF_INIT;
	int r = fs_mkdir_p(dir, 0755);

	if (r < 0)
		return log_error_errno(r, "Cannot create %s", dir);
	if (!where) {
		log_error("Making a base image requires mmdebstrap, which is not installed");
		log_hint("As root, run apt-get install mmdebstrap");
		return -ENOENT;
	}
	r = make_tar(tar);
	if (r == 0)
		r = container_engine(ARGV(engine, "import", tar, tag), &id, IMPORT_MS,
				     "import the base image");
	unlink(tar);
	return r;
}
