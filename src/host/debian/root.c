// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unpacks packages and writes dpkg's database (dpkg's doc/, and what its lib/dpkg/infodb and
 * lib/dpkg/dump.c write) by hand: dpkg itself would run the packages' programs.
 */
#include "host/debian/debian.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strbuf.h"
#include "common/strv.h"
#include "host/base/progress.h"
#include "host/debian/internal.h"
#include "host/base/paths.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct root {
	const char *dir;
	char *info;    /* dir/var/lib/dpkg/info */
	char *control; /* temporary place for a package's control files */
	struct strbuf status, owners;
};

static int run_tool(char *const *argv, const struct strbuf *input, struct strbuf *output)
{
	_cleanup_(strbuf_release) struct strbuf error = STRBUF_INIT;
	struct process_options options = { .output = output, .error = &error };
	int r;

	if (input) {
		options.input = input->buf;
		options.input_len = input->len;
	}
	r = process_run(argv, &options);
	if (r == 0 || r == -EINTR)
		return r;
	if (r < 0)
		return log_error_errno(r, "Cannot run %s", argv[0]);
	log_error("%s failed with status %d: %.*s", argv[0], r, (int)strcspn(error.buf, "\n"),
		  error.buf);
	debian_hint(error.buf, argv[0], NULL);
	return -EIO;
}

/* drwxr-sr-t as an octal mode. */
static unsigned int parse_mode(const char *text)
{
	unsigned int mode = 0;

	for (int i = 0; i < 9; i++)
		if (text[1 + i] != '-' && text[1 + i] != 'S' && text[1 + i] != 'T')
			mode |= 0400U >> i;
	if (text[3] == 's' || text[3] == 'S')
		mode |= 04000;
	if (text[6] == 's' || text[6] == 'S')
		mode |= 02000;
	if (text[9] == 't' || text[9] == 'T')
		mode |= 01000;
	return mode;
}

const char *debian_take_entry(char *line, struct strbuf *owners)
{
	char mode[16], user[64];
	char *path, *end;
	int at = 0;

	if (sscanf(line, "%15s %63s %*s %*s %*s %n", mode, user, &at) != 2 || !at ||
	    strlen(mode) < 10)
		return NULL;
	path = line + at;
	end = mode[0] == 'l'   ? strstr(path, " -> ")
	      : mode[0] == 'h' ? strstr(path, " link to ")
			       : NULL;
	if (end)
		*end = '\0';
	if (*path == '.')
		path++;
	end = path + strlen(path);
	while (end > path && end[-1] == '/')
		*--end = '\0';
	if (mode[0] != 'l' && mode[0] != 'h' &&
	    (strcmp(user, "root/root") != 0 || parse_mode(mode) > 0777)) {
		user[strcspn(user, "/")] = ':';
		strbuf_addf(owners, "%o %s %s\n", parse_mode(mode), user, *path ? path : "/");
	}
	return *path ? path : "/.";
}

/* Unpacks the files; their paths, one a line, go to `list`. */
static int unpack_files(struct root *root, const char *deb, struct strbuf *list)
{
	_cleanup_(strbuf_release) struct strbuf tar = STRBUF_INIT, entries = STRBUF_INIT;
	char *save = NULL;
	int r = run_tool(ARGV("dpkg-deb", "--fsys-tarfile", deb), NULL, &tar);

	if (r == 0)
		r = run_tool(ARGV("env", "LC_ALL=C", "tar", "-xvvp", "--quoting-style=literal",
				  "--no-same-owner", "--keep-directory-symlink", "-C", root->dir,
				  "-f", "-"),
			     &tar, &entries);
	if (r < 0)
		return r;
	for (char *line = strtok_r(entries.buf, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		const char *path = debian_take_entry(line, &root->owners);

		if (path)
			strbuf_addf(list, "%s\n", path);
	}
	return 0;
}

/* The value of a one-line field of a control file; the caller frees it, or NULL. */
static char *get_field(const char *control, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = control; *p; p += strcspn(p, "\n"), p += *p == '\n')
		if (strncmp(p, name, n) == 0 && p[n] == ':')
			return xstrndup(p + n + 1 + strspn(p + n + 1, " "),
					strcspn(p + n + 1 + strspn(p + n + 1, " "), "\n"));
	return NULL;
}

/* The name of the package's files in info/, before the dot. */
static char *info_name(const struct debian *debian, const char *control)
{
	_cleanup_free_ char *package = get_field(control, "Package");
	_cleanup_free_ char *multi = get_field(control, "Multi-Arch");

	if (!package)
		return NULL;
	if (multi && strcmp(multi, "same") == 0)
		return xasprintf("%s:%s", package, debian->arch);
	return TAKE_PTR(package);
}

/* Adds the Conffiles field: dpkg compares them with their hashes at the next upgrade. */
static int add_conffiles(struct root *root)
{
	_cleanup_free_ char *path = path_join(root->control, "conffiles", NULL);
	_cleanup_(strbuf_release) struct strbuf names = STRBUF_INIT, sums = STRBUF_INIT;
	_cleanup_strv_ char **argv = NULL;
	char *save = NULL;
	int r = fs_read(path, &names, 0);

	if (r < 0)
		return r == -ENOENT ? 0 : log_error_errno(r, "Cannot read %s", path);
	strv_add(&argv, "md5sum");
	for (char *name = strtok_r(names.buf, "\n", &save); name;
	     name = strtok_r(NULL, "\n", &save)) {
		_cleanup_free_ char *file = xasprintf("%s%s", root->dir, name);

		if (*name == '/') /* not one to be removed */
			strv_add(&argv, file);
	}
	r = argv[1] ? run_tool(argv, NULL, &sums) : 0;
	if (r < 0 || !argv[1])
		return r;
	strbuf_adds(&root->status, "Conffiles:\n");
	save = NULL;
	for (char *line = strtok_r(sums.buf, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (strlen(line) > 34 + strlen(root->dir))
			strbuf_addf(&root->status, " %s %.32s\n", line + 34 + strlen(root->dir),
				    line);
	return 0;
}

static int move_info(struct root *root, const char *name)
{
	_cleanup_strv_ char **files = NULL;
	int r = fs_list(root->control, &files);

	strv_foreach (file, files) {
		_cleanup_free_ char *from = path_join(root->control, *file, NULL);
		_cleanup_free_ char *to = xasprintf("%s/%s.%s", root->info, name, *file);

		if (strcmp(*file, "control") != 0 && rename(from, to) < 0)
			return log_error_errno(-errno, "Cannot create %s", to);
	}
	return r < 0 ? log_error_errno(r, "Cannot read %s", root->control) : 0;
}

static int unpack_package(struct debian *debian, struct root *root, const char *deb)
{
	_cleanup_(strbuf_release) struct strbuf list = STRBUF_INIT, control = STRBUF_INIT;
	_cleanup_free_ char *path = path_join(root->control, "control", NULL);
	_cleanup_free_ char *name = NULL, *list_path = NULL;
	int r = unpack_files(root, deb, &list);

	if (r == 0)
		r = run_tool(ARGV("dpkg-deb", "-e", deb, root->control), NULL, NULL);
	if (r < 0)
		return r;
	r = fs_read(path, &control, 0);
	name = r < 0 ? NULL : info_name(debian, control.buf);
	if (!name)
		return log_error_errno(r < 0 ? r : -EBADMSG, "The control file of %s", deb);
	strbuf_addf(&root->status, "Status: install ok unpacked\n%s", control.buf);
	r = add_conffiles(root);
	strbuf_addch(&root->status, '\n');
	if (r == 0)
		r = move_info(root, name);
	if (r < 0)
		return r;
	list_path = xasprintf("%s/%s.list", root->info, name);
	r = fs_write_atomic(list_path, list.buf, list.len, 0644);
	if (r == 0)
		r = fs_remove_tree(root->control);
	return r < 0 ? log_error_errno(r, "Cannot write %s", list_path) : 0;
}

static int write_in(const char *dir, const char *name, const char *text, size_t n)
{
	_cleanup_free_ char *path = path_join(dir, name, NULL);
	int r = fs_write_atomic(path, text, n, 0644);

	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

/* What packages expect to exist. */
static int make_skeleton(const char *dir)
{
	static const char *const dirs[] = { "usr/bin",
					    "usr/sbin",
					    "usr/lib",
					    "var/lib/dpkg/info",
					    "proc",
					    "var/lib/dpkg/updates",
					    "var/lib/dpkg/triggers" };
	static const char *const merged[] = { "bin", "sbin", "lib" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(dirs); i++) {
		_cleanup_free_ char *path = path_join(dir, dirs[i], NULL);

		r = fs_mkdir_p(path, 0755);
	}
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(merged); i++) {
		_cleanup_free_ char *path = path_join(dir, merged[i], NULL);
		_cleanup_free_ char *target = path_join("usr", merged[i], NULL);

		r = symlink(target, path) < 0 ? -errno : 0;
	}
	return r < 0 ? log_error_errno(r, "Cannot create %s", dir) : 0;
}

int debian_unpack_root(struct debian *debian, const char *root_dir, char *const *packages,
		       const char *owners)
{
	_cleanup_strv_ char **debs = NULL;
	_cleanup_free_ char *info = path_join(root_dir, "var/lib/dpkg/info", NULL);
	_cleanup_free_ char *control = path_join(root_dir, "var/lib/dpkg/tmp.ci", NULL);
	_cleanup_free_ char *dpkg = path_join(root_dir, "var/lib/dpkg", NULL);
	struct root root = { .dir = root_dir,
			     .info = info,
			     .control = control,
			     .status = STRBUF_INIT,
			     .owners = STRBUF_INIT };
	size_t done = 0;
	int r = debian_download(debian, packages, &debs);

	if (r == 0)
		r = make_skeleton(root_dir);
	strv_foreach (deb, debs) {
		progress_fraction(done++, strv_length(debs));
		if (r == 0)
			r = unpack_package(debian, &root, *deb);
	}
	if (r == 0)
		r = write_in(dpkg, "status", root.status.buf, root.status.len);
	if (r == 0)
		r = write_in(info, "format", "1\n", 2);
	if (r == 0)
		r = fs_write_atomic(owners, root.owners.buf, root.owners.len, 0644);
	strbuf_release(&root.status);
	strbuf_release(&root.owners);
	return r;
}
