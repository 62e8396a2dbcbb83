// SPDX-License-Identifier: GPL-2.0-only
#include "agent/run/supervisor.h"
#include "common/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOG_LIMIT    (2u << 20) /* bytes in the journal for one module: kernel log, output */
#define OUTPUT_LIMIT (1u << 20)
#define ENTRY_COST   40 /* overhead per entry: many short entries must not fill the disk either */
#define FEED_MS      1000
#define BEAT_US      (5 * 1000 * 1000)

outpost_Entry *watch_entry(struct supervisor *s, pb_size_t tag)
{
	memset(&s->entry, 0, sizeof(s->entry));
	s->entry.which_body = tag;
	return &s->entry;
}

void watch_write(struct supervisor *s, bool sync)
{
	if (journal_append(&s->journal, &s->entry) == 0 && sync)
		journal_sync(&s->journal);
	if (sync) /* also a sign of life */
		s->beat_us = boottime_us();
}

void watch_note(struct supervisor *s, const char *fmt, ...)
{
	outpost_Entry *e = watch_entry(s, outpost_Entry_note_tag);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->body.note.text, sizeof(e->body.note.text), fmt, ap);
	va_end(ap);
	watch_write(s, false);
}

static void write_lost(struct supervisor *s, uint64_t first, uint64_t count, bool kept_back)
{
	outpost_Lost *lost = &watch_entry(s, outpost_Entry_lost_tag)->body.lost;

	*lost = (outpost_Lost){ .first = first, .count = count, .kept_back = kept_back };
	watch_write(s, false);
}

static void write_record(struct supervisor *s, const struct kmsg_record *record)
{
	outpost_Record *r = &watch_entry(s, outpost_Entry_record_tag)->body.record;
	size_t n = record->len < sizeof(r->text.bytes) ? record->len : sizeof(r->text.bytes);

	r->sequence = record->seq;
	r->level = (uint32_t)record->level;
	r->time_us = record->usec;
	r->continuation = record->continuation;
	r->user = record->facility != 0;
	r->text.size = (pb_size_t)n;
	memcpy(r->text.bytes, record->text, n);
	watch_write(s, false);
	s->log_bytes += n + ENTRY_COST;
}

static void take_record(struct supervisor *s, const struct kmsg_record *record, uint64_t lost)
{
	if (lost)
		write_lost(s, record->seq - lost, lost, false);
	/* Text that user space wrote to /dev/kmsg is not from the kernel. */
	if (record->facility == 0)
		klog_feed(&s->klog, record->text, record->len, record->seq);
	if (s->log_bytes < LOG_LIMIT) {
		write_record(s, record);
		return;
	}
	if (!s->kept_back++)
		s->kept_back_first = record->seq;
}

static int take_records(struct supervisor *s, unsigned int limit)
{
	struct kmsg_record record;
	uint64_t lost;
	int r = 0;

	while (s->has_log && limit-- && (r = kmsg_reader_next(&s->log, &record, &lost)) > 0)
		take_record(s, &record, lost);
	if (r < 0) {
		watch_note(s, "The kernel log can no longer be read: %s", strerror(-r));
		s->has_log = false;
	}
	return r;
}

void watch_drain(struct supervisor *s)
{
	/* Bounded: an endless flood must not keep the supervisor here. */
	take_records(s, 20000);
	if (s->kept_back) {
		write_lost(s, s->kept_back_first, s->kept_back, true);
		s->kept_back = 0;
	}
}

static void take_output(struct supervisor *s, struct step *step)
{
	/*
	 * Bounded by the size of a pipe: a flood must not keep us from the clock and the
	 * watchdog.
	 */
	for (int i = 0; i < 128; i++) {
		outpost_Output *out = &watch_entry(s, outpost_Entry_output_tag)->body.output;
		ssize_t n = read(step->output_fd, out->data.bytes, sizeof(out->data.bytes));

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			close(step->output_fd);
			step->output_fd = -1;
			return;
		}
		if (s->output_bytes >= OUTPUT_LIMIT)
			continue;
		s->output_bytes += (uint64_t)n + ENTRY_COST;
		out->data.size = (pb_size_t)n;
		out->truncated = s->output_bytes >= OUTPUT_LIMIT;
		watch_write(s, false);
	}
}

static int time_left_ms(uint64_t deadline_us)
{
	uint64_t now = boottime_us();

	if (now >= deadline_us)
		return 0;
	return deadline_us - now > FEED_MS * 1000 ? FEED_MS
						  : (int)((deadline_us - now + 999) / 1000);
}

/*
 * Writes a sign of life to the disk: if the link dies and somebody switches the board off, it
 * shows that the board had not hung.
 */
static void beat(struct supervisor *s)
{
	if (boottime_us() - s->beat_us < BEAT_US)
		return;
	watch_entry(s, outpost_Entry_alive_tag);
	watch_write(s, true);
}

enum watch_end watch_wait(struct supervisor *s, struct step *step, uint64_t deadline_us,
			  bool cancellable)
{
	for (;;) {
		struct pollfd fds[] = {
			{ .fd = s->has_log ? s->log.fd : -1, .events = POLLIN },
			{ .fd = step ? step->output_fd : -1, .events = POLLIN },
			{ .fd = step ? step->pidfd : -1, .events = POLLIN },
		};
		int left = time_left_ms(deadline_us);

		if (supervisor_alone)
			supervisor_take_over(s);
		if (cancellable && supervisor_cancelled)
			return WATCH_CANCELLED;
		guard_feed(&s->guard);
		beat(s);
		if (poll(fds, 3, left) < 0 && errno != EINTR)
			return WATCH_LATE;
		if (fds[0].revents)
			take_records(s, 1000);
		if (fds[1].revents)
			take_output(s, step);
		if (fds[2].revents) {
			if (step->output_fd >= 0)
				take_output(s, step);
			return WATCH_ENDED;
		}
		if (left == 0)
			return WATCH_LATE;
	}
}
