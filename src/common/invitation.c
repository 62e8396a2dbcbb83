// SPDX-License-Identifier: GPL-2.0-only
#include "common/invitation.h"

#include "common/cleanup.h"

#include <ctype.h>

#define HEAD_INVITATION "outpost-invitation 1"
#define HEAD_REQUEST    "outpost-join 1"
#define HEAD_REPLY      "outpost-accept 1"

/* Stores the value of a word. What is wrong with it, or NULL. */
typedef const char *(*word_fn)(void *into, struct text value);

struct word {
	const char *name;
	word_fn store;
	bool repeats, optional;
};

struct form {
	const char *head; /* the first line, or NULL */
	bool has_end;     /* the last line is "end" */
	const struct word *words;
	size_t n;
};

static bool is(struct text t, const char *s)
{
	return t.n == strlen(s) && memcmp(t.p, s, t.n) == 0;
}

static bool wrong(struct strbuf *why, int line, const char *what)
{
	strbuf_addf(why, "line %d: %s", line, what);
	return false;
}

/* *seen has a bit for each word of the form. */
static const char *read_word(const struct form *form, struct text line, unsigned int *seen,
			     void *into)
{
	for (size_t i = 0; i < form->n; i++) {
		const struct word *word = &form->words[i];
		struct text value = line;

		if (!text_take(&value, word->name) || !text_take(&value, " "))
			continue;
		if (*seen & 1u << i && !word->repeats)
			return "it repeats an earlier one";
		*seen |= 1u << i;
		return word->store(into, value);
	}
	return "it has an unknown word";
}

/* 1 at the end of the text, 0 after a line, -1 if the line is wrong. */
static int read_line(const struct form *form, struct text *rest, int number, unsigned int *seen,
		     void *into, struct strbuf *why)
{
	struct text line;
	const char *what;

	if (!text_line(rest, &line)) {
		if (!form->has_end)
			return 1;
		wrong(why, number, "the text ends before its last line");
		return -1;
	}
	if (form->has_end && is(line, "end")) {
		if (!rest->n)
			return 1;
		wrong(why, number, "there is more text after the last line");
		return -1;
	}
	what = read_word(form, line, seen, into);
	if (what)
		wrong(why, number, what);
	return what ? -1 : 0;
}

static bool read_form(const struct form *form, struct text t, void *into, struct strbuf *why)
{
	struct text line;
	unsigned int seen = 0;
	int number = 1, r = 0;

	if (form->head && (!text_line(&t, &line) || !is(line, form->head)))
		return wrong(why, 1, "it is of another version, or something else");
	if (form->head)
		number++;
	for (; r == 0; number++)
		r = read_line(form, &t, number, &seen, into, why);
	if (r < 0)
		return false;
	for (size_t i = 0; i < form->n; i++) {
		if (form->words[i].optional || seen & 1u << i)
			continue;
		strbuf_addf(why, "it has no '%s'", form->words[i].name);
		return false;
	}
	return true;
}

/* --- values --- */

static const char *store_text(char *to, size_t size, struct text value, bool (*valid)(const char *),
			      const char *what)
{
	if (memchr(value.p, '\0', value.n) || !text_copy(to, size, value) || !valid(to))
		return what;
	return NULL;
}

static const char *store_number(long long *to, struct text value, long long most)
{
	uint64_t n;

	if (!text_take_u64(&value, &n) || value.n || n < 1 || n > (uint64_t)most)
		return "not a number of the expected size";
	*to = (long long)n;
	return NULL;
}

static const char *store_key(struct ssh_key *to, struct text value, enum ssh_key_use use)
{
	return ssh_key_parse(to, value, use) ? NULL : "the key is not of a known form";
}

static const char *store_host_key(struct ssh_key *keys, size_t *n, struct text value)
{
	const char *what;

	if (*n == INVITATION_HOST_KEYS)
		return "it has too many host keys";
	what = store_key(&keys[*n], value, SSH_KEY_HOST);
	if (!what)
		++*n;
	return what;
}

#define NOT_A_NAME  "not the name of a board"
#define NOT_A_LOGIN "not the name of a user"
#define SECONDS_MAX (1LL << 40)

/* --- the invitation on the board --- */

static const char *invitation_name(void *into, struct text value)
{
	struct invitation *i = into;

	return store_text(i->name, sizeof(i->name), value, tunnel_is_name, NOT_A_NAME);
}

static const char *invitation_gateway(void *into, struct text value)
{
	struct invitation *i = into;

	return store_text(i->gateway, sizeof(i->gateway), value, tunnel_is_host,
			  "not a host name or address");
}

static const char *invitation_port(void *into, struct text value)
{
	struct invitation *i = into;
	long long port = 0;
	const char *what = store_number(&port, value, 65535);

	i->port = (int)port;
	return what;
}

static const char *invitation_expires(void *into, struct text value)
{
	struct invitation *i = into;

	return store_number(&i->expires, value, SECONDS_MAX);
}

bool invitation_read(struct invitation *invitation, struct text t, struct strbuf *why)
{
	static const struct word words[] = {
		{ "name", invitation_name },
		{ "gateway", invitation_gateway },
		{ "port", invitation_port },
		{ "expires", invitation_expires },
	};
	static const struct form form = { HEAD_INVITATION, false, words, ARRAY_SIZE(words) };

	*invitation = (struct invitation){ 0 };
	return read_form(&form, t, invitation, why);
}

void invitation_write(struct strbuf *out, const struct invitation *invitation)
{
	strbuf_addf(out, HEAD_INVITATION "\nname %s\ngateway %s\nport %d\nexpires %lld\n",
		    invitation->name, invitation->gateway, invitation->port, invitation->expires);
}

/* --- the record on the gateway --- */

static const char *record_expires(void *into, struct text value)
{
	struct invitation_record *r = into;

	return store_number(&r->expires, value, SECONDS_MAX);
}

static const char *record_key(void *into, struct text value)
{
	struct invitation_record *r = into;

	return store_key(&r->key, value, SSH_KEY_LOGIN);
}

bool invitation_read_record(struct invitation_record *record, struct text t, struct strbuf *why)
{
	static const struct word words[] = {
		{ "expires", record_expires },
		{ "key", record_key },
	};
	static const struct form form = { NULL, false, words, ARRAY_SIZE(words) };

	*record = (struct invitation_record){ 0 };
	return read_form(&form, t, record, why);
}

void invitation_write_record(struct strbuf *out, const struct invitation_record *record)
{
	strbuf_addf(out, "expires %lld\nkey %s\n", record->expires, record->key.text);
}

/* --- the request --- */

static const char *request_key(void *into, struct text value)
{
	struct invitation_request *r = into;

	return store_key(&r->key, value, SSH_KEY_LOGIN);
}

static const char *request_host_key(void *into, struct text value)
{
	struct invitation_request *r = into;

	return store_host_key(r->host_keys, &r->n_host_keys, value);
}

static bool is_hostname(const char *text)
{
	for (const char *p = text; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '.' && *p != '-')
			return false;
	return *text;
}

static const char *request_hostname(void *into, struct text value)
{
	struct invitation_request *r = into;

	return store_text(r->hostname, sizeof(r->hostname), value, is_hostname, "not a host name");
}

static const char *request_login(void *into, struct text value)
{
	struct invitation_request *r = into;

	if (r->n_logins == INVITATION_LOGINS)
		return "it has too many users";
	return store_text(r->logins[r->n_logins++], sizeof(r->logins[0]), value, tunnel_is_login,
			  NOT_A_LOGIN);
}

bool invitation_read_request(struct invitation_request *request, struct text t, struct strbuf *why)
{
	static const struct word words[] = {
		{ "key", request_key },
		{ "host-key", request_host_key, .repeats = true },
		{ "hostname", request_hostname, .optional = true },
		{ "login", request_login, .repeats = true, .optional = true },
	};
	static const struct form form = { HEAD_REQUEST, true, words, ARRAY_SIZE(words) };

	*request = (struct invitation_request){ 0 };
	return read_form(&form, t, request, why);
}

static void write_host_keys(struct strbuf *out, const struct ssh_key *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		strbuf_addf(out, "host-key %s\n", keys[i].text);
}

void invitation_write_request(struct strbuf *out, const struct invitation_request *request)
{
	strbuf_addf(out, HEAD_REQUEST "\nkey %s\n", request->key.text);
	write_host_keys(out, request->host_keys, request->n_host_keys);
	if (*request->hostname)
		strbuf_addf(out, "hostname %s\n", request->hostname);
	for (size_t i = 0; i < request->n_logins; i++)
		strbuf_addf(out, "login %s\n", request->logins[i]);
	strbuf_adds(out, "end\n");
}

/* --- the reply --- */

static const char *reply_ok(void *into, struct text value)
{
	struct invitation_reply *r = into;

	r->ok = true;
	return store_text(r->name, sizeof(r->name), value, tunnel_is_name, NOT_A_NAME);
}

static const char *reply_account(void *into, struct text value)
{
	struct invitation_reply *r = into;

	return store_text(r->account, sizeof(r->account), value, tunnel_is_login, NOT_A_LOGIN);
}

static const char *reply_login(void *into, struct text value)
{
	struct invitation_reply *r = into;

	return store_text(r->login, sizeof(r->login), value, tunnel_is_login, NOT_A_LOGIN);
}

static const char *reply_host_key(void *into, struct text value)
{
	struct invitation_reply *r = into;

	return store_host_key(r->host_keys, &r->n_host_keys, value);
}

static const char *reply_error(void *into, struct text value)
{
	struct invitation_reply *r = into;

	text_copy(r->error, sizeof(r->error), value);
	return NULL;
}

bool invitation_read_reply(struct invitation_reply *reply, struct text t, struct strbuf *why)
{
	static const struct word good[] = {
		{ "ok", reply_ok },
		{ "account", reply_account },
		{ "login", reply_login },
		{ "host-key", reply_host_key, .repeats = true },
	};
	static const struct word bad[] = { { "error", reply_error } };
	static const struct form forms[] = {
		{ HEAD_REPLY, true, good, ARRAY_SIZE(good) },
		{ HEAD_REPLY, true, bad, ARRAY_SIZE(bad) },
	};
	bool is_bad = text_starts(t, HEAD_REPLY "\nerror ");

	*reply = (struct invitation_reply){ 0 };
	return read_form(&forms[is_bad], t, reply, why);
}

void invitation_write_reply(struct strbuf *out, const struct invitation_reply *reply)
{
	strbuf_adds(out, HEAD_REPLY "\n");
	if (reply->ok) {
		strbuf_addf(out, "ok %s\naccount %s\nlogin %s\n", reply->name, reply->account,
			    reply->login);
		write_host_keys(out, reply->host_keys, reply->n_host_keys);
	} else {
		strbuf_addf(out, "error %s\n", reply->error);
	}
	strbuf_adds(out, "end\n");
}

void invitation_write_known_hosts(struct strbuf *out, const char *alias,
				  const struct ssh_key *host_keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		strbuf_addf(out, "%s %s\n", alias, host_keys[i].text);
}
