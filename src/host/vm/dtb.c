// SPDX-License-Identifier: GPL-2.0-only
#include "host/vm/dtb.h"

#include "common/alloc.h"
#include "common/cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

/* Upper limit for the size of the new nodes. */
#define ROOM 4096

#define MADE_FOR "outpost,made-for"

static int remove_virtio_mmio(void *fdt)
{
	int node;

	while ((node = fdt_node_offset_by_compatible(fdt, -1, "virtio,mmio")) >= 0) {
		int r = fdt_del_node(fdt, node);

		if (r < 0)
			return r;
	}
	return 0;
}

/* The end of memory; 0 unless the tree describes it as QEMU does: one bank, two cells each. */
static uint64_t memory_end(const void *fdt)
{
	int node =
		fdt_node_offset_by_prop_value(fdt, -1, "device_type", "memory", sizeof("memory"));
	int n = 0;
	const fdt64_t *reg = node < 0 ? NULL : fdt_getprop(fdt, node, "reg", &n);
	uint64_t size;

	if (!reg || n != 2 * (int)sizeof(*reg))
		return 0;
	size = fdt64_ld(&reg[1]);
	return size > DTB_RAMOOPS_SIZE ? fdt64_ld(&reg[0]) + size : 0;
}

static int add_reserved_memory(void *fdt)
{
	int node = fdt_add_subnode(fdt, 0, "reserved-memory");
	int r;

	if (node < 0)
		return node;
	r = fdt_setprop_u32(fdt, node, "#address-cells", 2);
	if (r == 0)
		r = fdt_setprop_u32(fdt, node, "#size-cells", 2);
	if (r == 0)
		r = fdt_setprop_empty(fdt, node, "ranges");
	return r < 0 ? r : node;
}

static int add_ramoops(void *fdt)
{
	uint64_t end = memory_end(fdt);
	uint64_t start = end - DTB_RAMOOPS_SIZE;
	int node = end ? add_reserved_memory(fdt) : -FDT_ERR_NOTFOUND;
	char name[32];
	int r;

	if (node < 0)
		return node;
	snprintf(name, sizeof(name), "ramoops@%" PRIx64, start);
	node = fdt_add_subnode(fdt, node, name);
	if (node < 0)
		return node;
	r = fdt_setprop_string(fdt, node, "compatible", "ramoops");
	if (r == 0)
		r = fdt_setprop_u64(fdt, node, "reg", start);
	if (r == 0)
		r = fdt_appendprop_u64(fdt, node, "reg", DTB_RAMOOPS_SIZE);
	if (r == 0)
		r = fdt_setprop_u32(fdt, node, "record-size", DTB_RAMOOPS_RECORD_SIZE);
	if (r == 0) /* KMSG_DUMP_EMERG: an emergency_restart() leaves its log as well */
		r = fdt_setprop_u32(fdt, node, "max-reason", 3);
	return r;
}

int dtb_edit(const void *dtb, size_t n, const char *made_for, struct strbuf *out)
{
	_cleanup_free_ void *fdt = xcalloc(1, n + ROOM);

	if (n < sizeof(struct fdt_header) || fdt_check_full(dtb, n) < 0 ||
	    fdt_open_into(dtb, fdt, (int)(n + ROOM)) < 0 || remove_virtio_mmio(fdt) < 0 ||
	    add_ramoops(fdt) < 0 || fdt_setprop_string(fdt, 0, MADE_FOR, made_for) < 0 ||
	    fdt_pack(fdt) < 0)
		return -EINVAL;
	strbuf_add(out, fdt, fdt_totalsize(fdt));
	return 0;
}

bool dtb_is_made_for(const void *dtb, size_t n, const char *made_for)
{
	int length;
	const char *found;

	if (n < sizeof(struct fdt_header) || fdt_check_full(dtb, n) < 0)
		return false;
	found = fdt_getprop(dtb, 0, MADE_FOR, &length);
	return found && (size_t)length == strlen(made_for) + 1 &&
	       memcmp(found, made_for, (size_t)length) == 0;
}

int dtb_set_seed(void *dtb, uint64_t seed)
{
	int node = fdt_path_offset(dtb, "/chosen");

	return node < 0 || fdt_setprop_inplace_u64(dtb, node, "kaslr-seed", seed) < 0 ? -EINVAL : 0;
}
