// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whole reports of many kernels, tests/data/klog/NAME.log, with the answers at
 * the top of each, one line a report, up to the first empty line:
 *
 *	REPORT: KIND FUNCTION|-|* [MODULE] fatal corrupted	"*": any function
 *	ACCESS: read		of the first report
 *	RAW: Y			has prefixes of its own
 *
 * A log must give the same answers in every form that tools give to one.
 */
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/klog/klog.h"
#include "common/strbuf.h"
#include "common/strv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER    "tests/data/klog"
#define MAX_FOUND 8

struct log {
	char answers[1024], *text;
	char access[8];
	bool raw;
};

struct found {
	char answers[1024], access[8];
	size_t n;
};

static void on_report(const struct klog_report *r, void *arg)
{
	struct found *f = arg;
	size_t used = strlen(f->answers);

	if (!f->n++)
		strcpy(f->access, r->access);
	snprintf(f->answers + used, sizeof(f->answers) - used, "%s %s%s%s%s%s%s\n",
		 klog_kind_name(r->kind), *r->function ? r->function : "-", *r->module ? " [" : "",
		 r->module, *r->module ? "]" : "", r->fatal ? " fatal" : "",
		 r->corrupted ? " corrupted" : "");
}

static void read_log(struct log *log, const char *name)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;
	_cleanup_free_ char *path = xasprintf(FOLDER "/%s", name);
	char *line, *nl;

	memset(log, 0, sizeof(*log));
	assert_int_equal(fs_read(path, &sb, 0), 0);
	for (line = sb.buf; (nl = strchr(line, '\n')) && nl > line; line = nl + 1) {
		*nl = '\0';
		if (strncmp(line, "REPORT: ", 8) == 0) {
			strcat(log->answers, line + 8);
			strcat(log->answers, "\n");
		} else if (strncmp(line, "ACCESS: ", 8) == 0) {
			snprintf(log->access, sizeof(log->access), "%s", line + 8);
		} else {
			log->raw |= strcmp(line, "RAW: Y") == 0;
		}
	}
	log->text = xstrdup(nl ? nl + 1 : "");
}

/* --- the forms of a log ------------------------------------------------------------- */

/* Formats a line like `how`; `n` is its number. `line` ends at its newline. */
static void form(struct strbuf *sb, const char *how, const char *line, unsigned int n)
{
	for (const char *p = how; *p; p++) {
		const char *colon = strstr(line, ": ");

		if (*p != '%') {
			strbuf_add(sb, p, 1);
			continue;
		}
		switch (*++p) {
		case 'l': strbuf_adds(sb, line); break;      /* the line */
		case 'u': strbuf_addf(sb, "%06u", n); break; /* microseconds, six digits */
		case 'n': strbuf_addf(sb, "%u", n); break;
		case '0': strbuf_add(sb, "", 1); break;
		case 'k': /* the line as dmesg(1) colours it: the part before ": " separately */
			if (colon && colon - line < 30) {
				strbuf_adds(sb, "\x1b[33m");
				strbuf_add(sb, line, (size_t)(colon - line) + 1);
				line = colon + 1;
				strbuf_adds(sb, "\x1b[0m");
			}
			strbuf_addf(sb, "\x1b[1;31m%s\x1b[0m", line);
			break;
		}
	}
}

static const struct form {
	const char *what, *how;
	bool bare; /* only for logs without prefixes of their own */
} forms[] = {
	{ "as it is", "%l\n", false },
	{ "CR LF", "%l\r\n", false },
	{ "CR CR LF", "%l\r\r\n", false },
	{ "LF CR", "%l\n\r", false },
	{ "CR", "%l\r", false },
	{ "dmesg", "[   12.%u] %l\n", true },
	{ "dmesg -x", "kern  :warn  : [   12.%u] %l\n", true },
	{ "dmesg -T", "[Wed Nov  5 20:34:01 2025] %l\n", true },
	{ "dmesg -T in French", "[mer. nov.  5 20:34:01 2025] %l\n", true },
	{ "dmesg -T in Chinese", "[三 11月  5 20:34:01 2025] %l\n", true },
	{ "dmesg -d", "[   12.%u <    0.000001>] %l\n", true },
	{ "dmesg -dT", "[Wed Nov  5 20:34:01 2025 <    0.000001>] %l\n", true },
	{ "dmesg -e, first", "[Nov 5 20:34] %l\n", true },
	{ "dmesg -e", "[  +0.%u] %l\n", true },
	{ "dmesg -e in German", "[  +0,%u] %l\n", true },
	{ "dmesg --time-format iso", "2025-11-05T20:34:01,%u+00:00 %l\n", true },
	{ "dmesg --time-format delta", "[<    0.%u>] %l\n", true },
	{ "dmesg -r", "<4>[   12.%u] %l\n", true },
	{ "dmesg -r of user space", "<14>[   12.%u] %l\n", true },
	{ "dmesg -L", "\x1b[32m[   12.%u] \x1b[0m%k\n", true },
	{ "dmesg -LT", "\x1b[32m[Wed Nov  5 20:34:01 2025] \x1b[0m%k\n", true },
	{ "dmesg -t -L", "%k\n", true },
	{ "PRINTK_CALLER", "[   12.%u][  T412] %l\n", true },
	{ "PRINTK_CALLER, a CPU", "[   12.%u][    C1] %l\n", true },
	{ "PRINTK_CALLER, dmesg", "[   12.%u] [  T412] %l\n", true },
	{ "journalctl -k", "Nov 05 20:34:01 raspberrypi kernel: %l\n", true },
	{ "journalctl -k in French", "janv. 05 20:34:01 raspberrypi kernel: %l\n", true },
	{ "journalctl -k in Polish", "sty 05 20:34:01 raspberrypi kernel: %l\n", true },
	{ "journalctl -k in Chinese", "1月 05 20:34:01 raspberrypi kernel: %l\n", true },
	{ "logread of OpenWrt", "Tue Nov  5 20:34:01 2025 kern.warn kernel: [   12.%u] %l\n",
	  true },
	{ "journalctl -k -o short-precise", "Nov 05 20:34:01.%u raspberrypi kernel: %l\n", true },
	{ "journalctl -k -o short-iso", "2025-11-05T20:34:01+0100 raspberrypi kernel: %l\n", true },
	{ "journalctl -k -o short-iso-precise",
	  "2025-11-05T20:34:01.%u+01:00 raspberrypi kernel: %l\n", true },
	{ "journalctl -k -o short-full", "Wed 2025-11-05 20:34:01 UTC raspberrypi kernel: %l\n",
	  true },
	{ "journalctl -k -o short-monotonic", "[   12.%u] raspberrypi kernel: %l\n", true },
	{ "journalctl -k -o short-unix", "1762374841.%u raspberrypi kernel: %l\n", true },
	{ "syslog", "Nov  5 20:34:01 raspberrypi kernel: [   12.%u] %l\n", true },
	{ "syslog of 2024", "2025-11-05T20:34:01.%u+00:00 raspberrypi kernel: [   12.%u] %l\n",
	  true },
	{ "syslog of BusyBox", "Nov  5 20:34:01 raspberrypi kern.alert kernel: [   12.%u] %l\n",
	  true },
	{ "syslog of RFC 5424",
	  "<4>1 2025-11-05T20:34:01.%u+00:00 raspberrypi kernel - - - [   12.%u] %l\n", true },
	{ "without time and host", "kernel: %l\n", true },
	{ "/dev/kmsg", "4,%n,12%u,-;%l\n", true },
	{ "/dev/kmsg, dictionaries", "4,%n,12%u,-;%l\n SUBSYSTEM=usb\n DEVICE=c189:3\n", true },
	{ "/dev/kmsg, PRINTK_CALLER", "4,%n,12%u,-,caller=T412;%l\n", true },
	{ "logcat of a serial server", "[2025-11-05 20:34:01.123] [   12.%u] %l\r\n", true },
	{ "ts(1)", "Nov 05 20:34:01 [   12.%u] %l\n", true },
	{ "ts -i", "00:00:01 [   12.%u] %l\n", true },
	{ "a vendor's", "<4>[   12.%u]  [2:         insmod: 4123] %l\n", true },
	{ "a vendor's, interrupt", "[   12.%u] I[0:      swapper/0:    0] %l\n", true },
	{ "NULs", "%0%0[   12.%u] %l%0\n", true },
	{ "KTAP between", "[   12.%u] %l\n    # hello: a line of its own\n", true },
	{ "KTAP, indented", "    [   12.%u] %l\n", true },
	{ "# of kunit.py", "# [   12.%u] %l\n", true },
	{ "a login prompt before", "raspberrypi login: [   12.%u] %l\n", true },
};

static void change(struct strbuf *sb, const struct form *f, const struct log *log)
{
	_cleanup_free_ char *text = xstrdup(log->text);
	unsigned int n = 0;

	for (char *line = text, *nl; *line; line = nl + 1) {
		nl = strchr(line, '\n');
		*nl = '\0';
		form(sb, f->how, line, ++n);
	}
}

static void feed(struct found *f, const char *text, size_t n)
{
	const char *end = text + n, *nl;
	uint64_t number = 0;
	struct klog k;

	memset(f, 0, sizeof(*f));
	klog_init(&k, on_report, f);
	for (; text < end; text = nl + 1) {
		nl = memchr(text, '\n', (size_t)(end - text));
		nl = nl ? nl : end;
		klog_feed(&k, text, (size_t)(nl - text), ++number);
	}
	klog_flush(&k);
	assert_int_equal(k.begun, f->n);
}

/* "*" as a function matches any. */
static bool agree(const char *expected, const char *answers)
{
	for (; *expected && *answers; expected++, answers++) {
		if (*expected == '*')
			answers += strcspn(answers, " \n") - 1;
		else if (*expected != *answers)
			return false;
	}
	return *expected == *answers;
}

static bool check(const char *name, const struct log *log, const struct form *form)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct found f;

	change(&sb, form, log);
	feed(&f, sb.buf, sb.len);
	if (agree(log->answers, f.answers) && (!*log->access || strcmp(log->access, f.access) == 0))
		return true;
	print_message("%s, %s\n  expected %s%s  found %s%s", name, form->what, log->access,
		      log->answers, f.access, f.answers);
	if (!*f.answers)
		print_message("nothing\n");
	return false;
}

static size_t check_all(const struct form *form, size_t *wrong)
{
	_cleanup_strv_ char **names = NULL;
	size_t n = 0;

	assert_true(fs_list(FOLDER, &names) >= 0);
	strv_foreach (name, names) {
		struct log log;

		read_log(&log, *name);
		if (!form->bare || !log.raw) {
			n++;
			*wrong += !check(*name, &log, form);
		}
		free(log.text);
	}
	return n;
}

static void test_logs(void **state)
{
	size_t wrong = 0, n = check_all(&forms[0], &wrong);

	(void)state;
	print_message("%zu of %zu logs right\n", n - wrong, n);
	assert_true(n > 0);
	assert_int_equal(wrong, 0);
}

static void test_forms(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 1; i < ARRAY_SIZE(forms); i++) {
		size_t before = wrong, n = check_all(&forms[i], &wrong);

		if (wrong > before)
			print_message("%s: %zu of %zu wrong\n", forms[i].what, wrong - before, n);
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_logs),
		cmocka_unit_test(test_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
