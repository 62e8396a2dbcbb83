// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measures the speed of klog, in MB per second of processor time: on a clean log,
 * on logs full of reports, and on the lines that cost most. Each may be up to 5
 * times slower than the clean log, and twice the input must take twice the time.
 * Exits with 1 if one is not.
 */
#include "common/cleanup.h"
#include "common/klog/klog.h"
#include "common/strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SIZE       (1 << 20)
#define ROUNDS     16    /* the fastest counts: the machine may have other load */
#define LEAST      200.0 /* MB/s of a clean log */
#define MOST       5.0   /* times slower than that */
#define NOT_LINEAR 1.5   /* times slower per byte on twice the input */

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

/* The text of a case repeats its parts; `line`: without newlines between them. */
static const struct {
	const char *what, *a, *b;
	bool line;
} cases[] = {
	{ "clean log", clean, "", false },
	{ "clean, without timestamps",
	  "usb 1-1: New USB device found, idVendor=0bda, idProduct=8153\n",
	  "EXT4-fs (vda1): mounted filesystem with ordered data mode.\n", false },
	{ "half reports", clean, report, false },
	{ "only reports", report, "", false },
	{ "near: words of headers", "BUG is not WARNING: \n", "WARNING: INFO: task BUG: usin\n",
	  false },
	{ "near: BUG: and no dump", "[    1.234567] BUG: something is odd here\n", "", false },
	{ "near: BUG, bare", "BUG: x\n", "", false },
	{ "near: BUG, shortest", "BUG: xyz\n", "", false },
	{ "near: WARNING: and no dump", "WARNING: nothing\n", "", false },
	{ "near: INFO: task", "INFO: task blocked\n", "", false },
	{ "near: Call Trace:", "Call Trace:\n", "", false },
	{ "near: Unable to handle", "Unable to handle kerne\n", "", false },
	{ "near: Internal error", "Internal error: none\n", "", false },
	{ "near: Oops", "Oops: 0000 [\n", "Oops - [\n", false },
	{ "near: cut here", "------------[ cut here ]------------\n", "", false },
	{ "near: CPU", "CPU 0 is not up\n", "CPU: \n", false },
	{ "near: rcu: INFO: rcu", "rcu: INFO: rcu_sched is fine\n", "", false },
	{ "near: watchdog:", "watchdog: BUG: soft\n", "NMI watchdog: \n", false },
	{ "near: frames", " func+0x10/0x20\n", " [<ffff000012345678>] func\n", false },
	{ "near: letters of headers", "B\nW\nI\nU\n", "O\nr\nl\nC\n", false },
	{ "near: 1 MB of BUG:", "BUG: ", "", true },
	{ "near: 1 MB of WARNING:", "WARNING: ", "INFO: task ", true },
	{ "near: 1 MB of mem", "mem: ", "", true },
	{ "1 MB of [", "[", "[ 1.", true },
	{ "1 MB of <", "<", "", true },
	{ "1 MB of stamps", "[    1.234567] ", "x ", true },
	{ "1 MB of stamps cut off", "[    1.234567", "", true },
	{ "1 MB of from", "a from ", "", true },
	{ "1 MB of digits", "0123456789", "", true },
	{ "stamps without an end", "[    1.234567 \n", "[   12\n", false },
	{ "brackets", "[[[[[[[[\n", "[ [ [ [\n", false },
	{ "dates without an end", "Nov 22 20:34:0\n", "2023-11-22T20:34:\n", false },
	{ "prefixes of every kind", "<4>[    1.234567][  T123] Nov 22 20:34:01 pi kernel: x\n", "",
	  false },
	{ "empty lines", "\n", "", false },
	{ "lines of one letter", "x\n", "", false },
	{ "blanks", "    \n", "", false },
	{ "CR LF", "EXT4-fs (vda1): mounted filesystem\r\n", "", false },
	{ "CR", "x\r", "", true },
	{ "NULs", "EXT4-fs%0", "%0%0%0", true },
	{ "colours", "\x1b[33mEXT4-fs:\x1b[0m mounted\n", "", false },
	{ "1 MB of colours", "\x1b[1m", "\x1b[0m", true },
};

static void on_report(const struct klog_report *r, void *arg)
{
	(void)r;
	++*(uint64_t *)arg;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Sets *best to the seconds that the text takes, if that is less. */
static void measure(const char *text, size_t n, double *best, uint64_t *reports)
{
	struct klog k;
	double begin = seconds(), s;

	*reports = 0;
	klog_init(&k, on_report, reports);
	for (const char *p = text, *nl; p < text + n; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(text + n - p));
		nl = nl ? nl : text + n;
		klog_feed(&k, p, (size_t)(nl - p), 1);
	}
	klog_flush(&k);
	s = seconds() - begin;
	*best = s < *best ? s : *best;
}

/* "%0" is a NUL. */
static void add(struct strbuf *sb, const char *part)
{
	for (; *part; part++) {
		bool is_nul = part[0] == '%' && part[1] == '0';

		strbuf_add(sb, is_nul ? "" : part, 1);
		part += is_nul;
	}
}

static void repeat(struct strbuf *sb, size_t i)
{
	while (sb->len < 2 * SIZE) {
		add(sb, cases[i].a);
		add(sb, cases[i].b);
	}
}

/* The clean log is measured next to each case, because other load changes all the time. */
static bool measure_case(size_t i, const struct strbuf *clean_log)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;
	double once = 1e9, twice = 1e9, clean_once = 1e9, speed, factor, growth;
	uint64_t reports;
	size_t half;

	repeat(&sb, i);
	half = sb.len / 2;
	for (int round = 0; round < ROUNDS; round++) {
		measure(clean_log->buf, clean_log->len / 2, &clean_once, &reports);
		measure(sb.buf, sb.len, &twice, &reports);
		measure(sb.buf, half, &once, &reports);
	}
	speed = (double)half / once / 1e6;
	growth = twice < 0.001 ? 1 : twice / once / 2; /* else it would be the speed of memory */
	factor = speed > 0 ? (double)clean_log->len / 2 / clean_once / 1e6 / speed : 0;
	printf("%-28s %8.0f MB/s %6.1fx %6llu reports%s%s\n", cases[i].what, speed, factor,
	       (unsigned long long)reports, factor > MOST ? "  TOO SLOW" : "",
	       growth > NOT_LINEAR ? "  NOT LINEAR" : "");
	return factor <= MOST && growth <= NOT_LINEAR && (i || speed >= LEAST);
}

/* With an argument: only the clean log, and cases with that word in their names. */
int main(int argc, char **argv)
{
	_cleanup_(strbuf_release) struct strbuf clean_log = STRBUF_INIT;
	bool ok = true;

	repeat(&clean_log, 0);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (!i || argc < 2 || strstr(cases[i].what, argv[1]))
			ok &= measure_case(i, &clean_log);
	return ok ? 0 : 1;
}
