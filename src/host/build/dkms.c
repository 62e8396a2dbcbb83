// SPDX-License-Identifier: GPL-2.0-only
#include "host/build/dkms_internal.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strbuf.h"
#include "common/strv.h"
#include "host/base/confine.h"
#include "host/base/paths.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DKMS_TIME_LIMIT_MS 5000
#define DKMS_OUTPUT_MAX    (256 * 1024)

/* The script, included from its own file. */
extern const char dkms_script[];
asm(".pushsection .rodata\n"
    ".global dkms_script\n"
    "dkms_script:\n"
    ".incbin \"src/host/build/dkms_eval.sh\"\n"
    ".byte 0\n"
    ".popsection\n");

void dkms_conf_release(struct dkms_conf *conf)
{
	free(conf->name);
	free(conf->version);
	free(conf->make);
	free(conf->pre_build);
	free(conf->post_build);
	strv_free(conf->patches);
	strv_free(conf->depends);
	for (size_t i = 0; i < conf->n_modules; i++) {
		free(conf->modules[i].name);
		free(conf->modules[i].location);
	}
	free(conf->modules);
	free(conf->excluded);
	*conf = (struct dkms_conf){ 0 };
}

static int say_failure(int r, const char *file, const struct strbuf *error)
{
	if (r == -ETIME)
		log_error("Evaluating %s took longer than %d s", file, DKMS_TIME_LIMIT_MS / 1000);
	else if (r == -EFBIG)
		log_error("Evaluating %s wrote more than %d KiB", file, DKMS_OUTPUT_MAX / 1024);
	else if (r < 0)
		log_error_errno(r, "Cannot run bash for %s", file);
	else if (r > 0)
		log_error("Evaluating %s failed with status %d%s%s", file, r,
			  error->len ? ": " : "", error->buf);
	return r < 0 ? r : -EINVAL;
}

/* Everything in the folder is shown to the file, so it must not be the home folder. */
static int check_folder(const char *folder)
{
	const char *home = getenv("HOME");
	_cleanup_free_ char *real = home ? realpath(home, NULL) : NULL;

	if (strcmp(folder, "/") != 0 && !(real && fs_is_within(real, folder)))
		return 0;
	log_error("Cannot evaluate %s/dkms.conf, because it could read all of %s",
		  strcmp(folder, "/") == 0 ? "" : folder, folder);
	log_hint("Move the package to a folder of its own");
	return -EINVAL;
}

/* The tree is found under its own name, and where it would be on the board. */
static int run_bash(const char *file, const char *folder, const struct kernel_tree *tree,
		    char *const *env, struct strbuf *output, struct strbuf *error)
{
	const char *const argv[] = { "bash",      "--norc",    "--noprofile", "-c",
				     dkms_script, "dkms.conf", file,          NULL };
	_cleanup_free_ char *root = realpath(tree->root, NULL),
			    *build = realpath(tree->build, NULL);
	_cleanup_free_ char *usual = xasprintf("/lib/modules/%s/build", tree->release);
	const char *const folders[] = { folder, root, NULL };
	const char *const links[] = { usual, build, tree->build, build, NULL };
	struct confinement confinement = { .folders = folders, .links = links, .file = file };
	struct process_options options = {
		.env = env,
		.output = output,
		.error = error,
		.timeout_ms = DKMS_TIME_LIMIT_MS,
		.output_max = DKMS_OUTPUT_MAX,
	};
	int r;

	if (!root || !build)
		return log_error_errno(-errno, "Cannot use the kernel tree %s", tree->build);
	r = confine_run((char *const *)argv, &options, &confinement);
	if (r == 0 || r == -EINTR)
		return r;
	if (!confinement.failed)
		return say_failure(r, file, error);
	log_error_errno(r, "Cannot confine the evaluation of %s: cannot %s", file,
			confinement.failed);
	log_hint("%s", confine_hint(r));
	return r;
}

int dkms_read(struct dkms_conf *conf, const char *folder, const struct kernel_tree *tree,
	      const char *dkms_tree, const char *source_tree)
{
	_cleanup_free_ char *real = realpath(folder, NULL);
	_cleanup_free_ char *file = path_join(real ? real : folder, "dkms.conf", NULL);
	_cleanup_(strbuf_release) struct strbuf output = STRBUF_INIT, error = STRBUF_INIT;
	_cleanup_strv_ char **env = NULL;
	_cleanup_free_ char *why = NULL;
	const char *const settings[][2] = {
		{ "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
		{ "HOME", "/nonexistent" },
		{ "LC_ALL", "C" },
		{ "kernelver", tree->release },
		{ "kernel_source_dir", tree->build },
		{ "arch", "aarch64" },
		{ "dkms_tree", dkms_tree },
		{ "source_tree", source_tree },
	};
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		_cleanup_free_ char *entry = xasprintf("%s=%s", settings[i][0], settings[i][1]);

		strv_add(&env, entry);
	}
	r = dkms_check_file(file);
	if (r == 0)
		r = check_folder(real);
	if (r == 0)
		r = run_bash(file, real, tree, env, &output, &error);
	if (r < 0)
		return r;
	r = dkms_parse(conf, tree, output.buf, output.len, &why);
	if (r < 0)
		log_error("Cannot use %s: %s", file, why);
	return r;
}
