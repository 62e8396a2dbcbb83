// SPDX-License-Identifier: GPL-2.0-only
/*
 * The smallest module with something to test: it greets whom=, and checks its
 * own greeting when it is loaded.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include <outpost/ktap.h>

#define HELLO_SIZE 64

static char *whom = "world";
module_param(whom, charp, 0444);
MODULE_PARM_DESC(whom, "whom to greet, 1 to 55 characters (default: world)");

/* Writes the greeting to `buf`. Returns its length, or -EINVAL if `name` is empty or too long. */
static int hello_greeting(char *buf, size_t size, const char *name)
{
	int len;

	if (!*name)
		return -EINVAL;

	len = snprintf(buf, size, "Hello, %s!", name);
	return (size_t)len < size ? len : -EINVAL;
}

static void __init hello_selftest(void)
{
	char buf[16];
	struct ktap ktap;

	ktap_start(&ktap, "hello", 3);
	ktap_test(&ktap, "greets",
		  hello_greeting(buf, sizeof(buf), "Pi") == 10 && !strcmp(buf, "Hello, Pi!"));
	ktap_test(&ktap, "rejects an empty name", hello_greeting(buf, sizeof(buf), "") == -EINVAL);
	ktap_test(&ktap, "rejects a name that is too long",
		  hello_greeting(buf, sizeof(buf), "Raspberry") == -EINVAL);
	ktap_end(&ktap);
}

static int __init hello_init(void)
{
	char greeting[HELLO_SIZE];
	int r;

	hello_selftest();

	r = hello_greeting(greeting, sizeof(greeting), whom);
	if (r < 0) {
		pr_err("whom=%s: expected 1 to 55 characters\n", whom);
		return r;
	}

	pr_info("%s\n", greeting);
	return 0;
}

static void __exit hello_exit(void)
{
	pr_info("Goodbye, %s!\n", whom);
}

module_init(hello_init);
module_exit(hello_exit);

MODULE_DESCRIPTION("Outpost's smallest example");
MODULE_LICENSE("GPL");
