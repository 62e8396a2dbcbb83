// SPDX-License-Identifier: GPL-2.0-only
/*
 * A .ko file, compressed or not: calls everything that reads one, and all rules of
 * the check, for two kernels. The answers stay within the file, and a file that
 * would load has what a module must have.
 */
#include "fuzz.h"
#include "host/check/check.h"

#include <string.h>

static const char symvers[] = "0x00000001\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\t\n"
			      "0x00000002\t_printk\tvmlinux\tEXPORT_SYMBOL\t\n"
			      "0x00000003\tktime_get\tvmlinux\tEXPORT_SYMBOL_GPL\t\n"
			      "0x00000004\tdma_buf_put\tvmlinux\tEXPORT_SYMBOL_GPL\tDMA_BUF\n"
			      "0x00000006\tcrc_itu_t\tlib/crc-itu-t\tEXPORT_SYMBOL\t\n";

static struct check_kernel kernels[] = {
	{ .release = (char *)"6.1.0", .version = CHECK_VERSION(6, 1) },
	{ .release = (char *)"6.14.0", .version = CHECK_VERSION(6, 14) },
};

static void set_up(void)
{
	if (kernels[0].config)
		return;
	for (size_t i = 0; i < sizeof(kernels) / sizeof(*kernels); i++) {
		struct check_kernel *k = &kernels[i];

		k->config = (char *)"CONFIG_MODVERSIONS=y\nCONFIG_MODULE_SIG=y\nCONFIG_SMP=y\n"
				    "CONFIG_ARM64_MODULE_PLTS=y\nCONFIG_STRICT_MODULE_RWX=y\n";
		k->vermagic = (char *)"6.1.0 SMP mod_unload modversions aarch64";
		k->build = (char *)"/nonexistent";
		k->page_size = 4096;
		MUST(symvers_parse(symvers, strlen(symvers), &k->symvers, NULL) == 0);
	}
}

static void is_within(const struct ko *ko, const char *p, size_t n)
{
	MUST(!p || (p >= ko->image.buf && n <= ko->image.len &&
		    (size_t)(p - ko->image.buf) <= ko->image.len - n));
}

static void ask_sections(const struct ko *ko)
{
	Elf64_Shdr header;
	char *id = ko_build_id(ko);

	MUST(strlen(id) % 2 == 0);
	free(id);
	for (size_t i = 0; ko_section(ko, i, &header); i++) {
		const char *name = ko_section_name(ko, i);
		struct text contents = ko_contents(ko, &header);

		is_within(ko, name, name ? strlen(name) + 1 : 0);
		is_within(ko, contents.p, contents.n);
	}
}

static void ask_lists(const struct ko *ko)
{
	struct ko_version *versions = NULL, *extended = NULL;
	struct ko_export *exports = NULL;
	size_t n, m;

	MUST(ko_versions(ko, KO_VERSIONS, &versions, &n) <= 0);
	for (size_t i = 0; i < n; i++)
		MUST(strlen(versions[i].name) < 56);
	MUST(ko_versions(ko, KO_VERSIONS_EXTENDED, &extended, &m) <= 0);
	for (size_t i = 0; i < m; i++)
		is_within(ko, extended[i].name, strlen(extended[i].name) + 1);
	n = ko_exports(ko, &exports);
	for (size_t i = 0; i < n; i++)
		is_within(ko, exports[i].name, strlen(exports[i].name) + 1);
	free(versions);
	free(extended);
	free(exports);
}

static void ask_check(const struct ko *ko)
{
	for (size_t i = 0; i < sizeof(kernels) / sizeof(*kernels); i++) {
		struct check_result result;
		bool fatal = false;

		check_ko(&kernels[i], ko, NULL, &result);
		for (size_t k = 0; k < result.n; k++)
			fatal = fatal || result.problems[k].fatal;
		MUST(result.loads == !fatal);
		if (result.loads)
			MUST(ko->symbols.n && ko_find(ko, ".gnu.linkonce.this_module"));
		{
			char *summary = check_summary(&result);

			MUST(summary && *summary);
			free(summary);
		}
		check_result_release(&result);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ko *ko = NULL;

	/* 2 KiB decompress to little enough to be checked quickly. */
	if (size > 2048 && packing_of(data, size) != PACKING_NONE)
		return 0;
	set_up();
	if (ko_of_bytes(data, size, &ko) < 0)
		return 0;
	MUST(ko->size <= ko->image.len);
	for (const char *at = NULL; (at = ko_modinfo(ko, NULL, at));)
		is_within(ko, at, strlen(at) + 1);
	ask_sections(ko);
	ask_lists(ko);
	ask_check(ko);
	ko_free(ko);
	return 0;
}
