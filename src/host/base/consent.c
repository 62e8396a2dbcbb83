// SPDX-License-Identifier: GPL-2.0-only
#include "host/base/consent.h"

#include "common/cleanup.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strbuf.h"
#include "host/base/config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

int consent_ask(const struct config *config, const char *fmt, ...)
{
	_cleanup_(strbuf_release) struct strbuf question = STRBUF_INIT;
	char answer[16] = "";
	va_list ap;
	bool yes;

	if (config_answers_yes(config))
		return 1;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return -ENOTTY;
	va_start(ap, fmt);
	strbuf_vaddf(&question, fmt, ap);
	va_end(ap);
	log_begin_question("%s [y/N] ", question.buf);
	yes = fgets(answer, sizeof(answer), stdin) && (*answer == 'y' || *answer == 'Y');
	log_end_question();
	if (process_interrupted)
		return -EINTR;
	return yes;
}
