// SPDX-License-Identifier: GPL-2.0-only
/* dkms.conf: the result of its evaluation, what is rejected, and that it can do no harm. */
#include "sample_tree.h"

#include "common/clock.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/base/confine.h"
#include "host/build/dkms.h"

#define PACKAGE "PACKAGE_NAME=p\nPACKAGE_VERSION=1.0+x~1\n"
#define MODULE  "BUILT_MODULE_NAME[0]=m\nDEST_MODULE_LOCATION[0]=/extra\n"

static struct dkms_conf conf;

static struct confinement everything(void)
{
	static const char *folders[] = { "/usr", NULL };
	static const char *const no_links[] = { NULL };

	return (struct confinement){ .folders = folders, .links = no_links };
}

/* Not every machine allows namespaces: a chroot or container may not. Nothing is evaluated then. */
static void need_confinement(void)
{
	static const struct process_options none;
	struct confinement c = everything();
	int r = confine_run(ARGV("true"), &none, &c);
	const char *must = getenv("MUST_RUN");

	if (!c.failed || (must && strcmp(must, "1") == 0))
		return;
	print_message("skipped: this machine cannot %s: %s\n", c.failed, strerror(-r));
	skip();
}

static int evaluate(const char *text)
{
	need_confinement();
	dkms_conf_release(&conf);
	put(sample_work, "dkms.conf", text);
	return dkms_read(&conf, sample_work, &sample_tree, "/the/dkms", "/the/source");
}

static int cleanup(void **state)
{
	(void)state;
	dkms_conf_release(&conf);
	return 0;
}

static void plain(void **state)
{
	(void)state;
	assert_int_equal(evaluate(PACKAGE MODULE), 0);
	assert_string_equal(conf.name, "p");
	assert_string_equal(conf.version, "1.0+x~1");
	assert_null(conf.make);
	assert_null(conf.excluded);
	assert_int_equal(conf.n_modules, 1);
	assert_string_equal(conf.modules[0].name, "m");
	assert_string_equal(conf.modules[0].location, "");
}

static void logic(void **state)
{
	(void)state;
	assert_int_equal(
		evaluate(PACKAGE
			 "i=0\nfor n in a b c; do BUILT_MODULE_NAME[$i]=x-$n\n"
			 "BUILT_MODULE_LOCATION[$i]=src/$n/; DEST_MODULE_LOCATION[$i]=/extra\n"
			 "i=$((i+1)); done\n"
			 ". $kernel_source_dir/.config\n[ $CONFIG_B = m ] || exit 1\n"
			 "MAKE=\"make -C $kernel_source_dir M=$dkms_tree/$PACKAGE_NAME A='b c' "
			 "$arch "
			 "$kernelver $source_tree\"\n"
			 "echo to standard output\nPRE_BUILD='setup.sh a'\nBUILD_DEPENDS=(q r)\n"),
		0);
	assert_int_equal(conf.n_modules, 3);
	assert_string_equal(conf.modules[2].name, "x-c");
	assert_string_equal(conf.modules[2].location, "src/c/");
	assert_contains(conf.make, "M=/the/dkms/p A='b c' aarch64 " SAMPLE_RELEASE " /the/source");
	assert_string_equal(conf.pre_build, "setup.sh a");
	assert_int_equal(strv_length(conf.depends), 2);
}

/* bash goes on after each of these, or sets variables of other names. */
static void no_text_for_bash(void **state)
{
	_cleanup_free_ char *file = path_join(sample_work, "dkms.conf", NULL);
	static const char zero[] = PACKAGE "\0" MODULE;

	(void)state;
	assert_int_equal(evaluate("\xef\xbb\xbf" PACKAGE MODULE), -EINVAL);
	assert_int_equal(evaluate("PACKAGE_NAME=p\r\nPACKAGE_VERSION=1\r\n" MODULE), -EINVAL);
	assert_int_equal(evaluate(PACKAGE MODULE "if true; then\n"), -EINVAL);
	assert_int_equal(evaluate(PACKAGE MODULE ")\n"), -EINVAL);
	assert_int_equal(evaluate(PACKAGE MODULE "case x in @(x|y)) ;; esac\nfalse\n"), 0);
	assert_int_equal(fs_write_atomic(file, zero, sizeof(zero) - 1, 0600), 0);
	assert_int_equal(dkms_read(&conf, sample_work, &sample_tree, "/d", "/s"), -EINVAL);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(mkdir(file, 0700), 0);
	assert_int_equal(dkms_read(&conf, sample_work, &sample_tree, "/d", "/s"), -EISDIR);
	assert_int_equal(rmdir(file), 0);
	assert_int_equal(mkfifo(file, 0600), 0);
	assert_int_equal(dkms_read(&conf, sample_work, &sample_tree, "/d", "/s"), -ENOTREGULAR);
	assert_int_equal(unlink(file), 0);
}

static void matches(void **state)
{
	(void)state;
	assert_int_equal(evaluate(PACKAGE MODULE
				  "MAKE[0]=zero\nMAKE[1]=one\nMAKE_MATCH[1]='^6\\.'\n"
				  "MAKE[2]=two\nMAKE_MATCH[2]='^5\\.'\n"
				  "PATCH=(a.patch b.patch c.patch)\nPATCH_MATCH=('' '^5' '^6')\n"),
			 0);
	assert_string_equal(conf.make, "one");
	assert_int_equal(strv_length(conf.patches), 2);
	assert_string_equal(conf.patches[1], "c.patch");
}

static void exclusive(void **state)
{
	static const struct {
		const char *text;
		const char *why; /* NULL: it applies to this kernel */
	} cases[] = {
		{ "BUILD_EXCLUSIVE_KERNEL='^(5|6)\\.'", NULL },
		{ "BUILD_EXCLUSIVE_KERNEL='^5\\.'", "BUILD_EXCLUSIVE_KERNEL=\"^5" },
		{ "BUILD_EXCLUSIVE_ARCH='aarch64|x86_64'", NULL },
		{ "BUILD_EXCLUSIVE_ARCH=x86_64", "BUILD_EXCLUSIVE_ARCH" },
		{ "BUILD_EXCLUSIVE_KERNEL_MIN=6.1", NULL },
		{ "BUILD_EXCLUSIVE_KERNEL_MIN=6.2", "KERNEL_MIN=\"6.2\" is above" },
		{ "BUILD_EXCLUSIVE_KERNEL_MAX=6.1", NULL },
		{ "BUILD_EXCLUSIVE_KERNEL_MAX=5.19", "KERNEL_MAX=\"5.19\" is below" },
		{ "BUILD_EXCLUSIVE_CONFIG='CONFIG_A CONFIG_B !CONFIG_C'", NULL },
		{ "BUILD_EXCLUSIVE_CONFIG='CONFIG_A CONFIG_C'", "requires CONFIG_C" },
		{ "BUILD_EXCLUSIVE_CONFIG='!CONFIG_B'", "requires !CONFIG_B" },
		{ "OBSOLETE_BY=5.4", "OBSOLETE_BY" },
		{ "OBSOLETE_BY=6.2", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *text = xasprintf(PACKAGE MODULE "%s\n", cases[i].text);

		assert_int_equal(evaluate(text), 0);
		if (cases[i].why)
			assert_contains(conf.excluded, cases[i].why);
		else if (conf.excluded)
			fail_msg("%s: excluded: %s", cases[i].text, conf.excluded);
	}
}

static void refused(void **state)
{
	static const char *const cases[] = {
		MODULE "PACKAGE_NAME=p\n",
		"PACKAGE_NAME=../../x\nPACKAGE_VERSION=1\n" MODULE,
		"PACKAGE_NAME=p\nPACKAGE_VERSION='1 2'\n" MODULE,
		PACKAGE,
		PACKAGE "BUILT_MODULE_NAME=m.ko\n",
		PACKAGE "BUILT_MODULE_NAME=../m\n",
		PACKAGE MODULE "BUILT_MODULE_LOCATION=/etc\n",
		PACKAGE MODULE "BUILT_MODULE_LOCATION=a/../../b\n",
		PACKAGE MODULE "BUILT_MODULE_LOCATION=..\n",
		PACKAGE MODULE "DEST_MODULE_NAME='a b'\n",
		PACKAGE MODULE "PATCH=../../etc/passwd\n",
		PACKAGE MODULE "PRE_BUILD=/bin/sh\n",
		PACKAGE MODULE "BUILD_DEPENDS='a;b'\n",
		PACKAGE MODULE "MAKE[5000]=x\n",
		PACKAGE MODULE "exit 0\n",
		PACKAGE MODULE "exit 3\n",
		"syntax ( error\n" PACKAGE,
		"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int r = evaluate(cases[i]);

		if (r != -EINVAL)
			fail_msg("%d for:\n%s", r, cases[i]);
	}
}

static void endless(void **state)
{
	long long start = monotonic_ms();

	(void)state;
	assert_int_equal(evaluate(PACKAGE MODULE "while :; do :; done\n"), -ETIME);
	assert_in_range(monotonic_ms() - start, 4900, 8000);
}

static void flooding(void **state)
{
	(void)state;
	assert_int_equal(evaluate(PACKAGE MODULE "yes\n"), -EFBIG);
	assert_int_equal(evaluate(PACKAGE MODULE "printf -v PRE_BUILD %01000000d 0\n"), -EFBIG);
}

/* Whatever it tries, the folder (and, here, the sample tree) stays unchanged. */
static void harmful(void **state)
{
	static const char *const cases[] = {
		"rm -rf \"$PWD\"/* \"$PWD\"",
		"echo x > $PWD/new; touch $PWD/other; mkdir $PWD/dir",
		"echo x > $kernel_source_dir/.config",
		"mv precious gone; ln -s a b; chmod 000 precious",
		"mount -o remount,rw / && touch $PWD/new; mount -t tmpfs none $PWD",
		"exec 5<>/dev/tcp/127.0.0.1/22 && PACKAGE_NAME=reached",
		"kill -9 $$ ; true", /* kills itself: no harm, but no result */
		"(setsid sleep 60 & echo x > $PWD/new) ; sleep 0.1; echo y > $PWD/new",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *text = xasprintf(PACKAGE MODULE "%s\n", cases[i]);
		_cleanup_free_ char *precious = NULL, *config = NULL;
		_cleanup_strv_ char **names = NULL;

		put(sample_work, "precious", "as it was");
		(void)evaluate(text);
		precious = get(sample_work, "precious");
		config = get(sample_tree.build, ".config");
		assert_int_equal(fs_list(sample_work, &names), 0);
		if (!precious || strcmp(precious, "as it was") != 0 ||
		    strv_length(names) != 3) /* .git, too */
			fail_msg("it could write: %s", cases[i]);
		assert_contains(config, "CONFIG_A=y");
		if (conf.name)
			assert_string_equal(conf.name, "p");
	}
}

static void confined(void **state)
{
	(void)state;
	setenv("SECRET_OF_MINE", "x", 1);
	assert_int_equal(evaluate(PACKAGE MODULE
				  "MAKE=\"$SECRET_OF_MINE-$(grep -c : /proc/self/net/dev)-"
				  "$(sed -n 's/^CapEff:.//p' /proc/self/status)-$$-"
				  "$(cat /dev/null && echo null)\"\n"),
			 0);
	/*
	 * None of our environment; one network device, lo; no capabilities; it is the first
	 * process.
	 */
	assert_string_equal(conf.make, "-1-0000000000000000-1-null");
}

/* It sees its folder, the tree, and nothing else of ours. */
static void root(void **state)
{
	(void)state;
	put(sample_top, "secret", "x");
	assert_int_equal(evaluate(PACKAGE MODULE
				  "MAKE=\"$(cd /; echo * etc/* dev/*) $(cd $PWD/..; echo *)\"\n"
				  "PRE_BUILD=$(wc -l </lib/modules/$kernelver/build/.config)\n"),
			 0);
	for (const char *p = conf.make; *p; p += strcspn(p, " "), p += strspn(p, " ")) {
		static const char *const known[] = {
			"bin",
			"dev",
			"etc",
			"lib",
			"lib32",
			"lib64",
			"libx32",
			"proc",
			"sbin",
			"tmp",
			"usr",
			"dev/fd",
			"dev/null",
			"etc/alternatives",
			"etc/ld.so.cache",
			"etc/os-release",
			"tree",
			"work",
		};
		bool found = false;

		for (size_t i = 0; i < ARRAY_SIZE(known); i++)
			found |= strlen(known[i]) == strcspn(p, " ") &&
				 strncmp(p, known[i], strlen(known[i])) == 0;
		if (!found)
			fail_msg("it sees %s", p);
	}
	assert_string_equal(conf.pre_build, "3");
}

/* What programs that run in pipes need, and what others use: process substitution, awk. */
static void tools(void **state)
{
	(void)state;
	assert_int_equal(
		evaluate(
			PACKAGE MODULE
			"MAKE=\"$(cat <(echo a) | sed s/a/b/ | awk '{print $1 \"c\"}')$(nproc >/dev/null && "
			"echo d)$(cat <<<e)$(. /etc/os-release && echo ${ID:+f})\"\n"),
		0);
	assert_string_equal(conf.make, "bcdef");
}

static int parse(const char *data, size_t n, char **why)
{
	dkms_conf_release(&conf);
	return dkms_parse(&conf, &sample_tree, data, n, why);
}

static void torn(void **state)
{
	static const char whole[] = "PACKAGE_NAME\0"
				    "0\0"
				    "p\0"
				    "PACKAGE_VERSION\0"
				    "0\0"
				    "1\0"
				    "BUILT_MODULE_NAME\0"
				    "0\0"
				    "m\0"
				    "END\0\0";
	_cleanup_free_ char *why = NULL;

	(void)state;
	assert_int_equal(parse(whole, sizeof(whole), &why), 0);
	for (size_t n = 0; n < sizeof(whole); n++) {
		/* A copy of exactly this length, so that sanitizers see an overrun. */
		_cleanup_free_ char *copy = xmalloc(n + 1);
		_cleanup_free_ char *reason = NULL;
		char *data = copy;

		memcpy(data, whole, n);
		if (parse(data, n, &reason) != -EINVAL || !reason)
			fail_msg("%zu bytes were accepted as complete", n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(plain, sample_clear),
		cmocka_unit_test_setup(logic, sample_clear),
		cmocka_unit_test_setup(no_text_for_bash, sample_clear),
		cmocka_unit_test_setup(matches, sample_clear),
		cmocka_unit_test_setup(exclusive, sample_clear),
		cmocka_unit_test_setup(refused, sample_clear),
		cmocka_unit_test_setup(endless, sample_clear),
		cmocka_unit_test_setup(flooding, sample_clear),
		cmocka_unit_test_setup(harmful, sample_clear),
		cmocka_unit_test_setup(confined, sample_clear),
		cmocka_unit_test_setup(root, sample_clear),
		cmocka_unit_test_setup(tools, sample_clear),
		cmocka_unit_test_setup_teardown(torn, sample_clear, cleanup),
	};

	return cmocka_run_group_tests(tests, sample_start, sample_end);
}
