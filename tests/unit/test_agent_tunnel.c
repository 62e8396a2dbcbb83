// SPDX-License-Identifier: GPL-2.0-only
/* What the tunnel's supervisor decides: when to try again, which changes count, what went wrong. */
#include "unit.h"

#include "agent/tunnel/backoff.h"
#include "agent/tunnel/carrier.h"
#include "agent/tunnel/config.h"
#include "agent/tunnel/outage.h"
#include "agent/tunnel/path.h"
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/strv.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- waiting --- */

#define SECOND 1000LL

/* The limits that the waits are drawn from, seen by the largest random number. */
static void expect_limits(struct backoff *b, long long now, bool refused, const int *limits)
{
	for (; *limits; limits++)
		assert_int_equal(backoff_next(b, now, UINT32_MAX, refused), *limits);
}

static void waits_double_up_to_four_seconds(void **state)
{
	struct backoff b;

	(void)state;
	backoff_reset(&b, 0);
	expect_limits(&b, SECOND, false,
		      (const int[]){ 200, 400, 800, 1600, 3200, 4000, 4000, 4000, 0 });
}

static void after_ten_minutes_without_success_up_to_thirty(void **state)
{
	struct backoff b;

	(void)state;
	backoff_reset(&b, 0);
	expect_limits(&b, 599 * SECOND, false, (const int[]){ 200, 400, 800, 1600, 3200, 4000, 0 });
	expect_limits(&b, 600 * SECOND, false, (const int[]){ 12800, 25600, 30000, 30000, 0 });
}

static void a_refusal_slows_down_at_once(void **state)
{
	struct backoff b;

	(void)state;
	backoff_reset(&b, 0);
	expect_limits(&b, SECOND, true,
		      (const int[]){ 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 0 });
}

static void only_success_starts_again(void **state)
{
	struct backoff b;

	(void)state;
	backoff_reset(&b, 0);
	expect_limits(&b, SECOND, false, (const int[]){ 200, 400, 800, 0 });
	backoff_reset(&b, 700 * SECOND);
	expect_limits(&b, 701 * SECOND, false, (const int[]){ 200, 400, 0 });
}

/* A thousand failures do not overflow the shift. */
static void the_smallest_wait_is_a_millisecond(void **state)
{
	struct backoff b = { .failures = 1000 };

	(void)state;
	assert_int_equal(backoff_next(&b, SECOND, 0, false), 1);
	assert_int_equal(backoff_next(&b, SECOND, UINT32_MAX, false), 4000);
}

/*
 * Full jitter: evenly distributed from 0 to the limit, so a tenth of the waits is in each tenth of
 * it. With 10,000 waits, 1000 are expected, with a standard deviation of 30.
 */
static void waits_are_evenly_distributed(void **state)
{
	unsigned int tenths[10] = { 0 };
	uint64_t seed = 1;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		struct backoff b = { .failures = 10 };
		int ms;

		seed = seed * 6364136223846793005u + 1442695040888963407u; /* Knuth, MMIX */
		ms = backoff_next(&b, SECOND, (uint32_t)(seed >> 32), false);
		assert_in_range(ms, 1, 4000);
		tenths[(ms - 1) / 400]++;
	}
	for (int i = 0; i < 10; i++)
		assert_in_range(tenths[i], 850, 1150);
}

/* --- the network --- */

static const struct path wifi = { .reachable = true,
				  .running = true,
				  .interface = 3,
				  .via = { 10, 0, 0, 1 },
				  .source = { 10, 0, 0, 7 } };

/* What changes on the way of `wifi`, and whether it is worth to connect, or to reconnect. */
static void only_changes_of_the_way_count(void **state)
{
	const struct {
		const char *what;
		struct path change;
		bool gone, news, moved;
	} cases[] = {
		{ "nothing", wifi, false, false, false },
		{ "no route", { .reachable = false }, false, false, false },
		{ "no route and no address", { .reachable = false }, true, false, false },
		{ "no carrier",
		  { true, false, 3, { 10, 0, 0, 1 }, { 10, 0, 0, 7 } },
		  false,
		  false,
		  false },
		{ "a cable",
		  { true, true, 2, { 10, 0, 0, 1 }, { 10, 0, 0, 8 } },
		  false,
		  true,
		  true },
		{ "a router",
		  { true, true, 3, { 10, 0, 0, 2 }, { 10, 0, 0, 7 } },
		  false,
		  true,
		  true },
		{ "a preferred address",
		  { true, true, 3, { 10, 0, 0, 1 }, { 10, 0, 0, 9 } },
		  false,
		  true,
		  false },
		{ "an address, instead of ours",
		  { true, true, 3, { 10, 0, 0, 1 }, { 10, 0, 0, 9 } },
		  true,
		  true,
		  true },
		{ "the same, without our address", wifi, true, false, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool news = path_is_news(&wifi, &cases[i].change);
		bool moved = path_has_moved(&wifi, &cases[i].change, !cases[i].gone);

		if (news != cases[i].news || moved != cases[i].moved)
			fail_msg("%s: news %d, moved %d", cases[i].what, news, moved);
	}
}

static void a_way_that_is_back_is_news(void **state)
{
	struct path unplugged = wifi;
	const struct path lost = { .reachable = false };

	(void)state;
	unplugged.running = false;
	assert_true(path_is_news(&lost, &wifi));
	assert_true(path_is_news(&unplugged, &wifi));
	assert_false(path_is_news(&wifi, &unplugged));
	assert_false(path_is_news(&lost, &unplugged));
}

/* A kernel's answer to RTM_GETROUTE, with attributes one after the other. */
struct answer {
	struct nlmsghdr header;
	struct rtmsg route;
	char attributes[256];
};

static void add_attribute(struct answer *a, unsigned short type, const void *data, size_t n)
{
	struct rtattr *attribute = (void *)((char *)a + a->header.nlmsg_len);

	attribute->rta_type = type;
	attribute->rta_len = (unsigned short)RTA_LENGTH(n);
	memcpy(RTA_DATA(attribute), data, n);
	a->header.nlmsg_len += RTA_ALIGN(attribute->rta_len);
}

static void make_answer(struct answer *a, unsigned char type)
{
	const int interface = 3;

	*a = (struct answer){ .header = { .nlmsg_len = offsetof(struct answer, attributes),
					  .nlmsg_type = RTM_NEWROUTE },
			      .route = { .rtm_family = AF_INET, .rtm_type = type } };
	add_attribute(a, RTA_OIF, &interface, sizeof(interface));
	add_attribute(a, RTA_GATEWAY, wifi.via, 4);
	add_attribute(a, RTA_PREFSRC, wifi.source, 4);
}

static void an_answer_of_the_kernel_is_understood(void **state)
{
	_Alignas(8) struct answer a;
	struct path path;

	(void)state;
	make_answer(&a, RTN_UNICAST);
	path_read_answer(&a, a.header.nlmsg_len, &path);
	path.running = true;
	assert_memory_equal(&path, &wifi, sizeof(path));

	make_answer(&a, RTN_UNREACHABLE);
	path_read_answer(&a, a.header.nlmsg_len, &path);
	assert_false(path.reachable);

	make_answer(&a, RTN_UNICAST);
	a.header.nlmsg_type = NLMSG_ERROR;
	path_read_answer(&a, a.header.nlmsg_len, &path);
	assert_false(path.reachable);
}

static void an_answer_that_is_torn_is_no_way(void **state)
{
	_Alignas(8) struct answer a;
	struct path path;

	(void)state;
	make_answer(&a, RTN_UNICAST);
	for (size_t n = 0; n < a.header.nlmsg_len; n++) {
		void *copy =
			malloc(n ? n : 1); /* exactly this size, so that ASan sees an overrun */

		memcpy(copy, &a, n);
		path_read_answer(copy, n, &path);
		assert_false(path.reachable);
		free(copy);
	}
}

/* Loopback is there wherever this test runs. */
static void the_kernel_is_asked(void **state)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct path path;

	(void)state;
	path_find((struct sockaddr *)&to, &path);
	assert_true(path.reachable);
	assert_true(path.running);
	assert_int_equal(path.source[0], 127);
	assert_true(path_has_address((struct sockaddr *)&to));
	to.sin_addr.s_addr = htonl(0xc0000201); /* 192.0.2.1, for documentation */
	assert_false(path_has_address((struct sockaddr *)&to));
}

static void events_can_be_read(void **state)
{
	_cleanup_close_ int fd = path_open_events();

	(void)state;
	assert_true(fd >= 0);
	path_read_events(fd);
}

/* --- messages of ssh --- */

static void messages_of_ssh_are_understood(void **state)
{
	/* As OpenSSH 9.2 and 10.0 write them. */
	static const struct {
		const char *line;
		enum probe_cause cause;
	} lines[] = {
		{ "board-pi4@gw: Permission denied (publickey).", PROBE_CAUSE_DENIED },
		{ "Received disconnect from 10.9.0.1 port 22:2: Too many authentication failures",
		  PROBE_CAUSE_DENIED },
		{ "Host key verification failed.", PROBE_CAUSE_HOSTKEY },
		{ "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @",
		  PROBE_CAUSE_HOSTKEY },
		{ "ssh: Could not resolve hostname gw: Temporary failure in name resolution",
		  PROBE_CAUSE_RESOLVE },
		{ "ssh: connect to host gw port 22: Connection refused", PROBE_CAUSE_REFUSED },
		{ "ssh: connect to host gw port 22: Connection timed out", PROBE_CAUSE_TIMEOUT },
		{ "ssh: connect to host gw port 22: Network is unreachable",
		  PROBE_CAUSE_UNREACHABLE },
		{ "ssh: connect to host gw port 22: No route to host", PROBE_CAUSE_UNREACHABLE },
		{ "Connection timed out during banner exchange", PROBE_CAUSE_TIMEOUT },
		{ "Error: remote port forwarding failed for listen path /s/ssh",
		  PROBE_CAUSE_FORWARD },
		{ "Timeout, server gw not responding.", PROBE_CAUSE_SILENT },
		{ "Connection to gw closed by remote host.", PROBE_CAUSE_CLOSED },
		{ "kex_exchange_identification: read: Connection reset by peer",
		  PROBE_CAUSE_CLOSED },
		{ "client_loop: send disconnect: Broken pipe", PROBE_CAUSE_CLOSED },
		{ "Learned new hostkey: ED25519 SHA256:abc", PROBE_CAUSE_NONE },
		{ "", PROBE_CAUSE_NONE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (ssh_meaning(lines[i].line) != lines[i].cause)
			fail_msg("\"%s\" is %s", lines[i].line,
				 probe_cause_word(ssh_meaning(lines[i].line)));
}

/* --- the configuration --- */

static int parse(struct tunnel_config *config, const char *text)
{
	_cleanup_free_ char *copy = xstrdup(text);

	tunnel_config_init(config, "");
	return tunnel_config_parse(config, "tunnel.conf", copy);
}

static void a_configuration_is_read(void **state)
{
	_cleanup_(tunnel_config_release) struct tunnel_config c;

	(void)state;
	assert_int_equal(parse(&c,
			       "# a comment\n\n name = pi4 \ngateway=gw.example.org\nport = 2200\n"
			       "alive = 30s\nservice = [::1]:22\naccount = board-pi4"),
			 0);
	assert_string_equal(c.name, "pi4");
	assert_string_equal(c.gateway, "gw.example.org");
	assert_int_equal(c.port, 2200);
	assert_int_equal(c.alive_ms, 30000);
	assert_string_equal(c.service, "[::1]:22");
	assert_string_equal(c.carrier, "ssh");
}

static void what_is_written_is_read_again(void **state)
{
	_cleanup_(tunnel_config_release) struct tunnel_config c, again;
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	(void)state;
	assert_int_equal(
		parse(&c, "name=pi4\ngateway=192.0.2.1\nalive=1m\nservice=localhost:2022\n"), 0);
	assert_string_equal(c.account, "board-pi4");
	tunnel_config_write(&text, &c);
	assert_int_equal(parse(&again, text.buf), 0);
	assert_string_equal(again.name, c.name);
	assert_string_equal(again.gateway, c.gateway);
	assert_string_equal(again.account, c.account);
	assert_string_equal(again.service, c.service);
	assert_int_equal(again.alive_ms, c.alive_ms);
	assert_int_equal(again.port, 22);
}

/* Nothing that could be an option, or anything else, on ssh's command line. */
static void other_configurations_are_refused(void **state)
{
	static const char *const texts[] = {
		"gateway=gw\n",
		"name=pi4\n",
		"name=pi4\ngateway=gw\nport=0\n",
		"name=pi4\ngateway=gw\nport=65536\n",
		"name=pi4\ngateway=gw\nport=ssh\n",
		"name=pi4\ngateway=gw\ngatewayy=gw2\n",
		"name=pi4\ngateway=gw\nalive\n",
		"name=pi4\ngateway=gw\nalive=\n",
		"name=pi4\ngateway=gw\nalive=500ms\n",
		"name=pi4\ngateway=gw\nalive=2500ms\n",
		"name=pi4\ngateway=gw\ncarrier=pigeon\n",
		"name=pi4\ngateway=-oProxyCommand=reboot\n",
		"name=pi4\ngateway=gw evil\n",
		"name=../x\ngateway=gw\n",
		"name=pi4\ngateway=gw\naccount=-x\n",
		"name=pi4\ngateway=gw\nservice=localhost\n",
		"name=pi4\ngateway=gw\nservice=/run/x:22\n",
		"name=pi4\ngateway=gw\nservice=::1:22\n",
	};

	(void)state;
	log_set_level(LOG_LEVEL_NONE);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_(tunnel_config_release) struct tunnel_config c;

		if (parse(&c, texts[i]) == 0)
			fail_msg("accepted: %s", texts[i]);
	}
	log_set_level(LOG_LEVEL_INFO);
}

static bool has_word(char *const *argv, const char *word)
{
	return strv_contains(argv, word);
}

static void ssh_is_told_what_matters(void **state)
{
	_cleanup_(tunnel_config_release) struct tunnel_config c;
	_cleanup_strv_ char **argv = NULL, **other = NULL;
	const struct carrier_wish usual = { AF_UNSPEC, 0 },
				  patient4 = { AF_INET, CARRIER_PATIENCE };
	size_t n;

	(void)state;
	assert_int_equal(parse(&c, "name=pi4\ngateway=gw\n"), 0);
	carrier_find("ssh")->command(&c, &usual, &argv);
	n = strv_length(argv);
	assert_string_equal(argv[n - 1], "gw");
	assert_string_equal(argv[n - 2], "--");
	assert_true(has_word(argv, "-oServerAliveInterval=2"));
	assert_true(has_word(argv, "-oServerAliveCountMax=1"));
	assert_true(has_word(argv, "-oExitOnForwardFailure=yes"));
	assert_true(has_word(argv, "-oStrictHostKeyChecking=yes"));
	assert_true(has_word(argv, "-oBatchMode=yes"));
	assert_true(has_word(argv, "-R/s/ssh:localhost:22"));
	assert_true(has_word(argv, "-R/s/probe:/run/outpost-tunnel/probe"));
	assert_false(has_word(argv, "-4"));
	carrier_find("ssh")->command(&c, &patient4, &other);
	assert_true(has_word(other, "-4"));
	assert_true(has_word(other, "-oServerAliveInterval=2"));
	assert_true(has_word(other, "-oServerAliveCountMax=15"));
	strv_free(TAKE_PTR(other));
	carrier_find("autossh")->command(&c, &usual, &other);
	assert_string_equal(other[0], "autossh");
	assert_true(has_word(other, "-M0"));
	assert_true(has_word(other, "-R/s/ssh:localhost:22"));
}

/* --- outages --- */

static void an_outage_is_told_to_the_prober(void **state)
{
	struct probe_hello hello;
	struct outage o;

	(void)state;
	outage_init(&o, 1000);
	outage_fail(&o, PROBE_CAUSE_UNREACHABLE);
	outage_hello(&o, 1500, &hello);
	assert_int_equal(hello.connects, 1);
	assert_int_equal(hello.outage_ms, 500);
	assert_int_equal(hello.cause, PROBE_CAUSE_START);
	assert_int_equal(hello.failures, 1);
	assert_int_equal(hello.last, PROBE_CAUSE_UNREACHABLE);

	assert_true(outage_end(&o, 2000));
	assert_false(outage_end(&o, 2100));
	outage_begin(&o, 10000, PROBE_CAUSE_SILENT, "nothing came");
	outage_fail(&o, PROBE_CAUSE_REFUSED);
	outage_fail(&o, PROBE_CAUSE_TIMEOUT);
	assert_true(outage_end(&o, 13000));
	outage_hello(&o, 20000, &hello); /* the prober calls again: the outage does not grow */
	assert_int_equal(hello.connects, 2);
	assert_int_equal(hello.outage_ms, 3000);
	assert_int_equal(hello.cause, PROBE_CAUSE_SILENT);
	assert_int_equal(hello.failures, 2);
	assert_int_equal(hello.last, PROBE_CAUSE_TIMEOUT);
	assert_string_equal(hello.text, "nothing came");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_double_up_to_four_seconds),
		cmocka_unit_test(after_ten_minutes_without_success_up_to_thirty),
		cmocka_unit_test(a_refusal_slows_down_at_once),
		cmocka_unit_test(only_success_starts_again),
		cmocka_unit_test(the_smallest_wait_is_a_millisecond),
		cmocka_unit_test(waits_are_evenly_distributed),
		cmocka_unit_test(only_changes_of_the_way_count),
		cmocka_unit_test(a_way_that_is_back_is_news),
		cmocka_unit_test(an_answer_of_the_kernel_is_understood),
		cmocka_unit_test(an_answer_that_is_torn_is_no_way),
		cmocka_unit_test(the_kernel_is_asked),
		cmocka_unit_test(events_can_be_read),
		cmocka_unit_test(messages_of_ssh_are_understood),
		cmocka_unit_test(a_configuration_is_read),
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(other_configurations_are_refused),
		cmocka_unit_test(ssh_is_told_what_matters),
		cmocka_unit_test(an_outage_is_told_to_the_prober),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
