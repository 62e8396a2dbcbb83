// SPDX-License-Identifier: GPL-2.0-only
/* Output of apt, as in Debian 12 and 13, and damaged. */
#include "common/alloc.h"
#include "common/cleanup.h"
#include "host/debian/internal.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#define HASH "9906387c1dd806518c915bd8616d072c741061d7fa26b222e52763456060b31a"

static void sources(void **state)
{
	/* Debian 12 does not expand SIGNED_BY, 13 does. Two architectures list a source twice. */
	static const char targets[] =
		"http://mirror.example/debian/\tbookworm\tmain\tDebian\t$(SIGNED_BY)\n"
		"http://mirror.example/debian/\tbookworm\tmain\tDebian\t$(SIGNED_BY)\n"
		"http://mirror.example/debian/\tbookworm\tcontrib\tDebian\t$(SIGNED_BY)\n"
		"https://packages.example/repo\tother\tmain\tExample\t$(SIGNED_BY)\n"
		"http://mirror.example/debian/\tbookworm-backports\tmain\tDebian "
		"Backports\t/k.gpg\n"
		"http://mirror.example/security/\ttrixie-security\tmain\tDebian\t"
		"/usr/share/keyrings/a.gpg\n"
		"http://mirror.example/debian/\ttrixie\tmain\tDebian";
	static const char expected[] =
		"deb [arch=arm64 target=Packages] http://mirror.example/debian/ bookworm main\n"
		"deb [arch=arm64 target=Packages signed-by=/k.gpg] "
		"http://mirror.example/debian/ bookworm-backports main\n"
		"deb [arch=arm64 target=Packages signed-by=/usr/share/keyrings/a.gpg] "
		"http://mirror.example/security/ trixie-security main\n"
		"deb [arch=arm64 target=Packages] http://mirror.example/debian/ trixie main\n";
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;

	(void)state;
	assert_int_equal(debian_sources_format(targets, "arm64", &out), 4);
	assert_string_equal(out.buf, expected);
}

static void backports(void **state)
{
	static const char sources[] =
		"deb [arch=arm64 target=Packages signed-by=/k] http://a/debian bookworm main\n"
		"deb [arch=arm64 target=Packages signed-by=/k] http://a/debian bookworm-updates "
		"main\n"
		"deb [arch=arm64 target=Packages] http://a/sec bookworm-security main\n"
		"deb [arch=arm64 target=Packages] http://b/debian trixie main\n"
		"deb [arch=arm64 target=Packages] http://b/debian trixie-backports main\n"
		"deb [arch=arm64 target=Packages] http://c/debian bookworm main\n"
		"deb [arch=arm64 target=Packages] http://d/ ./ main\n";
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;

	(void)state;
	debian_backports_format(sources, &out);
	assert_string_equal(out.buf, "deb [arch=arm64 target=Packages signed-by=/k] "
				     "http://a/debian bookworm-backports main\n");
	strbuf_reset(&out);
	debian_backports_format("", &out);
	assert_string_equal(out.buf, "");
}

static void no_sources(void **state)
{
	static const char *const targets[] = {
		"", "\n\n", "one\n", "uri\trelease\tmain\n", "https://x/\ta\tmain\tUbuntu\n",
	};
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		assert_int_equal(debian_sources_format(targets[i], "arm64", &out), 0);
	assert_string_equal(out.buf, "");
}

static void dependencies(void **state)
{
	static const char show[] =
		"Package: linux-headers-6.12.117+deb13-arm64\n"
		"Provides: linux-kbuild-0\n"
		"Depends: linux-base (>= 4.12~), linux-headers-6.12.117+deb13-common (= 1), "
		"a | linux-image-6.12.117+deb13-arm64-unsigned (= 6.12.117-1), "
		"linux-kbuild-6.12.117+deb13, gcc-14:any\n"
		"Description: linux-nothing-here\n";
	static const struct {
		const char *prefix, *package;
	} cases[] = {
		{ "linux-headers-", "linux-headers-6.12.117+deb13-common" },
		{ "linux-kbuild-", "linux-kbuild-6.12.117+deb13" },
		{ "linux-image-", "linux-image-6.12.117+deb13-arm64-unsigned" },
		{ "gcc-", "gcc-14" },
		{ "linux-base", "linux-base" },
		{ "linux-nothing", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *found = debian_find_dependency(show, cases[i].prefix);

		if (!cases[i].package)
			assert_null(found);
		else
			assert_string_equal(found, cases[i].package);
	}
	assert_null(debian_find_dependency("Package: a\nVersion: 1\n", ""));
	assert_null(debian_find_dependency("", "a"));
}

static void files(void **state)
{
	static const char uris[] = "Reading package lists...\n"
				   "'http://m/libgmp10_6.2.1_arm64.deb' "
				   "libgmp10_2%3a6.2.1_arm64.deb 537920 SHA256:" HASH "\n"
				   "'http://m/a_1_all.deb' a_1_all.deb 12 SHA256:" HASH;
	_cleanup_(debian_files_release) struct debian_files list = { 0 };
	_cleanup_free_ char *package = NULL;

	(void)state;
	assert_int_equal(debian_files_parse(&list, uris), 0);
	assert_int_equal(list.n, 2);
	assert_string_equal(list.files[0].name, "libgmp10_2%3a6.2.1_arm64.deb");
	assert_string_equal(list.files[0].sha256, HASH);
	assert_int_equal(list.files[0].size, 537920);
	package = debian_file_package(&list.files[0]);
	assert_string_equal(package, "libgmp10");
}

/* Without a hash nothing could be verified; a name with a slash would lead elsewhere. */
static void bad_files(void **state)
{
	static const char *const uris[] = {
		"'http://m/a.deb' a.deb 12\n",
		"'http://m/a.deb' a.deb 12 MD5Sum:0123\n",
		"'http://m/a.deb' a.deb 12 SHA256:0123\n",
		"'http://m/a.deb' ../a.deb 12 SHA256:" HASH "\n",
		"'http://m/a.deb'\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(uris); i++) {
		_cleanup_(debian_files_release) struct debian_files list = { 0 };

		assert_int_equal(debian_files_parse(&list, uris[i]), -EBADMSG);
		assert_int_equal(list.n, 0);
	}
}

static void reasons(void **state)
{
	static const struct {
		const char *text, *reason;
	} cases[] = {
		{ "Err:1 http://m bookworm InRelease\n  No route\nE: Failed to fetch x  No "
		  "route\nE: Some\n",
		  "Failed to fetch x  No route" },
		{ "first\nlast words\n", "last words" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
		_cleanup_free_ char *reason = NULL;

		strbuf_adds(&text, cases[i].text);
		reason = debian_apt_reason(&text);
		assert_string_equal(reason, cases[i].reason);
	}
}

/* The apt configuration of a machine that boots from such packages. */
static void sources_of_another(void **state)
{
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;

	(void)state;
	debian_sources_strip("deb [arch=arm64 target=Packages signed-by=/k.gpg] "
			     "http://mirror.example/debian/ bookworm main\nnonsense\n",
			     &out);
	assert_string_equal(out.buf,
			    "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
			    "http://mirror.example/debian/ bookworm main\n");
}

static void entries(void **state)
{
	static const struct {
		const char *line, *path, *owners;
	} cases[] = {
		{ "-rwxr-xr-x root/root    133640 2023-01-05 13:20 ./bin/dash", "/bin/dash", "" },
		{ "drwxr-xr-x root/root         0 2023-01-05 13:20 ./", "/.", "" },
		{ "drwxr-xr-x root/root         0 2023-01-05 13:20 ./usr/bin/", "/usr/bin", "" },
		{ "drwxrwxrwt root/root 0 2023-01-05 13:20 ./tmp/", "/tmp",
		  "1777 root:root /tmp\n" },
		{ "drwxrwsr-x root/mail 0 2023-01-05 13:20 ./var/mail/", "/var/mail",
		  "2775 root:mail /var/mail\n" },
		{ "-rwsr-xr-- root/messagebus 5 2023-01-05 13:20 ./usr/lib/a helper",
		  "/usr/lib/a helper", "4754 root:messagebus /usr/lib/a helper\n" },
		{ "lrwxrwxrwx root/root 0 2023-01-05 13:20 ./bin/sh -> dash", "/bin/sh", "" },
		{ "hrwsr-xr-x root/root 0 2023-01-05 13:20 ./bin/b link to ./bin/a", "/bin/b", "" },
		{ "tar: something else", NULL, "" },
		{ "", NULL, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(strbuf_release) struct strbuf owners = STRBUF_INIT;
		_cleanup_free_ char *line = xstrdup(cases[i].line);
		const char *path = debian_take_entry(line, &owners);

		if (cases[i].path)
			assert_string_equal(path, cases[i].path);
		else
			assert_null(path);
		assert_string_equal(owners.buf, cases[i].owners);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sources),    cmocka_unit_test(backports),
		cmocka_unit_test(no_sources), cmocka_unit_test(dependencies),
		cmocka_unit_test(files),      cmocka_unit_test(bad_files),
		cmocka_unit_test(reasons),    cmocka_unit_test(sources_of_another),
		cmocka_unit_test(entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
