// SPDX-License-Identifier: GPL-2.0-only
#include "common/proto.h"

#include <errno.h>
#include <pb_decode.h>
#include <pb_encode.h>
#include <stdio.h>

_Static_assert(outpost_Request_size + FRAME_HEADER <= PROTO_BUFFER, "PROTO_BUFFER is too small");
_Static_assert(outpost_Entry_size + FRAME_HEADER <= PROTO_BUFFER, "PROTO_BUFFER is too small");
_Static_assert(outpost_Reply_size + FRAME_HEADER <= PROTO_BUFFER, "PROTO_BUFFER is too small");

ssize_t proto_pack(enum frame_type type, const pb_msgdesc_t *fields, const void *message,
		   uint8_t out[PROTO_BUFFER])
{
	pb_ostream_t stream =
		pb_ostream_from_buffer(out + FRAME_HEADER, PROTO_BUFFER - FRAME_HEADER);

	if (!pb_encode(&stream, fields, message))
		return -EMSGSIZE;
	frame_header(out, type, out + FRAME_HEADER, stream.bytes_written);
	return (ssize_t)(FRAME_HEADER + stream.bytes_written);
}

int proto_unpack(const struct frame *frame, const pb_msgdesc_t *fields, void *message)
{
	pb_istream_t stream = pb_istream_from_buffer(frame->payload, frame->length);

	return pb_decode(&stream, fields, message) ? 0 : -EBADMSG;
}

void proto_copy(char *field, size_t size, const char *text)
{
	snprintf(field, size, "%s", text);
}
