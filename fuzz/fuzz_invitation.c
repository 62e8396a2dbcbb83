// SPDX-License-Identifier: GPL-2.0-only
/*
 * Invitations: what a board and its gateway send, and what an administrator's card has. The first
 * byte chooses. What is read must be of a form that can be written into authorized_keys, known_hosts,
 * and arguments of ssh; written again, it is read as the same.
 */
#include "common/invitation.h"
#include "fuzz.h"
#include "host/board/board_behind.h"
#include "host/tunnel/card.h"

#include <string.h>

static void check_key(const struct ssh_key *key, enum ssh_key_use use)
{
	struct ssh_key again;
	struct text text = { key->text, strlen(key->text) };
	size_t blanks = 0;

	MUST(text.n < sizeof(key->text));
	for (size_t i = 0; i < text.n; i++) {
		MUST(text.p[i] >= ' ' && text.p[i] < 0x7f && !strchr("\"',\\#", text.p[i]));
		blanks += text.p[i] == ' ';
	}
	MUST(blanks == 1);
	MUST(ssh_key_parse(&again, text, use) && strcmp(again.text, key->text) == 0);
}

static void try_request(struct text t)
{
	struct strbuf out = STRBUF_INIT, why = STRBUF_INIT;
	struct invitation_request request, again;

	if (invitation_read_request(&request, t, &why)) {
		check_key(&request.key, SSH_KEY_LOGIN);
		MUST(request.n_host_keys >= 1 && request.n_host_keys <= INVITATION_HOST_KEYS);
		for (size_t i = 0; i < request.n_host_keys; i++)
			check_key(&request.host_keys[i], SSH_KEY_HOST);
		for (size_t i = 0; i < request.n_logins; i++)
			MUST(tunnel_is_login(request.logins[i]));
		invitation_write_request(&out, &request);
		MUST(invitation_read_request(&again, (struct text){ out.buf, out.len }, &why));
		MUST(memcmp(&again, &request, sizeof(again)) == 0);
	} else {
		MUST(why.len);
	}
	strbuf_release(&out);
	strbuf_release(&why);
}

static void try_reply(struct text t)
{
	struct strbuf out = STRBUF_INIT, why = STRBUF_INIT;
	struct invitation_reply reply, again;

	if (invitation_read_reply(&reply, t, &why) && reply.ok) {
		MUST(tunnel_is_name(reply.name) && tunnel_is_login(reply.account));
		for (size_t i = 0; i < reply.n_host_keys; i++)
			check_key(&reply.host_keys[i], SSH_KEY_HOST);
		invitation_write_reply(&out, &reply);
		MUST(invitation_read_reply(&again, (struct text){ out.buf, out.len }, &why));
		MUST(memcmp(&again, &reply, sizeof(again)) == 0);
	}
	MUST(memchr(reply.error, '\0', sizeof(reply.error)));
	strbuf_release(&out);
	strbuf_release(&why);
}

static void try_invitation(struct text t)
{
	struct strbuf out = STRBUF_INIT, why = STRBUF_INIT;
	struct invitation invitation, again;

	if (invitation_read(&invitation, t, &why)) {
		MUST(tunnel_is_name(invitation.name) && tunnel_is_host(invitation.gateway));
		MUST(invitation.port >= 1 && invitation.port <= 65535);
		invitation_write(&out, &invitation);
		MUST(invitation_read(&again, (struct text){ out.buf, out.len }, &why));
		MUST(memcmp(&again, &invitation, sizeof(again)) == 0);
	}
	strbuf_release(&out);
	strbuf_release(&why);
}

/* Nothing of the text is lost: it is still there, in this order, around what was added. */
static void check_edit(const struct strbuf *old, const struct strbuf *edited)
{
	size_t same = 0;

	for (size_t i = 0; i < edited->len && same < old->len; i++)
		same += edited->buf[i] == old->buf[same];
	MUST(same == old->len);
}

static void try_card(struct text t)
{
	struct strbuf old = STRBUF_INIT, edited = STRBUF_INIT, again = STRBUF_INIT;
	const char *why = NULL;

	strbuf_add(&old, t.p, t.n);
	if (card_edit_user_data(&old, &edited, &why) == 1) {
		check_edit(&old, &edited);
		MUST(card_edit_user_data(&edited, &again, &why) == 0);
	}
	strbuf_reset(&edited);
	if (card_edit_cmdline(&old, false, &edited, &why) == 1)
		MUST(card_edit_cmdline(&edited, false, &again, &why) == 0);
	strbuf_release(&old);
	strbuf_release(&edited);
	strbuf_release(&again);
}

static void try_behind(struct text t)
{
	struct strbuf answer = STRBUF_INIT;
	struct board_behind behind;

	strbuf_add(&answer, t.p, t.n);
	if (board_behind_read("pi4", &answer, &behind) == 0)
		MUST(tunnel_is_login(behind.login) && behind.port >= 1 && behind.port <= 65535);
	board_behind_release(&behind);
	strbuf_release(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const all[])(struct text t) = { try_request, try_reply, try_invitation,
						      try_card, try_behind };
	char *copy;

	if (!size)
		return 0;
	/* Of exactly this size, so that a sanitizer sees a read beyond it. */
	copy = malloc(size - 1 ? size - 1 : 1);
	memcpy(copy, data + 1, size - 1);
	all[*data % (sizeof(all) / sizeof(all[0]))]((struct text){ copy, size - 1 });
	free(copy);
	return 0;
}
