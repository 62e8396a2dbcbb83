// SPDX-License-Identifier: GPL-2.0-only
/* Checks that a dkms.conf is a text for bash, which ignores what it cannot read. */
#include "host/build/dkms_internal.h"

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/base/shell_word.h"

#include <errno.h>
#include <string.h>

#define DKMS_FILE_MAX (1024 * 1024)

int dkms_check_file(const char *file)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = fs_read(file, &text, DKMS_FILE_MAX);

	if (r < 0)
		return log_error_errno(r, "Cannot read %s", file);
	if (strncmp(text.buf, "\xef\xbb\xbf", 3) == 0) {
		log_error("%s begins with a byte order mark", file);
		log_hint("Save it as UTF-8 without one");
		return -EINVAL;
	}
	if (strlen(text.buf) != text.len) {
		log_error("%s has a zero byte at offset %zu", file, strlen(text.buf));
		log_hint("Save it as plain text, in UTF-8");
		return -EINVAL;
	}
	if (strstr(text.buf, "\r\n")) {
		_cleanup_free_ char *word = shell_word(file);

		log_error("%s has Windows line ends, which bash takes for part of the values",
			  file);
		log_hint("Run sed -i 's/\\r$//' %s", word);
		return -EINVAL;
	}
	return 0;
}
