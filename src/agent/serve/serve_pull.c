// SPDX-License-Identifier: GPL-2.0-only
/* Pull: sends files of the running kernel as one compressed archive. */
#include "agent/serve/pull.h"

#include "common/cleanup.h"
#include "common/fs.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

/* --- what can be requested --------------------------------------------------------- */

static bool wants_module(const char *below, const char *name)
{
	(void)below;
	return strstr(name, ".ko") != NULL;
}

static bool wants_any_folder(const char *below)
{
	(void)below;
	return true;
}

/* The path of a file named after the running kernel: `before`RELEASE`after`. */
static void find_of_release(char path[PULL_PATH_MAX], const char *before, const char *after)
{
	struct utsname un;

	uname(&un);
	snprintf(path, PULL_PATH_MAX, "%s%s%s", before, un.release, after);
}

static int send_config(struct pull *p)
{
	char path[PULL_PATH_MAX];

	find_of_release(path, "/boot/config-", "");
	if (access(path, R_OK) == 0)
		return pull_file(p, path, "config");
	return pull_file(p, "/proc/config.gz", "config.gz");
}

static int send_modules(struct pull *p)
{
	char real[PATH_MAX];
	int r = pull_find(p, "kernel", real);

	p->wants_folder = wants_any_folder;
	p->wants_file = wants_module;
	return r < 0 ? r : pull_folder(p, real);
}

/* Only the changelog may name the commit that a distribution's kernel was built from. */
static int send_changelog(struct pull *p)
{
	char path[PULL_PATH_MAX];

	find_of_release(path, "/usr/share/doc/linux-image-", "/changelog.Debian.gz");
	return pull_file(p, path, "changelog.gz");
}

/* "ffff80000809b290 T do_exit", followed by the module in brackets if it belongs to one. */
static bool take_name(char *line)
{
	char *name = strrchr(line, ' ');

	if (!name || strchr(line, '['))
		return false;
	memmove(line, name + 1, strlen(name));
	return true;
}

static int send_image(struct pull *p)
{
	char path[PULL_PATH_MAX];

	find_of_release(path, "/boot/vmlinuz-", "");
	return pull_file(p, path, "vmlinuz");
}

/* --- the package -------------------------------------------------------------------- */

/* "NAME VERSION" of the package that installed the kernel in /boot, from dpkg's status file. */
static void find_package(char *text, size_t size)
{
	struct utsname un;
	char line[256], name[128] = "", wanted[3][128];
	_cleanup_fclose_ FILE *f = fopen("/var/lib/dpkg/status", "re");

	uname(&un);
	snprintf(wanted[0], sizeof(wanted[0]), "linux-image-%s", un.release);
	snprintf(wanted[1], sizeof(wanted[1]), "linux-image-%s-unsigned", un.release);
	snprintf(wanted[2], sizeof(wanted[2]), "raspberrypi-kernel"); /* until 2023 */
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "Package: ", 9) == 0)
			proto_set(name, line + 9);
		for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
			if (strncmp(line, "Version: ", 9) == 0 && strcmp(name, wanted[i]) == 0)
				snprintf(text, size, "%.80s %.78s", name, line + 9);
	}
}

/* --- the answer ---------------------------------------------------------------------- */

static void say_failure(struct serve *s, int r, outpost_Pull_What what, const struct pull *p)
{
	static const char *const names[] = {
		[outpost_Pull_What_TREE] = "the folder for building modules",
		[outpost_Pull_What_CONFIG] = "the configuration",
		[outpost_Pull_What_MODULES] = "the folder of modules",
		[outpost_Pull_What_SYMBOLS] = "the folder of modules",
		[outpost_Pull_What_CHANGELOG] = "the changelog of the package",
		[outpost_Pull_What_NAMES] = "the list of symbols",
		[outpost_Pull_What_IMAGE] = "the image",
	};
	struct utsname un;

	uname(&un);
	if ((size_t)what >= sizeof(names) / sizeof(*names))
		serve_fail(s, r, "this agent does not support pull type %d", (int)what);
	else
		serve_fail(s, r, "cannot read %s of %s%s%s", names[what], un.release,
			   *p->at ? " at " : "", p->at);
	s->void_flight = false; /* later requests do not depend on it */
}

static int send_what(struct pull *p, outpost_Pull_What what, char build[PATH_MAX])
{
	switch (what) {
	case outpost_Pull_What_TREE: return pull_tree(p, build);
	case outpost_Pull_What_CONFIG: return send_config(p);
	case outpost_Pull_What_MODULES: return send_modules(p);
	case outpost_Pull_What_SYMBOLS: p->symbols_only = true; return send_modules(p);
	case outpost_Pull_What_CHANGELOG: return send_changelog(p);
	case outpost_Pull_What_NAMES: return pull_lines(p, "/proc/kallsyms", "names", take_name);
	case outpost_Pull_What_IMAGE: return send_image(p);
	default: return -EOPNOTSUPP;
	}
}

void serve_pull(struct serve *s, const outpost_Pull *request)
{
	static struct pull p;
	outpost_Pulled *end;
	char build[PATH_MAX] = "";
	int r = pull_begin(&p, s, request->every);

	if (r == 0)
		r = send_what(&p, request->what, build);
	if (r == 0 && strlen(build) > sizeof(end->build)) { /* it fits without its slash */
		proto_set(p.at, build);
		r = -ENAMETOOLONG;
	}
	r = pull_end(&p, r);
	if (s->gone)
		return;
	if (r < 0) {
		say_failure(s, r, request->what, &p);
		return;
	}
	end = &serve_reply(s, outpost_Reply_pulled_tag)->body.pulled;
	proto_set(end->build, *build ? build + 1 : "");
	end->files = p.files;
	end->bytes = p.bytes;
	find_package(end->package, sizeof(end->package));
	serve_send(s);
}
