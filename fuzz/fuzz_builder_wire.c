// SPDX-License-Identifier: GPL-2.0-only
/* What a host sends to outpost-builder: the header, with the size of the rest, and the strings. */
#include "common/builder_wire.h"
#include "fuzz.h"

#include <string.h>

/* A command that was accepted is packed to the same bytes. */
static void send_again(const struct builder_header *header, const struct builder_command *command,
		       const uint8_t *strings)
{
	struct builder_header again = { 0 };
	struct strbuf out = STRBUF_INIT;

	MUST(builder_pack(&again, &out, command->dir, command->argv, command->env) == 0);
	MUST(builder_check(&again) == 0);
	MUST(again.n_argv == header->n_argv && again.n_env == header->n_env);
	MUST(again.size == header->size && memcmp(out.buf, strings, again.size) == 0);
	strbuf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct builder_command command = { 0 };
	struct builder_header header;
	char *strings;

	if (size < sizeof(header))
		return 0;
	memcpy(&header, data, sizeof(header));
	data += sizeof(header);
	size -= sizeof(header);
	MUST(builder_check(&header) == 0 || header.magic != BUILDER_MAGIC ||
	     header.size > BUILDER_MAX_SIZE);
	header.size = (uint32_t)size;
	strings = malloc(size ? size : 1); /* exactly this size, so that ASan sees an overrun */
	MUST(strings);
	memcpy(strings, data, size);
	if (builder_unpack(&header, strings, &command) == 0)
		send_again(&header, &command, data);
	builder_command_release(&command);
	free(strings);
	return 0;
}
