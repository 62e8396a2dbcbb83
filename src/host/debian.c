// SPDX-License-Identifier: GPL-2.0-only
#include "host/debian.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "host/debian_internal.h"
#include "host/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#define LISTS_MAX_AGE (24 * 3600) /* seconds */

/* After the machine's own apt configuration, which has its proxies and the like. */
static const char config_format[] =
	"Dir::State \"%1$s\";\n"
	"Dir::State::lists \"lists/\";\n"
	"Dir::State::status \"%1$s/status\";\n"
	"Dir::State::extended_states \"%1$s/extended_states\";\n"
	"Dir::Cache \"%1$s\";\n"
	"Dir::Cache::archives \"none/\";\n" /* always empty: apt names only files it has not */
	"Dir::Cache::pkgcache \"pkgcache.bin\";\n"
	"Dir::Cache::srcpkgcache \"srcpkgcache.bin\";\n"
	"Dir::Etc::sourcelist \"%1$s/sources.list\";\n"
	"Dir::Etc::sourceparts \"/dev/null\";\n"
	"Dir::Etc::preferences \"/dev/null\";\n"
	"Dir::Etc::preferencesparts \"/dev/null\";\n"
	"Dir::Etc::trustedparts \"%1$s/trusted.gpg.d\";\n"
	"APT::Architecture \"%2$s\";\n"
	"#clear APT::Architectures;\n"
	"APT::Architectures { \"%2$s\"; };\n"
	"APT::Sandbox::User \"root\";\n"
	"APT::Update::Error-Mode \"any\";\n"
	"APT::Install-Recommends \"false\";\n"
	"Acquire::ForceHash \"SHA256\";\n"
	"#clear Acquire::Languages;\n"
	"Acquire::Languages \"none\";\n"
	"#clear APT::Update::Pre-Invoke;\n" /* a container's would empty the machine's caches */
	"#clear APT::Update::Post-Invoke;\n"
	"#clear APT::Update::Post-Invoke-Success;\n"
	"#clear DPkg::Pre-Install-Pkgs;\n"
	"#clear DPkg::Post-Invoke;\n";

const char *debian_host_arch(void)
{
#if defined(__x86_64__)
	return "amd64";
#elif defined(__aarch64__)
	return "arm64";
#else
#error "Debian's name for this architecture"
#endif
}

int debian_apt(const struct debian *debian, struct strbuf *output, struct strbuf *error,
	       const char *dir, char *const *words)
{
	_cleanup_strv_ char **argv = NULL;
	struct process_options options = { .output = output, .error = error, .dir = dir };

	strv_add(&argv, "env");
	strv_add(&argv, "LC_ALL=C");
	strv_add(&argv, words[0]);
	strv_add(&argv, "-c");
	strv_add(&argv, debian->config);
	strv_add(&argv, "-q");
	strv_foreach (word, words + 1)
		strv_add(&argv, *word);
	return process_run(argv, &options);
}

int debian_lock(const struct debian *debian)
{
	_cleanup_free_ char *path = path_join(debian->dir, "lock", NULL);
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		return log_error_errno(-errno, "Cannot open %s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return TAKE_FD(fd);
	if (errno == EWOULDBLOCK)
		log_info("Waiting for another outpost to finish with %s", debian->dir);
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR || process_interrupted)
			return errno == EINTR ? -EINTR
					      : log_error_errno(-errno, "Cannot lock %s", path);
	return TAKE_FD(fd);
}

char *debian_apt_reason(const struct strbuf *error)
{
	const char *p = error->buf, *last = p;
	size_t n;

	for (; *p; p += n + (p[n] != '\0')) {
		n = strcspn(p, "\n");
		if (n)
			last = p;
		if (strncmp(p, "E: ", 3) == 0)
			return xstrndup(p + 3, n - 3);
	}
	return xstrndup(last, strcspn(last, "\n"));
}

/* The machine's list of sources, as lines for ours. */
static int read_sources(const struct debian *debian, struct strbuf *sources)
{
	char *const *argv = ARGV("apt-get", "indextargets", "--format",
				 "$(REPO_URI)\t$(RELEASE)\t$(COMPONENT)\t$(ORIGIN)\t$(SIGNED_BY)",
				 "Created-By: Packages");
	_cleanup_(strbuf_release) struct strbuf targets = STRBUF_INIT, error = STRBUF_INIT;
	_cleanup_free_ char *why = NULL;
	int r = process_run(argv, &(struct process_options){ .output = &targets, .error = &error });

	if (r < 0)
		return log_error_errno(r, "Cannot run apt-get, which fetches Debian's packages");
	if (r > 0) {
		why = debian_apt_reason(&error);
		log_error("apt-get cannot tell this machine's package sources: %s", why);
		return -EIO;
	}
	if (debian_sources_format(targets.buf, debian->arch, sources) > 0)
		return 0;
	if (targets.len == 0) {
		log_error("The package lists of this machine's apt are empty: it does not know a "
			  "Debian mirror.");
		log_hint("Run apt-get update as root, then try again.");
	} else {
		log_error("This machine's apt has no source of Debian's own packages (origin "
			  "Debian, component main).");
		log_hint("Add one below /etc/apt/sources.list.d, run apt-get update as root, then "
			 "try again.");
	}
	return -ENOENT;
}

/* Keys that are trusted: the machine's, and Debian's keyring where nothing names it. */
static void link_keys(const char *dir)
{
	static const char keyring[] = "/usr/share/keyrings/debian-archive-keyring.gpg";
	_cleanup_free_ char *own = path_join(dir, "debian-archive-keyring.gpg", NULL);
	_cleanup_strv_ char **names = NULL;

	if (fs_exists(keyring))
		(void)!symlink(keyring, own);
	if (fs_list("/etc/apt/trusted.gpg.d", &names) < 0)
		return;
	strv_foreach (name, names) {
		_cleanup_free_ char *from = path_join("/etc/apt/trusted.gpg.d", *name, NULL);
		_cleanup_free_ char *to = path_join(dir, *name, NULL);

		(void)!symlink(from, to);
	}
}

static int write_file(const struct debian *debian, const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(debian->dir, name, NULL);
	int r = fs_write_atomic(path, text, strlen(text), 0644);

	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

static int set_up(const struct debian *debian)
{
	static const char *const dirs[] = { "lists/partial", "none/partial", "archives",
					    "trusted.gpg.d" };
	_cleanup_free_ char *text = xasprintf(config_format, debian->dir, debian->arch);
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		_cleanup_free_ char *path = path_join(debian->dir, dirs[i], NULL);

		r = fs_mkdir_p(path, 0755);
		if (r < 0)
			return log_error_errno(r, "Cannot make %s", path);
		if (strcmp(dirs[i], "trusted.gpg.d") == 0)
			link_keys(path);
	}
	r = write_file(debian, "status", "");
	return r < 0 ? r : write_file(debian, "apt.conf", text);
}

int debian_refresh(struct debian *debian)
{
	char *const *words = ARGV("apt-get", "update");
	_cleanup_(strbuf_release) struct strbuf sources = STRBUF_INIT, error = STRBUF_INIT;
	_cleanup_free_ char *why = NULL;
	int r = read_sources(debian, &sources);

	if (r == 0)
		r = write_file(debian, "sources.list", sources.buf);
	if (r < 0)
		return r;
	log_info("Refreshing Debian's package lists (%s)", debian->arch);
	r = debian_apt(debian, &error, &error, NULL, words);
	if (r < 0)
		return r == -EINTR ? r : log_error_errno(r, "Cannot run apt-get update");
	if (r > 0) {
		why = debian_apt_reason(&error);
		log_error("Cannot fetch Debian's package lists (%s): %s", debian->arch, why);
		log_hint("Is there a network, or a proxy to set? apt-get update as root uses the "
			 "same mirror.");
		return -EHOSTUNREACH;
	}
	debian->refreshed = true;
	return write_file(debian, "updated", "");
}

static bool is_newer(const char *path, time_t than)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_mtime > than;
}

/* Were the machine's sources changed since? */
static bool sources_changed(time_t since)
{
	static const char parts[] = "/etc/apt/sources.list.d";
	_cleanup_strv_ char **names = NULL;

	if (is_newer("/etc/apt/sources.list", since) || is_newer(parts, since))
		return true;
	if (fs_list(parts, &names) < 0)
		return false;
	strv_foreach (name, names) {
		_cleanup_free_ char *path = path_join(parts, *name, NULL);

		if (is_newer(path, since))
			return true;
	}
	return false;
}

/* Old lists are better than none: with them a failing refresh is no more than a warning. */
static int refresh_when_due(struct debian *debian)
{
	_cleanup_free_ char *stamp = path_join(debian->dir, "updated", NULL);
	_cleanup_close_ int lock = debian_lock(debian);
	struct stat st;
	time_t now = time(NULL);
	int r;

	if (lock < 0)
		return lock;
	if (stat(stamp, &st) < 0)
		return debian_refresh(debian);
	if (now >= st.st_mtime && now - st.st_mtime < LISTS_MAX_AGE &&
	    !sources_changed(st.st_mtime))
		return 0;
	r = debian_refresh(debian);
	if (r != -EHOSTUNREACH)
		return r;
	log_warn("Going on with the package lists of an earlier day.");
	return 0;
}

int debian_open(struct debian **debian, const char *arch)
{
	_cleanup_(debian_closep) struct debian *d = xcalloc(1, sizeof(*d));
	int r;

	d->arch = xstrdup(arch);
	d->dir = path_cache("apt", arch, NULL);
	d->config = path_join(d->dir, "apt.conf", NULL);
	d->archives = path_join(d->dir, "archives", NULL);
	r = set_up(d);
	if (r == 0)
		r = refresh_when_due(d);
	if (r < 0)
		return r;
	*debian = TAKE_PTR(d);
	return 0;
}

void debian_close(struct debian *debian)
{
	free(debian->arch);
	free(debian->dir);
	free(debian->config);
	free(debian->archives);
	free(debian);
}
