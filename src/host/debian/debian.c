// SPDX-License-Identifier: GPL-2.0-only
#include "host/debian/debian.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/lock.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/debian/internal.h"
#include "host/base/paths.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Comes after the machine's own apt configuration, which has its proxies and so on. */
static const char config_format[] =
	"Dir::State \"%1$s\";\n"
	"Dir::State::lists \"lists/\";\n"
	"Dir::State::status \"%1$s/status\";\n"
	"Dir::State::extended_states \"%1$s/extended_states\";\n"
	"Dir::Cache \"%1$s\";\n"
	"Dir::Cache::archives \"none/\";\n" /* always empty: apt lists only files that it does not have */
	"Dir::Cache::pkgcache \"pkgcache.bin\";\n"
	"Dir::Cache::srcpkgcache \"srcpkgcache.bin\";\n"
	"Dir::Etc::sourcelist \"%1$s/sources.list\";\n"
	"Dir::Etc::sourceparts \"%1$s/sources.list.d\";\n"
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
	"#clear APT::Update::Pre-Invoke;\n" /* the hooks of a container would empty the machine's caches */
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

	return lock_take(path, "is downloading Debian packages");
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

void debian_hint(const char *said, const char *dir, const char *otherwise)
{
	/* The second is tar's message for a short write. */
	if (strstr(said, "No space left on device") || strstr(said, ": Wrote only "))
		log_hint("The disk that holds %s is full. Make room for 1 GB there, or set "
			 "XDG_CACHE_HOME to a folder on another disk.",
			 dir);
	else if (otherwise)
		log_hint("%s", otherwise);
}

/* Trusted keys: the machine's, and Debian's keyring for sources that name none. */
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

int debian_write(const struct debian *debian, const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(debian->dir, name, NULL);
	int r = fs_write_atomic(path, text, strlen(text), 0644);

	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

static int set_up(const struct debian *debian)
{
	static const char *const dirs[] = { "lists/partial", "none/partial", "archives",
					    "trusted.gpg.d", "sources.list.d" };
	_cleanup_free_ char *text = xasprintf(config_format, debian->dir, debian->arch);
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		_cleanup_free_ char *path = path_join(debian->dir, dirs[i], NULL);

		r = fs_mkdir_p(path, 0755);
		if (r < 0)
			return log_error_errno(r, "Cannot create %s", path);
		if (strcmp(dirs[i], "trusted.gpg.d") == 0)
			link_keys(path);
	}
	r = debian_write(debian, "status", "");
	return r < 0 ? r : debian_write(debian, "apt.conf", text);
}

int debian_open(struct debian **debian, const char *arch)
{
	int r = debian_open_archive(debian, arch, NULL);

	return r == DEBIAN_UNREACHABLE ? -EHOSTUNREACH : r;
}

int debian_open_archive(struct debian **debian, const char *arch,
			const struct debian_archive *archive)
{
	_cleanup_(debian_closep) struct debian *d = xcalloc(1, sizeof(*d));
	_cleanup_free_ char *state = archive ? xasprintf("%s-%s", archive->name, arch) : NULL;
	int r;

	d->archive = archive;
	d->arch = xstrdup(arch);
	d->dir = path_cache("apt", state ? state : arch, NULL);
	d->config = path_join(d->dir, "apt.conf", NULL);
	d->archives = path_join(d->dir, "archives", NULL);
	r = set_up(d);
	if (r < 0)
		return r;
	r = debian_refresh_when_due(d);
	if (r < 0)
		return r == -EINTR ? r : DEBIAN_UNREACHABLE;
	*debian = TAKE_PTR(d);
	return DEBIAN_OPENED;
}

void debian_close(struct debian *debian)
{
	free(debian->arch);
	free(debian->dir);
	free(debian->config);
	free(debian->archives);
	free(debian);
}
