// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include "common/frame.h"
#include "common/proto.h"

#include <errno.h>
#include <string.h>

static size_t make(uint8_t *out, enum frame_type type, const char *payload)
{
	size_t n = strlen(payload);

	memcpy(out + FRAME_HEADER, payload, n);
	frame_header(out, type, payload, n);
	return FRAME_HEADER + n;
}

static void a_frame_comes_back(void **state)
{
	uint8_t data[64];
	size_t n = make(data, FRAME_ENTRY, "hello");
	struct frame frame;

	(void)state;
	assert_int_equal(frame_parse(data, n, &frame), 1);
	assert_int_equal(frame.type, FRAME_ENTRY);
	assert_int_equal(frame.total, n);
	assert_int_equal(frame.length, 5);
	assert_memory_equal(frame.payload, "hello", 5);
}

static void a_part_of_a_frame_waits_for_more(void **state)
{
	uint8_t data[64];
	size_t n = make(data, FRAME_REPLY, "hello");
	struct frame frame;

	(void)state;
	for (size_t i = 0; i < n; i++)
		assert_int_equal(frame_parse(data, i, &frame), 0);
}

static void every_flipped_bit_is_noticed(void **state)
{
	uint8_t data[64];
	size_t n = make(data, FRAME_REQUEST, "hello");
	struct frame frame;

	(void)state;
	for (size_t bit = 0; bit < 8 * n; bit++) {
		int r;

		data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		r = frame_parse(data, n, &frame);
		/*
		 * A longer length is noticed only when the bytes do not come; another known
		 * type is not damage.
		 */
		if (r == 1 && !(bit / 8 == 1))
			fail_msg("flipped bit %zu was not noticed", bit);
		data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void text_of_a_login_shell_is_no_frame(void **state)
{
	struct frame frame;

	(void)state;
	assert_int_equal(frame_parse((const uint8_t *)"Welcome!", 8, &frame), -EBADMSG);
	assert_int_equal(frame_parse((const uint8_t *)"W", 1, &frame), -EBADMSG);
}

static void a_length_past_the_limit_is_refused(void **state)
{
	uint8_t data[FRAME_HEADER] = { 0xf5, FRAME_ENTRY, 0, 0, 1, 0, 1, 0 }; /* 65537 */
	struct frame frame;

	(void)state;
	assert_int_equal(frame_parse(data, sizeof(data), &frame), -EBADMSG);
}

static void a_message_comes_back(void **state)
{
	static outpost_Request request, back;
	uint8_t data[PROTO_BUFFER];
	struct frame frame;
	ssize_t n;

	(void)state;
	request.which_body = outpost_Request_start_tag;
	proto_set(request.body.start.run, "20260102-1");
	request.body.start.indices_count = 2;
	request.body.start.indices[1] = 7;
	n = proto_pack(FRAME_REQUEST, outpost_Request_fields, &request, data);
	assert_true(n > FRAME_HEADER);
	assert_int_equal(frame_parse(data, (size_t)n, &frame), 1);
	assert_int_equal(proto_unpack(&frame, outpost_Request_fields, &back), 0);
	assert_string_equal(back.body.start.run, "20260102-1");
	assert_int_equal(back.body.start.indices_count, 2);
	assert_int_equal(back.body.start.indices[1], 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_comes_back),
		cmocka_unit_test(a_part_of_a_frame_waits_for_more),
		cmocka_unit_test(every_flipped_bit_is_noticed),
		cmocka_unit_test(text_of_a_login_shell_is_no_frame),
		cmocka_unit_test(a_length_past_the_limit_is_refused),
		cmocka_unit_test(a_message_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
