// SPDX-License-Identifier: GPL-2.0-only
#include "host/check.h"

#include "common/alloc.h"
#include "common/cleanup.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

char *check_machine_name(int machine)
{
	static const struct {
		int machine;
		const char *name;
	} names[] = {
		{ EM_AARCH64, "aarch64" }, { EM_ARM, "32-bit Arm" },      { EM_X86_64, "x86-64" },
		{ EM_386, "32-bit x86" },  { EM_RISCV, "RISC-V" },        { EM_PPC64, "POWER" },
		{ EM_S390, "s390" },       { EM_LOONGARCH, "LoongArch" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].machine == machine)
			return xstrdup(names[i].name);
	return xasprintf("machine %d", machine);
}

/* vermagic is the release, a blank, and options: "6.1.0-50-arm64 SMP mod_unload modversions
 * aarch64". */
static bool is_for_release(const char *vermagic, const char *release)
{
	size_t n = strlen(release);

	return strncmp(vermagic, release, n) == 0 && (vermagic[n] == ' ' || vermagic[n] == '\0');
}

int check_module(const struct module *module, const char *release, char **problem)
{
	*problem = NULL;
	if (module->machine != EM_AARCH64) {
		_cleanup_free_ char *name = check_machine_name(module->machine);

		*problem = xasprintf("it is for %s, and the board is aarch64", name);
		return -ENOEXEC;
	}
	if (*module->vermagic && !is_for_release(module->vermagic, release)) {
		*problem =
			xasprintf("it was built for the kernel %.*s, and the board's is %s",
				  (int)strcspn(module->vermagic, " "), module->vermagic, release);
		return -ENOEXEC;
	}
	return 0;
}
