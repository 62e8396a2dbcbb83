/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A .ko file, packed or not, opened to be asked. It is read as the kernel's
 * module loader reads it (kernel/module/main.c), not as a library for sound
 * files would, so that what is damaged can be told from what only looks odd.
 * No question can make it read outside of the file. As there, sections are
 * those of a 64-bit little-endian file, whatever its first bytes say of that.
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

/* What stands at the end of a signed module (include/linux/module_signature.h). */
struct ko_signature {
	bool present;        /* the marker is there */
	bool torn;           /* its fields contradict each other: no kernel takes it */
	bool pkcs7;          /* otherwise kernels call it unsupported, as they do an unknown key */
	struct text message; /* the PKCS#7 message */
};

struct ko {
	enum packing packing; /* of the file */
	struct strbuf image;  /* all of it, unpacked */
	size_t size;          /* of the ELF file in it: without the signature */
	struct ko_signature signature;
	Elf64_Ehdr header;   /* zeroes when the file is shorter */
	size_t n_sections;   /* 0 where their headers do not lie within the file */
	struct text modinfo; /* the contents of .modinfo */
	size_t symbol_table; /* section of the first symbol table; 0: none */
	struct text symbols; /* its contents */
	size_t strings;      /* the section with the names of them */
};

/*
 * 0; -EBADMSG: what is packed is damaged; -EFBIG: more than UNPACKED_MAX, packed or not; another
 * -errno of reading. Logs nothing. A file that is not a ELF opens as well.
 */
int ko_open(const char *path, struct ko **ko);
int ko_open_fd(int fd, struct ko **ko);
/* Likewise, of bytes, which are copied. */
int ko_of_bytes(const void *data, size_t n, struct ko **ko);
void ko_free(struct ko *ko);
DEFINE_CLEANUP(struct ko *, ko_free);

/* Is there a table of section headers, all of it within the file? */
bool ko_has_sections(const struct ko *ko);

/* The header of a section; false where there is none. */
bool ko_section(const struct ko *ko, size_t index, Elf64_Shdr *header);

/* NULL when it is not within the file. */
const char *ko_section_name(const struct ko *ko, size_t index);

/* Nothing (p is NULL) where it has none in the file, or not all of it is. */
struct text ko_contents(const struct ko *ko, const Elf64_Shdr *header);

/* The first section of this name that would be loaded, as the kernel's find_sec(); 0: none. */
size_t ko_find(const struct ko *ko, const char *name);

/* The first of this name, and how many there are, as its find_any_unique_sec(). `count` may be
 * NULL. */
size_t ko_find_any(const struct ko *ko, const char *name, size_t *count);

/* ko_find_any() and ko_contents(). */
struct text ko_contents_of(const struct ko *ko, const char *name);

/*
 * The value of `key` in .modinfo after `previous`, which is an earlier answer, or NULL to begin.
 * NULL at the end. With key NULL each entry, "key=value".
 */
const char *ko_modinfo(const struct ko *ko, const char *key, const char *previous);

/* `name` is NULL when it is not within the file. False: there is no such symbol. */
bool ko_symbol(const struct ko *ko, size_t index, Elf64_Sym *symbol, const char **name);

/* In hexadecimal, "" where it has none; the caller frees it. */
char *ko_build_id(const struct ko *ko);

struct ko_version {
	const char *name;
	uint32_t crc;
};

enum ko_versions_format {
	KO_VERSIONS,          /* __versions: names of at most 55 letters, cut to fit */
	KO_VERSIONS_EXTENDED, /* __version_ext_crcs and __version_ext_names, Linux 6.14 and later */
};

/*
 * The CRCs that the module was built with. As in the kernel, half an entry at the end is none. 0
 * with a list that the caller frees; -ENOENT: it has none; -EBADMSG: extended ones of which some
 * lack a name. Logs nothing.
 */
int ko_versions(const struct ko *ko, enum ko_versions_format format, struct ko_version **list,
		size_t *n);

/* What a module exports itself. */
struct ko_export {
	const char *name;
	const char *name_space; /* "": none */
	bool gpl, has_crc;
	uint32_t crc;
};

/* All of them, from its symbols; the caller frees the list. The number of them. */
size_t ko_exports(const struct ko *ko, struct ko_export **list);

#endif
