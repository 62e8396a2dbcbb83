// SPDX-License-Identifier: GPL-2.0-only
#include "agent/tunnel/run.h"

#include "agent/tunnel/notify.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"

#include <netdb.h>
#include <netinet/in.h>
#include <arpa/inet.h>

static const char *address_text(const struct tunnel *t, char text[INET6_ADDRSTRLEN])
{
	const struct sockaddr *a = (const struct sockaddr *)&t->link.there;
	const void *bytes = a->sa_family == AF_INET6
				    ? (const void *)&((const struct sockaddr_in6 *)a)->sin6_addr
				    : (const void *)&((const struct sockaddr_in *)a)->sin_addr;

	if (a->sa_family == AF_UNSPEC || !inet_ntop(a->sa_family, bytes, text, INET6_ADDRSTRLEN))
		return "address not known";
	return text;
}

static const char *state_word(const struct tunnel *t)
{
	static const char *const words[] = {
		[LINK_NONE] = "waiting",       [LINK_STARTED] = "connecting",
		[LINK_CALLING] = "connecting", [LINK_OPEN] = "open",
		[LINK_PROVEN] = "up",
	};

	return words[t->link.phase];
}

static void add_sentence(const struct tunnel *t, long long now, struct strbuf *out)
{
	char address[INET6_ADDRSTRLEN];
	const char *gateway = t->config.gateway;

	switch (t->link.phase) {
	case LINK_NONE:
		strbuf_addf(out, "Waiting %lld ms before connecting to %s again: %s",
			    t->retry_at > now ? t->retry_at - now : 0, gateway, t->link.text);
		return;
	case LINK_STARTED:
	case LINK_CALLING: strbuf_addf(out, "Connecting to %s", gateway); return;
	case LINK_OPEN:
		strbuf_addf(out, "Connected to %s (%s); its prober has not called yet", gateway,
			    address_text(t, address));
		return;
	case LINK_PROVEN:
		strbuf_addf(out, "Up: %s (%s)", gateway, address_text(t, address));
		return;
	}
}

static void write_status(struct tunnel *t, const struct strbuf *sentence)
{
	_cleanup_free_ char *path = tunnel_path(&t->config, TUNNEL_RUN, RUN_STATUS_FILE);
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;
	int r;

	strbuf_addf(&out, "state=%s\nname=%s\ngateway=%s\nconnects=%llu\nfailures=%u\ncause=%s\n",
		    state_word(t), t->config.name, t->config.gateway,
		    (unsigned long long)t->outage.connects, t->outage.failures,
		    probe_cause_word(t->link.cause));
	strbuf_addf(&out, "text=%s\nstatus=%s\n", t->link.text, sentence->buf);
	r = fs_write_atomic(path, out.buf, out.len, 0644);
	if (r < 0 && !t->status_fails)
		log_warn_errno(r, "Cannot write %s", path);
	t->status_fails = r < 0;
}

void report_state(struct tunnel *t, long long now)
{
	_cleanup_(strbuf_release) struct strbuf sentence = STRBUF_INIT, message = STRBUF_INIT;

	add_sentence(t, now, &sentence);
	strbuf_addf(&message, "STATUS=%s", sentence.buf);
	notify_send(message.buf);
	write_status(t, &sentence);
}

void report_up(struct tunnel *t, long long now)
{
	char address[INET6_ADDRSTRLEN];
	long long ms = outage_ms(&t->outage, now);

	t->logged = PROBE_CAUSE_NONE;
	log_info("Connected to %s (%s) after %lld.%lld s, at attempt %u", t->config.gateway,
		 address_text(t, address), ms / 1000, ms % 1000 / 100, t->outage.failures + 1);
}

void report_lost(struct tunnel *t)
{
	t->logged = PROBE_CAUSE_NONE;
	log_warn("Lost the connection to %s: %s", t->config.gateway, t->link.text);
}

static void hint(const struct tunnel *t)
{
	if (t->link.cause == PROBE_CAUSE_DENIED)
		log_hint(
			"If the gateway should accept this board, run outpost tunnel invite %s there",
			t->config.name);
	else if (t->link.cause == PROBE_CAUSE_HOSTKEY)
		log_hint(
			"If the gateway's host keys were replaced, run outpost tunnel invite %s there",
			t->config.name);
}

/* Once for each reason: a gateway that is away for a day does not fill the journal. */
void report_failed(struct tunnel *t)
{
	if (t->logged == t->link.cause)
		return;
	t->logged = t->link.cause;
	log_warn("Cannot connect to %s: %s", t->config.gateway, t->link.text);
	hint(t);
}
