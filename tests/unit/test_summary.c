// SPDX-License-Identifier: GPL-2.0-only
/* What a report says, in parts, and the sentence made from them. */
#include "unit.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "host/judge/summary.h"

#include <stdio.h>
#include <string.h>

static struct summary of(enum klog_kind kind, const char *title, const char *function,
			 const char *module)
{
	struct klog_report report = { .kind = kind };
	struct summary s = SUMMARY_INIT;

	snprintf(report.title, sizeof(report.title), "%s", title);
	snprintf(report.function, sizeof(report.function), "%s", function);
	snprintf(report.module, sizeof(report.module), "%s", module);
	summary_set_report(&s, &report);
	return s;
}

/* Releases the summary. */
static void expect(struct summary s, const char *text)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;

	summary_add_text(&s, "ring", &sb);
	assert_string_equal(sb.buf, text);
	summary_release(&s);
}

static void a_warning(const char *title, const char *what, const char *file, int line)
{
	struct summary s = of(KLOG_WARNING, title, "ring_stop", "ring");

	if (strcmp(s.what, what) != 0 || (file && !s.where.file) ||
	    (file && strcmp(s.where.file, file) != 0) || s.where.line != line)
		fail_msg("%s: '%s' at %s:%d", title, s.what, s.where.file, s.where.line);
	summary_release(&s);
}

/* As printed by kernels of different versions. */
static void a_warning_says_where_it_was(void **state)
{
	(void)state;
	a_warning("WARNING: CPU: 1 PID: 290 at /home/ada/ring.c:88 ring_stop+0x30/0x58 [ring]",
		  "WARNING", "/home/ada/ring.c", 88);
	a_warning("WARNING: CPU: 1 PID: 290 at ring.c:88 ring_stop+0x30/0x58 [ring]: still in use",
		  "WARNING: still in use", "ring.c", 88);
	a_warning("WARNING: CPU: 0 PID: 79 at mm/slub.c:3567 kfree (mm/slub.c:3567 mm/slub.c:4558)",
		  "WARNING", "mm/slub.c", 3567);
	a_warning("WARNING: drivers/ring.c:88 at ring_stop+0x60/0xf98 [ring], CPU#2: rmmod/912",
		  "WARNING", "drivers/ring.c", 88);
	a_warning(
		"WARNING: [n < 0] ring.c:18 at ring_stop+0x29/0x40 [ring], CPU#0: insmod/612: bad",
		"WARNING: bad", "ring.c", 18);
	a_warning("irq 47: nobody cared", "irq 47: nobody cared", NULL, 0);
	a_warning("WARNING: possible at all", "WARNING: possible at all", NULL, 0);
	a_warning("WARNING: CPU: 0 PID: 1 at x:99999999999",
		  "WARNING: CPU: 0 PID: 1 at x:99999999999", NULL, 0);
	a_warning("WARNING: at ", "WARNING: at ", NULL, 0);
	a_warning("WARNING: CPU: 0 PID: 1 at ", "WARNING: CPU: 0 PID: 1 at ", NULL, 0);
}

static void the_sentence_is_made_of_the_parts(void **state)
{
	struct summary s = of(KLOG_OOPS, "it died", "f", "");

	(void)state;
	s.doing = "testing";
	s.outcome = xstrdup("the board died");
	expect(s, "it died in f while testing ring; the board died");
	expect(of(KLOG_OOPS, "it died", "", ""), "it died");
	expect(of(KLOG_OOPS, "it died", "f", "ring"), "it died in f [ring]");
	expect(of(KLOG_WARNING, "WARNING: CPU: 0 PID: 1 at a/x.c:7 f+0x1/0x2", "f", "other"),
	       "WARNING in f [other] (x.c:7)");
	expect(of(KLOG_WARNING, "WARNING: CPU: 0 PID: 1 at a/x.c:7 f+0x1/0x2", "", ""),
	       "WARNING at x.c:7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_warning_says_where_it_was),
		cmocka_unit_test(the_sentence_is_made_of_the_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
