// SPDX-License-Identifier: GPL-2.0-only
#include "host/workflow/doctor.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "common/text.h"
#include "common/tunnel.h"
#include "host/base/paths.h"

#include <string.h>
#include <strings.h>

#define FILE_MAX (256 * 1024)
#define KEYWORD  "GatewayPorts"

/* Sets *value if the line is "GatewayPorts VALUE"; keywords may have any case, and a "=". */
static bool is_gateway_ports(struct text line, struct text *value)
{
	text_skip_blanks(&line);
	if (line.n <= strlen(KEYWORD) || strncasecmp(line.p, KEYWORD, strlen(KEYWORD)) != 0)
		return false;
	text_skip(&line, strlen(KEYWORD));
	if (!strchr(" \t=", *line.p))
		return false;
	while (line.n && strchr(" \t=\"", *line.p))
		text_skip(&line, 1);
	text_trim_end(&line);
	*value = line;
	return true;
}

/* Also in a Match block: for some user, sshd then listens beyond loopback. Returns how many. */
static int check_file(struct findings *c, const char *path)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct text rest, line, value;
	int number = 0, found = 0, r = fs_read(path, &text, FILE_MAX);

	if (r < 0) {
		doctor_add(c, "host", "sshd", FINDING_NOTE,
			   xasprintf("cannot read %s: %s", path, log_reason(r)),
			   xstrdup("run outpost doctor as root"));
		return 1;
	}
	rest = (struct text){ text.buf, text.len };
	while (text_line(&rest, &line)) {
		number++;
		if (!is_gateway_ports(line, &value) || text_starts(value, "no"))
			continue;
		found++;
		doctor_add(c, "host", "sshd", FINDING_MISSING,
			   xasprintf("%s:%d: GatewayPorts %.*s makes forwarded ports listen beyond "
				     "loopback, for anybody on the network",
				     path, number, (int)value.n, value.p),
			   xstrdup("set GatewayPorts no there, and run systemctl reload ssh"));
	}
	return found;
}

void doctor_gateway_ports(struct findings *c, const char *etc)
{
	_cleanup_free_ char *first = path_join(etc, "sshd_config", NULL),
			    *dir = path_join(etc, "sshd_config.d", NULL);
	_cleanup_strv_ char **names = NULL;
	int found = check_file(c, first);

	(void)fs_list(dir, &names);
	strv_foreach (name, names) {
		_cleanup_free_ char *path = path_join(dir, *name, NULL);

		if (text_ends_with(*name, ".conf"))
			found += check_file(c, path);
	}
	if (!found)
		doctor_add(c, "host", "sshd", FINDING_OK,
			   xstrdup("forwarded ports listen on loopback only"), NULL);
}

void doctor_gateway(struct findings *c)
{
	if (fs_is_dir(TUNNEL_KEYS))
		doctor_gateway_ports(c, "/etc/ssh");
}
