// SPDX-License-Identifier: GPL-2.0-only
#include "common/builder_wire.h"

#include "common/alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint32_t add_words(struct strbuf *out, char *const *words)
{
	uint32_t n = 0;

	for (; words && words[n]; n++)
		strbuf_add(out, words[n], strlen(words[n]) + 1);
	return n;
}

int builder_pack(struct builder_header *header, struct strbuf *out, const char *dir,
		 char *const *argv, char *const *env)
{
	strbuf_add(out, dir, strlen(dir) + 1);
	header->magic = BUILDER_MAGIC;
	header->n_argv = add_words(out, argv);
	header->n_env = add_words(out, env);
	if (out->len > BUILDER_MAX_SIZE)
		return -E2BIG;
	header->size = (uint32_t)out->len;
	return 0;
}

int builder_check(const struct builder_header *header)
{
	if (header->magic != BUILDER_MAGIC)
		return -EPROTO;
	return header->size > BUILDER_MAX_SIZE ? -E2BIG : 0;
}

/* The next string; NULL if no string is left. */
static char *next(char **rest, const char *end)
{
	char *word = *rest, *nul = memchr(word, '\0', (size_t)(end - word));

	if (!nul)
		return NULL;
	*rest = nul + 1;
	return word;
}

static char **next_words(char **rest, const char *end, uint32_t n)
{
	char **words;

	if (n > (size_t)(end - *rest)) /* each takes at least one byte */
		return NULL;
	words = xcalloc((size_t)n + 1, sizeof(*words));
	for (uint32_t i = 0; i < n; i++) {
		words[i] = next(rest, end);
		if (!words[i]) {
			free(words);
			return NULL;
		}
	}
	return words;
}

int builder_unpack(const struct builder_header *header, char *strings,
		   struct builder_command *command)
{
	const char *end = strings + header->size;

	*command = (struct builder_command){ .dir = next(&strings, end) };
	if (!command->dir || !header->n_argv)
		return -EBADMSG;
	command->argv = next_words(&strings, end, header->n_argv);
	if (command->argv)
		command->env = next_words(&strings, end, header->n_env);
	return command->env && strings == end ? 0 : -EBADMSG;
}

void builder_command_release(struct builder_command *command)
{
	free(command->argv);
	free(command->env);
}
