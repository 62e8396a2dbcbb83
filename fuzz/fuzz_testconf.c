// SPDX-License-Identifier: GPL-2.0-only
#include "common/fs.h"
#include "common/log.h"
#include "fuzz.h"
#include "host/module/testconf.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("test.conf", MFD_CLOEXEC);
	struct test_config c;
	char path[64];

	log_set_level(LOG_LEVEL_NONE);
	MUST(fd >= 0 && fs_write_all(fd, data, size) == 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	test_config_init(&c);
	if (test_config_read(&c, path, "hello") == 0)
		MUST(c.load_timeout_ms > 0 && c.test_timeout_ms > 0 && c.unload_timeout_ms > 0 &&
		     c.settle_ms >= 0);
	test_config_release(&c);
	close(fd);
	return 0;
}
