// SPDX-License-Identifier: GPL-2.0-only
/* A module to look up frames in: its file, and whether it is the build that ran. */
#include "host/symbolize/internal.h"

#include "common/alloc.h"
#include "host/module/ko.h"

#include <errno.h>
#include <string.h>

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static outpost_CodeSection *copy_code(const outpost_CodeSection *code, size_t n)
{
	outpost_CodeSection *list = xcalloc(n ? n : 1, sizeof(*list));

	if (n)
		memcpy(list, code, n * sizeof(*list));
	return list;
}

struct looked_up looked_up_new(const struct symbolizer_module *module)
{
	return (struct looked_up){
		.name = xstrdup(module->name),
		.path = xstrdup(module->file),
		.build_id = xstrdup(module->build_id ? module->build_id : ""),
		.srcversion = xstrdup(module->srcversion ? module->srcversion : ""),
		.code = copy_code(module->code, module->n_code),
		.n_code = module->n_code,
		.build_dir = copy(module->build_dir),
		.user_dir = copy(module->user_dir),
	};
}

void looked_up_release(struct looked_up *m)
{
	symbol_file_close(m->file);
	free(m->name);
	free(m->path);
	free(m->build_id);
	free(m->srcversion);
	free(m->code);
	free(m->build_dir);
	free(m->user_dir);
	free(m->why);
}

/*
 * Is the file from a different build than the board ran? Returns the difference; NULL: none
 * known.
 */
static char *find_difference(const struct looked_up *m)
{
	_cleanup_(ko_freep) struct ko *ko = NULL;
	const char *srcversion;

	if (*m->build_id)
		return strcmp(m->build_id, m->file->build_id) == 0
			       ? NULL
			       : xasprintf("another build: build-id %.12s, expected %.12s",
					   *m->file->build_id ? m->file->build_id : "none",
					   m->build_id);
	if (!*m->srcversion)
		return NULL;
	srcversion = ko_open(m->path, &ko) < 0 ? NULL : ko_modinfo(ko, "srcversion", NULL);
	return srcversion && strcmp(m->srcversion, srcversion) == 0
		       ? NULL
		       : xasprintf("other sources: srcversion %s, expected %s",
				   srcversion ? srcversion : "none", m->srcversion);
}

/* 0, or -ENOENT if the file cannot be used; m->why has the reason. */
static int open_module(struct looked_up *m)
{
	if (m->why)
		return -ENOENT;
	if (m->file)
		return 0;
	if (symbol_file_open(m->path, &m->file, &m->why) < 0)
		return -ENOENT;
	m->why = find_difference(m);
	return m->why ? -ENOENT : 0;
}

void looked_up_add_sites(struct looked_up *m, const struct klog_frame *frame,
			 struct frame_source *out)
{
	GElf_Addr addr;

	if (open_module(m) < 0)
		out->why = xstrdup(m->why);
	else if (symbol_file_find(m->file, frame, &addr, &out->why) == 0)
		symbol_file_sites(m->file, addr, out, &out->why);
}

/*
 * Sets the bits above an address: on arm64 they may hold the signature of a signed pointer
 * (PAC).
 */
static uint64_t plain_address(uint64_t address)
{
	return address | 0xffffull << 48;
}

bool looked_up_find_code(struct looked_up *m, uint64_t pc, bool init, struct klog_frame *frame)
{
	for (size_t i = 0; i < m->n_code; i++) {
		const outpost_CodeSection *code = &m->code[i];
		uint64_t offset = plain_address(pc) - plain_address(code->address);

		if ((strncmp(code->name, ".init", 5) == 0) == init && offset <= UINT32_MAX &&
		    open_module(m) == 0 && symbol_file_name(m->file, code->name, offset, frame))
			return true;
	}
	return false;
}
