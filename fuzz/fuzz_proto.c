// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data from a connection, up to the message: frames in pieces of any size,
 * requests as the agent reads them, replies and entries as the host does. No
 * fuzzer would get past the checksums of frames, so the input is the frames, each
 * as its type and its length in two bytes (little-endian), and is framed here.
 * The raw input is also read as a connection.
 */
#include "fuzz.h"

#include "common/alloc.h"
#include "common/proto.h"
#include "common/strbuf.h"

#include <errno.h>
#include <pb_common.h>
#include <string.h>

union message {
	outpost_Request request;
	outpost_Reply reply;
	outpost_Entry entry;
};

/* The message of this type of frame; NULL: its payload is not a message. */
static const pb_msgdesc_t *fields_of(enum frame_type type)
{
	switch (type) {
	case FRAME_REQUEST: return outpost_Request_fields;
	case FRAME_REPLY: return outpost_Reply_fields;
	case FRAME_ENTRY: return outpost_Entry_fields;
	default: return NULL;
	}
}

static void check_message(const pb_msgdesc_t *fields, void *message);

static void check_value(const pb_field_iter_t *field, const uint8_t *value)
{
	const pb_bytes_array_t *bytes = (const void *)value;

	switch (PB_LTYPE(field->type)) {
	case PB_LTYPE_STRING: MUST(memchr(value, '\0', field->data_size)); break;
	case PB_LTYPE_BYTES:
		MUST(bytes->size <= field->data_size - offsetof(pb_bytes_array_t, bytes));
		break;
	case PB_LTYPE_SUBMESSAGE: check_message(field->submsg_desc, (void *)value); break;
	default: break;
	}
}

/* proto.h promises that an accepted message stays within its bounds, whatever was sent. */
static void check_message(const pb_msgdesc_t *fields, void *message)
{
	pb_field_iter_t field;

	if (!pb_field_iter_begin(&field, fields, message))
		return;
	do {
		size_t n = 1;

		MUST(PB_ATYPE(field.type) == PB_ATYPE_STATIC);
		if (PB_HTYPE(field.type) == PB_HTYPE_ONEOF)
			n = *(pb_size_t *)field.pSize == field.tag;
		else if (PB_HTYPE(field.type) == PB_HTYPE_REPEATED)
			n = *(pb_size_t *)field.pSize;
		MUST(n <= 1 || n <= field.array_size);
		for (size_t i = 0; i < n; i++)
			check_value(&field, (uint8_t *)field.pData + i * field.data_size);
	} while (pb_field_iter_next(&field));
}

/* It packs to the same message again: either side can write what it accepted into a journal. */
static void check_again(const struct frame *frame, const pb_msgdesc_t *fields,
			const union message *message)
{
	static union message again;
	uint8_t first[PROTO_BUFFER], second[PROTO_BUFFER];
	ssize_t n = proto_pack(frame->type, fields, message, first);
	struct frame packed;

	MUST(n >= FRAME_HEADER);
	MUST(frame_parse(first, (size_t)n, &packed) == 1 && packed.total == (size_t)n);
	memset(&again, 0, sizeof(again));
	MUST(packed.type == frame->type && proto_unpack(&packed, fields, &again) == 0);
	MUST(proto_pack(frame->type, fields, &again, second) == n);
	MUST(memcmp(first, second, (size_t)n) == 0);
}

static void take(const struct frame *frame)
{
	static union message message;
	const pb_msgdesc_t *fields = fields_of(frame->type);

	if (!fields)
		return;
	memset(&message, 0, sizeof(message));
	if (proto_unpack(frame, fields, &message) < 0)
		return;
	check_message(fields, &message);
	check_again(frame, fields, &message);
}

/*
 * Reads frames as serve.c and session_link.c do, with what has arrived so far
 * and not a byte more. *used: bytes of whole frames. Returns the state of the rest:
 * 0 or -EBADMSG.
 */
static int feed(const uint8_t *data, size_t size, size_t piece, size_t *used, size_t *frames)
{
	uint8_t *have = NULL;
	size_t n = 0;
	int r = 0;

	*used = *frames = 0;
	while (r == 0 && size) {
		struct frame frame;
		size_t more = piece && piece < size ? piece : size, at = 0;

		have = xreallocarray(have, n + more, 1); /* exact, so that ASan sees an overrun */
		memcpy(have + n, data, more);
		n += more;
		data += more;
		size -= more;
		while ((r = frame_parse(have + at, n - at, &frame)) > 0) {
			MUST(frame.total == frame.length + FRAME_HEADER && frame.total <= n - at);
			MUST(frame.length <= FRAME_MAX);
			take(&frame);
			at += frame.total;
			++*frames;
		}
		MUST(r == 0 || r == -EBADMSG);
		memmove(have, have + at, n - at);
		n -= at;
		*used += at;
	}
	free(have);
	return r;
}

static void receive(const uint8_t *data, size_t size, size_t piece)
{
	size_t used, frames, used_at_once, frames_at_once;
	int at_once = feed(data, size, 0, &used_at_once, &frames_at_once);

	/* The size of the pieces makes no difference. */
	MUST(feed(data, size, piece, &used, &frames) == at_once);
	MUST(used == used_at_once && frames == frames_at_once && used <= size);
}

static void frame_messages(const uint8_t *data, size_t size, struct strbuf *stream)
{
	while (size >= 3) {
		size_t n = data[1] | (size_t)data[2] << 8;
		uint8_t header[FRAME_HEADER];
		enum frame_type type = data[0];

		data += 3;
		size -= 3;
		n = n < size ? n : size;
		frame_header(header, type, data, n);
		strbuf_add(stream, header, sizeof(header));
		strbuf_add(stream, data, n);
		data += n;
		size -= n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strbuf stream = STRBUF_INIT;
	size_t piece = size ? 1 + data[size - 1] : 1;

	frame_messages(data, size, &stream);
	receive((const uint8_t *)stream.buf, stream.len, piece);
	receive(data, size, piece);
	strbuf_release(&stream);
	return 0;
}
