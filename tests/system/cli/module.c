// SPDX-License-Identifier: GPL-2.0-only
/*
* A module with only what the check reads: no kernel headers, and almost no code.
 * NAME, RELEASE and LICENSE are strings. KTIME_CRC, DEPENDS, USES and EXPORTS
 * change what a test needs different.
 */
#define SECTION(name) __attribute__((section(name), used, aligned(8)))
#define INFO(id, text) \
	static const char info_##id[] __attribute__((section(".modinfo"), used)) = text

#ifndef KTIME_CRC
#define KTIME_CRC 3
#endif
#ifndef DEPENDS
#define DEPENDS ""
#endif

INFO(name, "name=" NAME);
INFO(license, "license=" LICENSE);
INFO(depends, "depends=" DEPENDS);
INFO(vermagic, "vermagic=" RELEASE " SMP mod_unload modversions aarch64");

struct version {
	unsigned long crc;
	char name[56];
};
static const struct version versions[] SECTION("__versions") = {
	{ 1, "module_layout" },
	{ 2, "_printk" },
	{ KTIME_CRC, "ktime_get" },
	{ 7, "shared" },
};

int _printk(const char *format, ...);
long ktime_get(void);

int init_module(void)
{
	return _printk("%ld", ktime_get());
}

struct {
	long list[3];
	char name[56];
	long other[5];
	int (*init)(void);
} __this_module SECTION(".gnu.linkonce.this_module") = { .name = NAME, .init = init_module };

/* Sections that the kernel's linker script reserves. */
static const char plt[] SECTION(".plt") = "", init_plt[] SECTION(".init.plt") = "";
static const char hop[] SECTION(".text.ftrace_trampoline") = "";
static const char init_hop[] SECTION(".init.text.ftrace_trampoline") = "";

#ifdef USES
long USES(void);
long use(void)
{
	return USES();
}
#endif

#ifdef EXPORTS
const int __ksymtab_shared[3] SECTION(EXPORTS) = { 1 };
const unsigned int __crc_shared SECTION("__kcrctab") = 7;
const char strings[] SECTION("__ksymtab_strings") = "shared";
#endif
