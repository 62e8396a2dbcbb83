// SPDX-License-Identifier: GPL-2.0-only
#include "agent/run/kmsg_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/*
 * Reads instead of seeking: only the number of the last record shows whether the first one
 * after it was overwritten.
 */
static void skip_to_end(struct kmsg_reader *reader)
{
	struct kmsg_record record;
	ssize_t n, last = 0;

	/*
	 * A failed read leaves the previous record in the buffer; only the last record is
	 * parsed.
	 */
	while ((n = read(reader->fd, reader->raw, sizeof(reader->raw) - 1)) > 0 ||
	       (n < 0 && (errno == EPIPE || errno == EINTR)))
		if (n > 0)
			last = n;
	if (last &&
	    kmsg_parse(reader->raw, (size_t)last, &record, reader->text, sizeof(reader->text)) == 0)
		reader->next = record.seq + 1;
}

int kmsg_reader_open(struct kmsg_reader *reader, bool from_start)
{
	reader->next = 0;
	reader->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (reader->fd < 0)
		return -errno;
	if (!from_start)
		skip_to_end(reader);
	return 0;
}

void kmsg_reader_close(struct kmsg_reader *reader)
{
	if (reader->fd >= 0)
		close(reader->fd);
	reader->fd = -1;
}

int kmsg_reader_next(struct kmsg_reader *reader, struct kmsg_record *record, uint64_t *lost)
{
	for (;;) {
		ssize_t n = read(reader->fd, reader->raw, sizeof(reader->raw) - 1);

		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue; /* the gap shows in the next record's number */
		if (n < 0)
			return -errno;
		reader->raw[n] = '\0';
		if (kmsg_parse(reader->raw, (size_t)n, record, reader->text, sizeof(reader->text)) <
		    0)
			continue; /* not a record, so nothing is missing */
		*lost = reader->next && record->seq > reader->next ? record->seq - reader->next : 0;
		reader->next = record->seq + 1;
		return 1;
	}
}
