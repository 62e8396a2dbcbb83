// SPDX-License-Identifier: GPL-2.0-only
#include "variants.h"

#include "common/alloc.h"
#include "common/strbuf.h"

#include <gnutls/abstract.h>
#include <gnutls/pkcs7.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* --- parts of a good module -------------------------------------------------- */

static Elf64_Ehdr *header(struct strbuf *image)
{
	return (Elf64_Ehdr *)(void *)image->buf;
}

static Elf64_Shdr *section_at(struct strbuf *image, size_t i)
{
	return (Elf64_Shdr *)(void *)(image->buf + header(image)->e_shoff) + i;
}

static char *names(struct strbuf *image)
{
	return image->buf + section_at(image, header(image)->e_shstrndx)->sh_offset;
}

static Elf64_Shdr *section(struct strbuf *image, const char *name)
{
	for (size_t i = 1; i < header(image)->e_shnum; i++)
		if (strcmp(names(image) + section_at(image, i)->sh_name, name) == 0)
			return section_at(image, i);
	fprintf(stderr, "the good module has no section %s\n", name);
	abort();
}

static Elf64_Sym *symbol(struct strbuf *image, const char *name)
{
	Elf64_Shdr *table = section(image, ".symtab"), *strings = section_at(image, table->sh_link);
	Elf64_Sym *all = (Elf64_Sym *)(void *)(image->buf + table->sh_offset);

	for (size_t i = 1; i < table->sh_size / sizeof(*all); i++)
		if (strcmp(image->buf + strings->sh_offset + all[i].st_name, name) == 0)
			return &all[i];
	fprintf(stderr, "the good module has no symbol %s\n", name);
	abort();
}

static void must(const void *p, const char *what)
{
	if (!p) {
		fprintf(stderr, "the good module has no %s\n", what);
		abort();
	}
}

/* Replaces bytes by the same number of bytes, everywhere in a section. */
static void replace_in(struct strbuf *image, Elf64_Shdr *where, const char *from, const char *to)
{
	char *at, *start = image->buf + where->sh_offset, *end = start + where->sh_size;
	size_t n = strlen(from), found = 0;

	for (at = start; (at = memmem(at, (size_t)(end - at), from, n)); at += n, found++)
		memcpy(at, to, n);
	must(found ? from : NULL, from);
}

static void replace_in_modinfo(struct strbuf *image, const char *from, const char *to)
{
	replace_in(image, section(image, ".modinfo"), from, to);
}

/* The CRC of a symbol in __versions. */
static char *version_of(struct strbuf *image, const char *name)
{
	Elf64_Shdr *where = section(image, "__versions");
	char *start = image->buf + where->sh_offset;

	for (char *at = start; at < start + where->sh_size; at += 64)
		if (strcmp(at + 8, name) == 0)
			return at;
	must(NULL, name);
	return NULL;
}

/* --- the file ------------------------------------------------------------------------- */

static void keep(struct strbuf *image, uint64_t arg)
{
	(void)image;
	(void)arg;
}

static void cut_to(struct strbuf *image, uint64_t n)
{
	image->len = n;
}

static void text(struct strbuf *image, uint64_t arg)
{
	(void)arg;
	memset(image->buf, 'x', image->len);
}

static void type(struct strbuf *image, uint64_t arg)
{
	header(image)->e_type = (Elf64_Half)arg;
}

static void machine(struct strbuf *image, uint64_t arg)
{
	header(image)->e_machine = (Elf64_Half)arg;
}

static void ident_class(struct strbuf *image, uint64_t arg)
{
	header(image)->e_ident[EI_CLASS] = (unsigned char)arg;
}

static void ident_data(struct strbuf *image, uint64_t arg)
{
	header(image)->e_ident[EI_DATA] = (unsigned char)arg;
}

static void shentsize(struct strbuf *image, uint64_t arg)
{
	header(image)->e_shentsize = (Elf64_Half)arg;
}

static void shoff(struct strbuf *image, uint64_t arg)
{
	header(image)->e_shoff = arg;
}

static void shnum(struct strbuf *image, uint64_t arg)
{
	header(image)->e_shnum = (Elf64_Half)arg;
}

static void shstrndx(struct strbuf *image, uint64_t arg)
{
	header(image)->e_shstrndx = (Elf64_Half)arg;
}

void variant_flip(struct strbuf *image, size_t bit)
{
	image->buf[bit / 8] ^= (char)(1 << bit % 8);
}

void variant_cut(struct strbuf *image, size_t place)
{
	image->len = image->len * (place + 1) / (VARIANT_CUTS + 1);
}

/* --- section headers -------------------------------------------------------------------- */

static void zero_type(struct strbuf *image, uint64_t arg)
{
	section_at(image, 0)->sh_type = (Elf64_Word)arg;
}

static void zero_size(struct strbuf *image, uint64_t arg)
{
	section_at(image, 0)->sh_size = arg;
}

static void zero_addr(struct strbuf *image, uint64_t arg)
{
	section_at(image, 0)->sh_addr = arg;
}

static void text_offset(struct strbuf *image, uint64_t arg)
{
	section(image, ".text")->sh_offset = arg;
}

static void text_size(struct strbuf *image, uint64_t arg)
{
	section(image, ".text")->sh_size = arg;
}

static void text_name(struct strbuf *image, uint64_t arg)
{
	section(image, ".text")->sh_name = (Elf64_Word)arg;
}

static void comment_name(struct strbuf *image, uint64_t arg)
{
	section(image, ".comment")->sh_name = (Elf64_Word)arg;
}

static void text_flags(struct strbuf *image, uint64_t arg)
{
	section(image, ".text")->sh_flags |= arg;
}

static void percpu_size(struct strbuf *image, uint64_t size)
{
	section(image, ".data..percpu")->sh_type = SHT_NOBITS;
	section(image, ".data..percpu")->sh_size = size;
}

static void percpu_alignment(struct strbuf *image, uint64_t arg)
{
	section(image, ".data..percpu")->sh_addralign = arg;
}

static void bss_size(struct strbuf *image, uint64_t arg)
{
	section(image, ".bss")->sh_size = arg;
}

static void text_alignment(struct strbuf *image, uint64_t arg)
{
	section(image, ".text")->sh_addralign = arg;
}

static void names_size(struct strbuf *image, uint64_t arg)
{
	section_at(image, header(image)->e_shstrndx)->sh_size = arg;
}

static void names_type(struct strbuf *image, uint64_t arg)
{
	section_at(image, header(image)->e_shstrndx)->sh_type = (Elf64_Word)arg;
}

static void names_without_end(struct strbuf *image, uint64_t arg)
{
	Elf64_Shdr *table = section_at(image, header(image)->e_shstrndx);

	(void)arg;
	image->buf[table->sh_offset + table->sh_size - 1] = 'x';
}

/* `arg` is the name of a section; changes its last letter. */
#define NAMED(s) ((uint64_t)(uintptr_t)(s))

static void rename_section(struct strbuf *image, uint64_t arg)
{
	Elf64_Shdr *one = section(image, (const char *)(uintptr_t)arg);
	char *name = names(image) + one->sh_name;

	name[strlen(name) - 1] = '~';
}

static void no_alloc(struct strbuf *image, uint64_t arg)
{
	section(image, (const char *)(uintptr_t)arg)->sh_flags &= ~(uint64_t)SHF_ALLOC;
}

/* 2 GiB large: this is where it starts, unless it is the first section of its area. */
static void huge_alignment(struct strbuf *image, uint64_t arg)
{
	section(image, (const char *)(uintptr_t)arg)->sh_addralign = 1u << 31;
}

/* Adds a second section of that name. */
static void another(struct strbuf *image, uint64_t arg)
{
	section(image, ".comment")->sh_name = section(image, (const char *)(uintptr_t)arg)->sh_name;
}

static void this_module_size(struct strbuf *image, uint64_t arg)
{
	section(image, ".gnu.linkonce.this_module")->sh_size -= arg;
}

static void this_module_type(struct strbuf *image, uint64_t arg)
{
	section(image, ".gnu.linkonce.this_module")->sh_type = (Elf64_Word)arg;
}

static void no_name(struct strbuf *image, uint64_t arg)
{
	image->buf[section(image, ".gnu.linkonce.this_module")->sh_offset + arg] = '\0';
}

static void modinfo_longer(struct strbuf *image, uint64_t arg)
{
	section(image, ".modinfo")->sh_size += arg;
}

/* The section ends after the second letter of `arg`. */
static void modinfo_until(struct strbuf *image, uint64_t arg)
{
	Elf64_Shdr *info = section(image, ".modinfo");
	const char *start = image->buf + info->sh_offset, *key = (const char *)(uintptr_t)arg,
		   *at = memmem(start, info->sh_size, key, strlen(key));

	must(at, key);
	info->sh_size = (uint64_t)(at - start) + 2;
}

static void symtab_longer(struct strbuf *image, uint64_t arg)
{
	section(image, ".symtab")->sh_size += arg;
}

static void symtab_type(struct strbuf *image, uint64_t arg)
{
	section(image, ".symtab")->sh_type = (Elf64_Word)arg;
}

static void symtab_link(struct strbuf *image, uint64_t arg)
{
	section(image, ".symtab")->sh_link = (Elf64_Word)arg;
}

static void symtab_twice(struct strbuf *image, uint64_t arg)
{
	(void)arg;
	section(image, ".comment")->sh_type = SHT_SYMTAB;
	section(image, ".comment")->sh_link = section(image, ".symtab")->sh_link;
}

static void strtab_size(struct strbuf *image, uint64_t arg)
{
	section(image, ".strtab")->sh_size = arg;
}

static void strtab_first(struct strbuf *image, uint64_t arg)
{
	image->buf[section(image, ".strtab")->sh_offset] = (char)arg;
}

static void strtab_shorter(struct strbuf *image, uint64_t arg)
{
	section(image, ".strtab")->sh_size -= arg;
}

static void strtab_type(struct strbuf *image, uint64_t arg)
{
	section(image, ".strtab")->sh_type = (Elf64_Word)arg;
}

/* --- .modinfo and CRCs ---------------------------------------------------------------- */

static void other_release(struct strbuf *image, uint64_t arg)
{
	(void)arg;
	replace_in_modinfo(image, "vermagic=6.", "vermagic=5.");
}

static void other_release_no_crcs(struct strbuf *image, uint64_t arg)
{
	other_release(image, arg);
	rename_section(image, NAMED("__versions"));
}

static void other_word(struct strbuf *image, uint64_t arg)
{
	(void)arg;
	replace_in_modinfo(image, " mod_unload ", " mod_unleash"); /* no blank after it */
}

static void other_blanks(struct strbuf *image, uint64_t arg)
{
	(void)arg;
	replace_in_modinfo(image, " SMP mod_unload ", " mod_unload SMP ");
}

static void no_vermagic(struct strbuf *image, uint64_t arg)
{
	(void)arg;
	replace_in_modinfo(image, "vermagic=", "vermagik=");
}

static void proprietary(struct strbuf *image, uint64_t arg)
{
	(void)arg;
	replace_in_modinfo(image, "license=GPL", "license=Own");
}

static void livepatch(struct strbuf *image, uint64_t arg)
{
	(void)arg;
	replace_in_modinfo(image, "xivepatch=", "livepatch=");
}

static void no_namespace(struct strbuf *image, uint64_t arg)
{
	(void)arg;
	replace_in_modinfo(image, "import_ns=", "import_xx=");
}

static void crc_of(struct strbuf *image, uint64_t arg)
{
	*version_of(image, (const char *)(uintptr_t)arg) ^= 1;
}

static void no_crc_of(struct strbuf *image, uint64_t arg)
{
	version_of(image, (const char *)(uintptr_t)arg)[8] ^= 1; /* the first letter of its name */
}

/* --- symbols -------------------------------------------------------------------------- */

/* Renames a symbol; the new name must not be longer. */
static void rename_ktime_get(struct strbuf *image, uint64_t arg)
{
	Elf64_Shdr *strings = section_at(image, section(image, ".symtab")->sh_link);
	char *name = image->buf + strings->sh_offset + symbol(image, "ktime_get")->st_name;

	strcpy(name, (const char *)(uintptr_t)arg); /* NOLINT: it is shorter */
}

static void weak_and_missing(struct strbuf *image, uint64_t arg)
{
	Elf64_Sym *one = symbol(image, "ktime_get");

	one->st_info = ELF64_ST_INFO(STB_WEAK, ELF64_ST_TYPE(one->st_info));
	rename_ktime_get(image, arg);
}

static void weak_and_proprietary(struct strbuf *image, uint64_t arg)
{
	Elf64_Sym *one = symbol(image, "ktime_get"), *two = symbol(image, "dma_buf_put");

	one->st_info = ELF64_ST_INFO(STB_WEAK, ELF64_ST_TYPE(one->st_info));
	two->st_info = ELF64_ST_INFO(STB_WEAK, ELF64_ST_TYPE(two->st_info));
	proprietary(image, arg);
}

static void first_symbol_section(struct strbuf *image, uint64_t arg)
{
	Elf64_Shdr *table = section(image, ".symtab");
	Elf64_Sym *all = (Elf64_Sym *)(void *)(image->buf + table->sh_offset);

	all[1].st_shndx = (Elf64_Section)arg;
}

static void duplicate(struct strbuf *image, uint64_t arg)
{
	(void)arg;
	replace_in(image, section(image, "__ksymtab_strings"), "crc_ccitx", "crc_ccitt");
	replace_in(image, section_at(image, section(image, ".symtab")->sh_link), "crc_ccitx",
		   "crc_ccitt");
}

static void relocation_type(struct strbuf *image, uint64_t arg)
{
	Elf64_Shdr *where = section(image, ".rela.gnu.linkonce.this_module");
	Elf64_Rela *first = (Elf64_Rela *)(void *)(image->buf + where->sh_offset);

	first->r_info = ELF64_R_INFO(ELF64_R_SYM(first->r_info), arg);
}

static void relocations_rel(struct strbuf *image, uint64_t arg)
{
	section(image, ".rela.gnu.linkonce.this_module")->sh_type = (Elf64_Word)arg;
}

/* --- signatures ----------------------------------------------------------------------- */

/* `arg`: the three bytes that tell the type, and the length in the header. */
static void sign(struct strbuf *image, uint64_t arg)
{
	const char fields[12] = {
		(char)(arg >> 48), (char)(arg >> 40), (char)(arg >> 32), 0,        0, 0, 0, 0,
		(char)(arg >> 24), (char)(arg >> 16), (char)(arg >> 8),  (char)arg
	};

	strbuf_adds(image, "it is not a PKCS#7 message");
	strbuf_add(image, fields, sizeof(fields));
	strbuf_adds(image, "~Module signature appended~\n");
}
#define SIGNED(algo, hash, id, length) \
	((uint64_t)(algo) << 48 | (uint64_t)(hash) << 40 | (uint64_t)(id) << 32 | (length))

struct signer {
	gnutls_privkey_t key;
	gnutls_x509_crt_t certificate;
};

/* A key, and a self-signed certificate. */
static void make_signer(struct signer *s)
{
	static const char name[] = "CN=nobody";
	static unsigned char serial[] = { 1, 2, 3 }; /* a new one each time */
	gnutls_x509_privkey_t pair;
	const char *error;
	time_t now = time(NULL);
	bool made =
		++serial[2] && gnutls_x509_privkey_init(&pair) == 0 &&
		gnutls_privkey_init(&s->key) == 0 && gnutls_x509_crt_init(&s->certificate) == 0 &&
		gnutls_x509_privkey_generate(pair, GNUTLS_PK_RSA, 2048, 0) == 0 &&
		gnutls_privkey_import_x509(s->key, pair, GNUTLS_PRIVKEY_IMPORT_COPY) == 0 &&
		gnutls_x509_crt_set_dn(s->certificate, name, &error) == 0 &&
		gnutls_x509_crt_set_version(s->certificate, 3) == 0 &&
		gnutls_x509_crt_set_serial(s->certificate, serial, sizeof(serial)) == 0 &&
		gnutls_x509_crt_set_activation_time(s->certificate, now) == 0 &&
		gnutls_x509_crt_set_expiration_time(s->certificate, now + 3600) == 0 &&
		gnutls_x509_crt_set_key(s->certificate, pair) == 0 &&
		gnutls_x509_crt_sign2(s->certificate, s->certificate, pair, GNUTLS_DIG_SHA256, 0) ==
			0;

	must(made ? name : NULL, "signing key");
	gnutls_x509_privkey_deinit(pair);
}

static void sign_with(const struct signer *s, struct strbuf *image)
{
	gnutls_datum_t data = { (unsigned char *)image->buf, (unsigned int)image->len }, message;
	unsigned char fields[12] = { [2] = 2 };
	gnutls_pkcs7_t pkcs7;
	bool made = gnutls_pkcs7_init(&pkcs7) == 0 &&
		    gnutls_pkcs7_sign(pkcs7, s->certificate, s->key, &data, NULL, NULL,
				      GNUTLS_DIG_SHA256, 0) == 0 &&
		    gnutls_pkcs7_export2(pkcs7, GNUTLS_X509_FMT_DER, &message) == 0;

	must(made ? image : NULL, "signature");
	strbuf_add(image, message.data, message.size);
	for (int i = 0; i < 4; i++)
		fields[8 + i] = (unsigned char)(message.size >> (24 - 8 * i));
	strbuf_add(image, fields, sizeof(fields));
	strbuf_adds(image, "~Module signature appended~\n");
	gnutls_free(message.data);
	gnutls_pkcs7_deinit(pkcs7);
}

void variant_sign(struct strbuf *image, struct strbuf *certificate)
{
	gnutls_datum_t der;
	struct signer s;

	make_signer(&s);
	sign_with(&s, image);
	must(gnutls_x509_crt_export2(s.certificate, GNUTLS_X509_FMT_DER, &der) == 0 ? image : NULL,
	     "certificate");
	strbuf_add(certificate, der.data, der.size);
	gnutls_free(der.data);
	gnutls_x509_crt_deinit(s.certificate);
	gnutls_privkey_deinit(s.key);
}

/* One key for all variants: making one takes a tenth of a second. */
static void sign_as_nobody(struct strbuf *image, uint64_t arg)
{
	static struct signer nobody;

	(void)arg;
	if (!nobody.key)
		make_signer(&nobody);
	sign_with(&nobody, image);
}

static void change_modinfo(struct strbuf *image, uint64_t arg)
{
	(void)arg;
	replace_in_modinfo(image, "license=", "license\n");
}

/* The number of bytes before the end; what follows the signature takes 40 of them. */
static void change_at_end(struct strbuf *image, uint64_t arg)
{
	image->buf[image->len - arg] ^= 0x55;
}

static void sign_and_change(struct strbuf *image, uint64_t arg)
{
	sign_as_nobody(image, 0);
	change_at_end(image, arg);
}

/* --- the table ------------------------------------------------------------------------- */

#define V6_1  CHECK_VERSION(6, 1)
#define V6_4  CHECK_VERSION(6, 4)
#define V6_12 CHECK_VERSION(6, 12)

#define EHDR  "elf_validity_check, elf_validity_ehdr"
#define SHDRS "elf_validity_check, elf_validity_cache_sechdrs"
#define NAMES "elf_validity_check, elf_validity_cache_secstrings"
#define INFO  "setup_load_info, elf_validity_cache_index_info"
#define MOD   "setup_load_info, elf_validity_cache_index_mod"
#define SYM   "setup_load_info, elf_validity_cache_index_sym"
#define STR   "elf_validity_check, elf_validity_cache_index_str"
#define VERS  "check_modstruct_version, check_version"
#define MAGIC "check_modinfo, same_magic"
#define PLT   "module_frob_arch_sections"
#define TRAMP "module_init_ftrace_plt"
#define SIMPL "simplify_symbols, resolve_symbol"
#define SIG   "module_sig_check, mod_verify_sig"

const struct variant variants[] = {
	{ "sound", VICTIM, NULL, true, "load_module", keep },
	{ "sound-plain", PLAIN, NULL, true, "load_module", keep },

	{ "empty", VICTIM, "elf-size", false, EHDR, cut_to, 0 },
	{ "one-byte", VICTIM, "elf-size", false, EHDR, cut_to, 1 },
	{ "header-cut", VICTIM, "elf-size", false, EHDR, cut_to, 63 },
	{ "header-only", VICTIM, "section-table", false, SHDRS, cut_to, 64 },
	{ "text-file", VICTIM, "elf-magic", false, EHDR, text },
	{ "program", VICTIM, "elf-type", false, EHDR, type, ET_EXEC },
	{ "library", VICTIM, "elf-type", false, EHDR, type, ET_DYN },
	{ "type-huge", VICTIM, "elf-type", false, EHDR, type, 0xffff },
	{ "x86-64", VICTIM, "elf-machine", false, EHDR, machine, EM_X86_64 },
	{ "arm-32", VICTIM, "elf-machine", false, EHDR, machine, EM_ARM },
	{ "riscv", VICTIM, "elf-machine", false, EHDR, machine, EM_RISCV },
	{ "class-32", VICTIM, "elf-class", true, "(nobody looks)", ident_class, ELFCLASS32 },
	{ "big-endian", VICTIM, "elf-class", true, "(nobody looks)", ident_data, ELFDATA2MSB },

	{ "shentsize", VICTIM, "section-table", false, SHDRS, shentsize, 63 },
	{ "shoff-huge", VICTIM, "section-table", false, SHDRS, shoff, UINT64_MAX - 63 },
	{ "shoff-behind", VICTIM, "section-table", false, SHDRS, shoff, 1 << 30 },
	{ "shnum-huge", VICTIM, "section-table", false, SHDRS, shnum, 0xffff },
	{ "shnum-0", VICTIM, "section-table", false, SHDRS, shnum, 0 },
	{ "shstrndx-0", VICTIM, "section-table", false, NAMES, shstrndx, 0 },
	{ "shstrndx-huge", VICTIM, "section-table", false, NAMES, shstrndx, 0xffff },
	{ "zero-type", VICTIM, "section-zero", false, SHDRS, zero_type, SHT_PROGBITS },
	{ "zero-size", VICTIM, "section-zero", false, SHDRS, zero_size, 1 },
	{ "zero-addr", VICTIM, "section-zero", false, SHDRS, zero_addr, 4096 },
	{ "offset-behind", VICTIM, "section-bounds", false, SHDRS, text_offset, 1 << 30 },
	{ "offset-huge", VICTIM, "section-bounds", false, SHDRS, text_offset, UINT64_MAX },
	{ "size-behind", VICTIM, "section-bounds", false, SHDRS, text_size, 1 << 30 },
	{ "size-huge", VICTIM, "section-bounds", false, SHDRS, text_size, UINT64_MAX },
	{ "size-sign", VICTIM, "section-bounds", false, SHDRS, text_size, 1ull << 63 },
	{ "names-empty", VICTIM, "section-names-table", false, NAMES, names_size, 0 },
	{ "names-no-end", VICTIM, "section-names-table", false, NAMES, names_without_end },
	{ "names-type", VICTIM, NULL, true, NAMES, names_type, SHT_PROGBITS, 0, V6_12 },
	{ "names-type", VICTIM, "section-names-table", false, NAMES, names_type, SHT_PROGBITS,
	  V6_12 },
	{ "name-behind", VICTIM, "section-names", false, NAMES, text_name, 1 << 20 },
	{ "name-huge", VICTIM, "section-names", false, NAMES, text_name, 0xffffffff },
	{ "name-of-comment", VICTIM, "section-names", false, NAMES, comment_name, 1 << 20, V6_12 },

	{ "no-modinfo", VICTIM, "gpl-only", false, INFO, rename_section, NAMED(".modinfo"), 0, 0,
	  "modinfo" },
	{ "no-modinfo-plain", PLAIN, "modinfo", true, "try_to_force_load", rename_section,
	  NAMED(".modinfo"), 0, 0, "vermagic" },
	{ "modinfo-not-loaded", PLAIN, "modinfo", true, INFO, no_alloc, NAMED(".modinfo"), 0, V6_4,
	  "vermagic" },
	{ "modinfo-not-loaded", VICTIM, NULL, true, INFO, no_alloc, NAMED(".modinfo"), V6_4 },
	{ "modinfo-twice", VICTIM, NULL, true, INFO, another, NAMED(".modinfo"), 0, V6_4 },
	{ "modinfo-twice", VICTIM, "modinfo", false, INFO, another, NAMED(".modinfo"), V6_4 },
	{ "no-this-module", VICTIM, "this-module", false, MOD, rename_section,
	  NAMED(".gnu.linkonce.this_module") },
	{ "this-module-not-loaded", VICTIM, "this-module", false, MOD, no_alloc,
	  NAMED(".gnu.linkonce.this_module") },
	{ "this-module-empty", VICTIM, "this-module", false, MOD, this_module_type, SHT_NOBITS,
	  V6_4 },
	{ "this-module-twice", VICTIM, "this-module", false, MOD, another,
	  NAMED(".gnu.linkonce.this_module"), V6_4 },
	{ "this-module-small", VICTIM, "this-module-size", false, MOD, this_module_size, 64, V6_4 },
	{ "stripped", VICTIM, "symbol-table", false, SYM, symtab_type, SHT_PROGBITS },
	{ "symbols-twice", VICTIM, "symbol-table", false, SYM, symtab_twice, 0, V6_4 },
	{ "symbols-odd", VICTIM, NULL, true, SYM, symtab_longer, 1 },
	{ "strings-empty", VICTIM, NULL, true, STR, strtab_size, 0 },
	{ "strings-begin", VICTIM, NULL, true, STR, strtab_first, 'x' },
	{ "strings-no-end", VICTIM, NULL, true, STR, strtab_shorter, 1 },
	{ "strings-0", VICTIM, "string-table", false, STR, symtab_link, 0 },
	{ "strings-huge", VICTIM, "string-table", false, STR, symtab_link, 0xfff0 },
	{ "strings-type", VICTIM, NULL, true, STR, strtab_type, SHT_PROGBITS, 0, V6_12 },
	{ "strings-type", VICTIM, "string-table", false, STR, strtab_type, SHT_PROGBITS, V6_12 },

	{ "layout-crc", VICTIM, "module-layout", false, VERS, crc_of, NAMED("module_layout") },
	{ "layout-no-crc", VICTIM, "module-layout", false, VERS, no_crc_of,
	  NAMED("module_layout") },
	{ "no-crcs", VICTIM, "module-layout", true, "try_to_force_load", rename_section,
	  NAMED("__versions") },
	{ "other-release", VICTIM, "vermagic", true, MAGIC, other_release },
	{ "other-release-no-crcs", VICTIM, "vermagic", false, MAGIC, other_release_no_crcs },
	{ "other-word", VICTIM, "vermagic", false, MAGIC, other_word },
	{ "other-order", VICTIM, "vermagic", false, MAGIC, other_blanks },
	{ "no-vermagic", VICTIM, "vermagic", true, "try_to_force_load", no_vermagic },
	{ "modinfo-no-end", VICTIM, NULL, true, "get_next_modinfo", modinfo_longer, (uint64_t)-1 },
	{ "modinfo-ends-in-key", PLAIN, NULL, true, "get_next_modinfo", modinfo_until,
	  NAMED("vermagic=") },
	{ "livepatch", VICTIM, "livepatch", false, "check_modinfo_livepatch", livepatch },

	{ "no-plt", VICTIM, "plt", false, PLT, rename_section, NAMED(".plt") },
	{ "no-init-plt", VICTIM, "plt", false, PLT, rename_section, NAMED(".init.plt") },
	{ "no-trampoline", VICTIM, "plt", false, TRAMP, rename_section,
	  NAMED(".text.ftrace_trampoline") },
	{ "no-init-trampoline", VICTIM, "plt", false, TRAMP, rename_section,
	  NAMED(".init.text.ftrace_trampoline"), V6_12 },
	{ "write-exec", VICTIM, "write-exec", false, "module_enforce_rwx_sections", text_flags,
	  SHF_WRITE },
	{ "bss-huge", VICTIM, "too-large", false, "module_alloc", bss_size, 0xf0000000 },

	{ "bss-4g", VICTIM, NULL, true, "layout_sections", bss_size, 1ull << 32 },
	{ "alignment-huge", VICTIM, "too-large", false, "module_alloc", huge_alignment,
	  NAMED("__kcrctab") },
	{ "alignment-of-the-first", VICTIM, NULL, true, "layout_sections", text_alignment,
	  1u << 31 },
	{ "alignment-4g", VICTIM, NULL, true, "layout_sections", text_alignment, 1ull << 32 },
	{ "alignment-of-plt", VICTIM, NULL, true, PLT, huge_alignment, NAMED(".plt") },
	{ "alignment-of-trampoline", VICTIM, NULL, true, PLT, huge_alignment,
	  NAMED(".text.ftrace_trampoline") },
	{ "alignment-of-symbols", VICTIM, "too-large", false, "layout_symtab", huge_alignment,
	  NAMED(".symtab") },
	{ "alignment-of-strings", VICTIM, "too-large", false, "layout_symtab", huge_alignment,
	  NAMED(".strtab") },
	{ "alignment-after-init", VICTIM, "too-large", false, "module_alloc", huge_alignment,
	  NAMED(".data..ro_after_init"), 0, V6_4 },
	{ "alignment-after-init", VICTIM, NULL, true, "layout_sections", huge_alignment,
	  NAMED(".data..ro_after_init"), V6_4 },

	{ "percpu-large", VICTIM, "percpu", false, "percpu_modalloc", percpu_size, 16 << 10 },

	{ "percpu-alignment", VICTIM, "percpu", false, "percpu_modalloc", percpu_alignment, 516 },
	{ "percpu-alignment-0", VICTIM, NULL, true, "percpu_modalloc", percpu_alignment, 0 },
	{ "percpu-alignment-3", VICTIM, NULL, true, "pcpu_alloc", percpu_alignment, 3 },
	{ "percpu-alignment-5", VICTIM, "percpu", false, "pcpu_alloc", percpu_alignment, 5 },
	{ "percpu-alignment-page", VICTIM, NULL, true, "percpu_modalloc", percpu_alignment,
	  1 << 20 },

	{ "exports-no-crcs", VICTIM, "export-crc", true,
	  "check_module_license_and_versions, check_export_symbol_versions", rename_section,
	  NAMED("__kcrctab") },
	{ "common", VICTIM, "common", false, SIMPL, first_symbol_section, SHN_COMMON },
	{ "symbol-section", VICTIM, "symbol-section", false, SIMPL, first_symbol_section, 0x4000 },
	{ "missing", VICTIM, "unresolved", false, SIMPL, rename_ktime_get, NAMED("no_such_f") },
	{ "not-exported", VICTIM, "unresolved", false, SIMPL, rename_ktime_get, NAMED("do_exit") },
	{ "of-a-module", VICTIM, "unresolved", false, SIMPL, rename_ktime_get, NAMED("crc_itu_t") },
	{ "missing-weak", VICTIM, NULL, true, SIMPL, weak_and_missing, NAMED("no_such_f") },
	{ "proprietary", VICTIM, "gpl-only", false, SIMPL, proprietary },
	{ "proprietary-plain", PLAIN, NULL, true, SIMPL, proprietary },
	{ "proprietary-weak", VICTIM, NULL, true, SIMPL, weak_and_proprietary },
	{ "crc", VICTIM, "crc", false, SIMPL, crc_of, NAMED("ktime_get") },
	{ "no-crc", VICTIM, "crc", false, SIMPL, no_crc_of, NAMED("ktime_get") },
	{ "crc-of-printk", PLAIN, "crc", false, SIMPL, crc_of, NAMED("_printk") },
	{ "namespace", VICTIM, "namespace", false, "verify_namespace_is_imported", no_namespace },
	{ "relocation-type", VICTIM, "relocation", false, "apply_relocate_add", relocation_type,
	  0x3ff },
	{ "relocation-behind", VICTIM, "relocation", true, "apply_relocate_add", text_size, 4 },
	{ "relocation-rel", VICTIM, "relocation", false, "apply_relocate", relocations_rel,
	  SHT_REL },
	{ "duplicate", VICTIM, "duplicate", false, "verify_exported_symbols", duplicate },

	{ "no-name", VICTIM, "name", false, "mod_sysfs_setup", no_name, 24 },

	{ "signature-message", VICTIM, "signature", false, SIG, sign, SIGNED(0, 0, 2, 25) },
	{ "signature-too-long", VICTIM, "signature", false, SIG, sign,
	  SIGNED(0, 0, 2, 0xffffffff) },
	{ "signature-fields", VICTIM, "signature", false, SIG, sign, SIGNED(1, 0, 2, 25) },
	{ "signature-old", VICTIM, NULL, true, SIG, sign, SIGNED(0, 0, 1, 25) },
	{ "signed-by-nobody", VICTIM, NULL, true, SIG, sign_as_nobody },
	{ "signed-by-nobody-damaged", VICTIM, NULL, true, SIG, sign_and_change, 60 },
	{ "signed", SIGNED, NULL, true, SIG, keep },
	{ "signed-changed", SIGNED, "signature", false, SIG, change_modinfo },
	{ "signed-damaged", SIGNED, "signature", false, SIG, change_at_end, 60 },
	{ "signed-marker-cut", SIGNED, NULL, true, SIG, change_at_end, 10 },
	{ 0 }
};

bool variant_is_for(const struct variant *v, unsigned int version)
{
	return version >= v->since && (!v->before || version < v->before);
}
