/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads a .ko file, compressed or not. It is parsed as the kernel's module loader does it
 * (kernel/module/main.c), not like a library for valid ELF files, so that damaged files can be
 * distinguished from unusual ones. No query reads outside of the file. As in the kernel,
 * sections have the 64-bit little-endian format, whatever the ELF identification says.
 *
 * Strings and contents point into the file and live as long as it does.
 */
#ifndef OUTPOST_KO_H
#define OUTPOST_KO_H

#include "common/cleanup.h"
#include "common/strbuf.h"
#include "common/text.h"
#include "host/base/unpack.h"

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The end of a signed module (include/linux/module_signature.h). */
struct ko_signature {
	bool present;        /* the marker is there */
	bool torn;           /* its fields are inconsistent: every kernel rejects it */
	bool pkcs7;          /* otherwise kernels treat it as unsupported, like an unknown key */
	struct text message; /* the PKCS#7 message */
};

struct ko {
	enum packing packing; /* of the file */
	struct strbuf image;  /* the whole file, unpacked */
	size_t size;          /* size of the ELF file, without the signature */
	struct ko_signature signature;
	Elf64_Ehdr header;   /* all zeroes if the file is shorter */
	size_t n_sections;   /* 0 if the section headers are not within the file */
	struct text modinfo; /* the contents of .modinfo */
	size_t symbol_table; /* section of the first symbol table; 0: none */
	struct text symbols; /* its contents */
	size_t strings;      /* section with the symbol names */
};

/*
 * 0; -EBADMSG: the compressed data is damaged; -EFBIG: more than UNPACKED_MAX, compressed or
 * not; or another read error. Nothing is logged. Also opens files that are not ELF.
 */
int ko_open(const char *path, struct ko **ko);
int ko_open_fd(int fd, struct ko **ko);
/* As ko_open(), for bytes in memory, which are copied. */
int ko_of_bytes(const void *data, size_t n, struct ko **ko);
void ko_free(struct ko *ko);
DEFINE_CLEANUP(struct ko *, ko_free);

/* Is there a table of section headers, entirely within the file? */
bool ko_has_sections(const struct ko *ko);

/* The header of a section; false: no such section. */
bool ko_section(const struct ko *ko, size_t index, Elf64_Shdr *header);

/* NULL if the name is not within the file. */
const char *ko_section_name(const struct ko *ko, size_t index);

/* Empty (p is NULL) if the section has no contents in the file, or they are incomplete. */
struct text ko_contents(const struct ko *ko, const Elf64_Shdr *header);

/* The first section of this name that is loaded, like find_sec() in the kernel; 0: none. */
size_t ko_find(const struct ko *ko, const char *name);

/*
 * The first section of this name and the number of such sections, like find_any_unique_sec()
 * in the kernel. `count` may be NULL.
 */
size_t ko_find_any(const struct ko *ko, const char *name, size_t *count);

/* The contents of ko_find_any(). */
struct text ko_contents_of(const struct ko *ko, const char *name);

/*
 * The value of `key` in .modinfo after `previous`, which is an earlier return value, or NULL
 * for the first. NULL at the end. If key is NULL: each entry, "key=value".
 */
const char *ko_modinfo(const struct ko *ko, const char *key, const char *previous);

/* `name` is NULL if it is not within the file. False: no such symbol. */
bool ko_symbol(const struct ko *ko, size_t index, Elf64_Sym *symbol, const char **name);

/* Hexadecimal; "": none. The caller frees it. */
char *ko_build_id(const struct ko *ko);

struct ko_version {
	const char *name;
	uint32_t crc;
};

enum ko_versions_format {
	KO_VERSIONS,          /* __versions: names are truncated to 55 characters */
	KO_VERSIONS_EXTENDED, /* __version_ext_crcs and __version_ext_names, Linux 6.14 and later */
};

/*
 * The CRCs that the module was built with. As in the kernel, an incomplete entry at the end is
 * ignored. 0 and a list that the caller frees; -ENOENT: none; -EBADMSG: extended CRCs without
 * names. Nothing is logged.
 */
int ko_versions(const struct ko *ko, enum ko_versions_format format, struct ko_version **list,
		size_t *n);

/* A symbol that a module exports. */
struct ko_export {
	const char *name;
	const char *name_space; /* "": none */
	bool gpl, has_crc;
	uint32_t crc;
};

/* All exports, from the symbol table; the caller frees the list. Returns their number. */
size_t ko_exports(const struct ko *ko, struct ko_export **list);

#endif
