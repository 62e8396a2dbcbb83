// SPDX-License-Identifier: GPL-2.0-only
/*
 * How well klog finds reports: over a folder of logs with known answers, and
 * how fast. A log begins with headers (TITLE:, ALT:, CORRUPTED: Y) up to the
 * first empty line; one without TITLE holds nothing that may be reported.
 *
 *	klog_score FOLDER [-v]	recall, false alarms, agreement of functions
 *	klog_score --speed	MB/s (of processor time) on a clean log, half reports, the worst
 *lines
 */
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/klog.h"

#include <stdio.h>
#include <time.h>

#define MAX_ALTERNATIVES 8

struct answer {
	char *titles[MAX_ALTERNATIVES];
	size_t n;
	bool corrupted;
};

struct found {
	struct klog_report first;
	size_t n;
};

struct score {
	size_t logs, with_report, found, false_alarms, extra;
	size_t judged, agreed;
};

static void on_report(const struct klog_report *r, void *arg)
{
	struct found *f = arg;

	if (!f->n++ || r->start < f->first.start)
		f->first = *r;
}

static void read_header(struct answer *a, char *line)
{
	if ((strncmp(line, "TITLE: ", 7) == 0 || strncmp(line, "ALT: ", 5) == 0) &&
	    a->n < MAX_ALTERNATIVES)
		a->titles[a->n++] = xstrdup(strchr(line, ' ') + 1);
	else if (strcmp(line, "CORRUPTED: Y") == 0)
		a->corrupted = true;
}

/* Feeds what stands after the headers, which go to `a`. */
static void read_log(const char *path, struct answer *a, struct found *f)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct klog k;
	bool body = false;
	uint64_t number = 0;

	if (fs_read(path, &sb, 0) < 0)
		return;
	klog_init(&k, on_report, f);
	for (char *line = sb.buf, *nl; line < sb.buf + sb.len; line = nl + 1) {
		nl = memchr(line, '\n', (size_t)(sb.buf + sb.len - line));
		if (!nl)
			nl = sb.buf + sb.len;
		number++;
		if (body) {
			klog_feed(&k, line, (size_t)(nl - line), number);
			continue;
		}
		*nl = '\0';
		line[strcspn(line, "\r")] = '\0';
		body = !*line;
		read_header(a, line);
	}
	klog_flush(&k);
}

/* The function in a title, or NULL where it names none. */
static const char *function_of(const char *title)
{
	const char *in = NULL, *next = title;

	while ((next = strstr(next, " in ")) != NULL)
		in = next += 4;
	return in && strcmp(in, "corrupted") != 0 ? in : NULL;
}

static bool agrees(const struct answer *a, const char *function)
{
	for (size_t i = 0; i < a->n; i++) {
		const char *f = function_of(a->titles[i]);

		if (f && strcmp(f, function) == 0)
			return true;
	}
	return false;
}

static void judge(struct score *s, const char *name, const struct answer *a, const struct found *f,
		  bool verbose)
{
	const struct klog_report *r = &f->first;
	bool wrong = false;

	s->logs++;
	if (!a->n) {
		s->false_alarms += f->n > 0;
		wrong = f->n > 0;
	} else {
		s->with_report++;
		s->found += f->n > 0;
		s->extra += f->n > 1 ? f->n - 1 : 0;
		wrong = !f->n;
		if (!a->corrupted && function_of(a->titles[0])) {
			s->judged++;
			s->agreed += agrees(a, r->function);
			wrong |= !agrees(a, r->function);
		}
	}
	if (verbose && wrong)
		printf("%s: %s\n    found %zu: %s: %s in %s (%zu frames)\n", name,
		       a->n ? a->titles[0] : "(nothing)", f->n,
		       f->n ? klog_kind_name(r->kind) : "-", r->title, r->function, r->n);
}

static int score_folder(const char *dir, bool verbose)
{
	_cleanup_strv_ char **names = NULL;
	struct score s = { 0 };

	if (fs_list(dir, &names) < 0) {
		fprintf(stderr, "klog_score: cannot list %s\n", dir);
		return 2;
	}
	strv_foreach (name, names) {
		_cleanup_free_ char *path = xasprintf("%s/%s", dir, *name);
		struct answer a = { 0 };
		struct found f = { 0 };

		if (strncmp(*name, "README", 6) == 0)
			continue;
		read_log(path, &a, &f);
		judge(&s, *name, &a, &f, verbose);
		for (size_t i = 0; i < a.n; i++)
			free(a.titles[i]);
	}
	printf("logs             %zu\n", s.logs);
	printf("reports found    %zu of %zu\n", s.found, s.with_report);
	printf("false alarms     %zu of %zu\n", s.false_alarms, s.logs - s.with_report);
	printf("function agrees  %zu of %zu (%.1f%%) where one is known and the log is not "
	       "corrupted\n",
	       s.agreed, s.judged, s.judged ? 100.0 * (double)s.agreed / (double)s.judged : 0);
	printf("further reports  %zu\n", s.extra);
	return 0;
}

/* --- speed ---------------------------------------------------------------------- */

static const char clean[] =
	"[    1.234567] virtio_blk virtio1: [vda] 20480 512-byte logical blocks (10.5 MB/10.0 "
	"MiB)\n"
	"[    1.244567] usb 1-1: New USB device found, idVendor=0bda, idProduct=8153, "
	"bcdDevice=30.00\n"
	"[    1.254567] EXT4-fs (vda1): mounted filesystem with ordered data mode. Quota mode: "
	"none.\n"
	"[    1.264567] IPv6: ADDRCONF(NETDEV_CHANGE): eth0: link becomes ready\n"
	"[    1.274567] systemd[1]: Started systemd-udevd.service - Rule-based Manager for Device "
	"Events.\n"
	"[    1.284567] Bluetooth: hci0: BCM43455 37.4MHz Raspberry Pi 3+-0159\n";

static const char report[] =
	"[   12.000001] Unable to handle kernel NULL pointer dereference at virtual address "
	"0000000000000000\n"
	"[   12.000002] Internal error: Oops: 0000000096000044 [#1] SMP\n"
	"[   12.000003] CPU: 1 PID: 321 Comm: insmod Tainted: G           O       6.1.0 #1\n"
	"[   12.000004] pc : crash_init+0x2c/0x1000 [crash]\n"
	"[   12.000005] x29: ffff80000a4cbaa0 x28: ffff80000a4cbc20 x27: ffffd1c3b5b0a000\n"
	"[   12.000006] Call trace:\n"
	"[   12.000007]  crash_init+0x2c/0x1000 [crash]\n"
	"[   12.000008]  do_one_initcall+0x50/0x2b0\n"
	"[   12.000009]  do_init_module+0x50/0x210\n"
	"[   12.000010] ---[ end trace 0000000000000000 ]---\n";

static void measure(const char *what, const char *text, size_t n)
{
	struct found f = { 0 };
	struct timespec a, b;
	struct klog k;
	double s;
	int rounds = 0;

	klog_init(&k, on_report, &f);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	do {
		klog_feed(&k, text, n, (uint64_t)++rounds);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
		s = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
	} while (s < 1);
	klog_flush(&k);
	printf("%-28s %8.0f MB/s, %zu reports\n", what, (double)n * rounds / s / 1e6, f.n);
}

static void measure_repeated(const char *what, const char *a, const char *b)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;

	while (sb.len < 1 << 20) {
		strbuf_adds(&sb, a);
		strbuf_adds(&sb, b);
	}
	measure(what, sb.buf, sb.len);
}

static int measure_all(void)
{
	measure_repeated("clean log", clean, "");
	measure_repeated("half reports", clean, report);
	measure_repeated("near-matches", "BUG is not WARNING: \n",
			 "WARNING: INFO: task BUG: usin\n");
	measure_repeated("near-matches, no newline", "WARNING: ", "INFO: task ");
	measure_repeated("brackets, no newline", "[", "[ 1.");
	measure_repeated("stamps, no newline", "[    1.234567] ", "x ");
	measure_repeated("empty lines", "\n", "\n");
	measure_repeated("colours", "\x1b[1m", "\x1b[0m");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--speed") == 0)
		return measure_all();
	if (argc < 2) {
		fprintf(stderr, "usage: klog_score FOLDER [-v] | --speed\n");
		return 2;
	}
	return score_folder(argv[1], argc > 2);
}
