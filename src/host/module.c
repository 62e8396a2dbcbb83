// SPDX-License-Identifier: GPL-2.0-only
#include "host/module.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "host/unzstd.h"

#include <elfutils/libdwelf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>

DEFINE_CLEANUP(Elf *, elf_end);

void module_free(struct module *module)
{
	if (!module)
		return;
	free(module->name);
	free(module->unstripped);
	free(module->stripped);
	free(module->source);
	free(module->build_dir);
	free(module->build_id);
	free(module->vermagic);
	free(module->license);
	strv_free(module->depends);
	strv_free(module->parameters);
	free(module->test_program);
	test_config_release(&module->test);
	free(module->error);
	free(module);
}

void module_list_release(struct module_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		module_free(list->modules[i]);
	free(list->modules);
	*list = (struct module_list){ 0 };
}

void module_list_add(struct module_list *list, struct module *module)
{
	GROW(list->modules, list->n);
	list->modules[list->n++] = module;
}

void module_list_take(struct module_list *list, struct module_list *from)
{
	for (size_t i = 0; i < from->n; i++)
		module_list_add(list, from->modules[i]);
	free(from->modules);
	*from = (struct module_list){ 0 };
}

char *module_canonical_name(const char *name)
{
	const char *base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	const char *end = strstr(base, ".ko");
	char *copy = xstrndup(base, end ? (size_t)(end - base) : strlen(base));

	for (char *p = copy; *p; p++)
		if (*p == '-')
			*p = '_';
	return copy;
}

struct module *module_list_find(const struct module_list *list, const char *name)
{
	_cleanup_free_ char *wanted = module_canonical_name(name);

	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->modules[i]->name, wanted) == 0)
			return list->modules[i];
	return NULL;
}

struct module *module_new(const char *name)
{
	struct module *module = xcalloc(1, sizeof(*module));

	module->name = module_canonical_name(name);
	module->build_id = xstrdup("");
	module->vermagic = xstrdup("");
	module->license = xstrdup("");
	module->depends = xcalloc(1, sizeof(char *));
	test_config_init(&module->test);
	return module;
}

/* --- reading ----------------------------------------------------------------- */

static void set_string(char **field, const char *value)
{
	free(*field);
	*field = xstrdup(value);
}

static void add_depends(struct module *module, const char *list)
{
	_cleanup_free_ char *copy = xstrdup(list);
	char *rest = copy;

	for (char *word; (word = strsep(&rest, ","));)
		if (*word)
			strv_add(&module->depends, word);
}

/* "name:type" or "name:description" */
static void add_parameter(struct module *module, const char *value)
{
	_cleanup_free_ char *name = xstrndup(value, strcspn(value, ":"));

	if (*name && !strv_contains(module->parameters, name))
		strv_add(&module->parameters, name);
}

static void take_modinfo(struct module *module, const char *key, const char *value)
{
	if (strcmp(key, "name") == 0 && *value) {
		free(module->name);
		module->name = module_canonical_name(value);
	} else if (strcmp(key, "vermagic") == 0) {
		set_string(&module->vermagic, value);
	} else if (strcmp(key, "license") == 0 && !*module->license) {
		set_string(&module->license, value);
	} else if (strcmp(key, "staging") == 0) {
		module->staging = true; /* MODULE_INFO(staging, "Y"): the kernel asks only whether it is there */
	} else if (strcmp(key, "depends") == 0) {
		add_depends(module, value);
	} else if (strcmp(key, "parm") == 0 || strcmp(key, "parmtype") == 0) {
		add_parameter(module, value);
	}
}

/* .modinfo is "key=value" strings, each ended by at least one NUL byte. */
static void parse_modinfo(struct module *module, const char *p, size_t n)
{
	const char *end = p + n;

	while (p < end) {
		size_t length = strnlen(p, (size_t)(end - p));
		_cleanup_free_ char *entry = xstrndup(p, length);
		char *value = strchr(entry, '=');

		if (value) {
			*value++ = '\0';
			take_modinfo(module, entry, value);
		}
		p += length + 1;
	}
}

static Elf_Scn *find_section(Elf *elf, const char *name)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names) < 0)
		return NULL;
	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		const char *found;

		if (!gelf_getshdr(section, &header))
			continue;
		found = elf_strptr(elf, names, header.sh_name);
		if (found && strcmp(found, name) == 0)
			return section;
	}
	return NULL;
}

static void read_build_id(struct module *module, Elf *elf)
{
	struct strbuf hex = STRBUF_INIT;
	const void *bytes;
	ssize_t n = dwelf_elf_gnu_build_id(elf, &bytes);

	for (ssize_t i = 0; i < n; i++)
		strbuf_addf(&hex, "%02x", ((const unsigned char *)bytes)[i]);
	free(module->build_id);
	module->build_id = strbuf_detach(&hex);
}

static int not_a_module(const char *path, const char *why)
{
	log_error("%s is not a kernel module: %s.", path, why);
	return -ENOEXEC;
}

static int read_elf(const char *path, Elf *elf, struct module *module)
{
	Elf_Scn *section;
	Elf_Data *data;
	GElf_Ehdr header;

	if (!elf || elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header))
		return not_a_module(path, "it is no ELF file, nor a compressed one");
	if (header.e_type != ET_REL)
		return not_a_module(path, "it is a program or library, not a relocatable object");
	section = find_section(elf, ".modinfo");
	data = section ? elf_getdata(section, NULL) : NULL;
	if (!data || !data->d_buf)
		return not_a_module(path, "it has no .modinfo section");
	module->machine = header.e_machine;
	parse_modinfo(module, data->d_buf, data->d_size);
	read_build_id(module, elf);
	return 0;
}

/* `buffer` holds what the result may point into. */
static Elf *open_elf(int fd, struct strbuf *buffer)
{
	elf_version(EV_CURRENT);
	if (!is_zstd(fd))
		return dwelf_elf_begin(fd);
	return unpack_zstd(fd, buffer) < 0 ? NULL : elf_memory(buffer->buf, buffer->len);
}

int module_read(const char *path, struct module **module)
{
	_cleanup_(module_freep) struct module *m = module_new(path);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_(strbuf_release) struct strbuf buffer = STRBUF_INIT;
	_cleanup_(elf_endp) Elf *elf = NULL;
	int r;

	if (fd < 0)
		return log_error_errno(-errno, "Cannot read the module %s", path);
	elf = open_elf(fd, &buffer);
	r = read_elf(path, elf, m);
	if (r < 0)
		return r;
	m->unstripped = xstrdup(path);
	m->stripped = xstrdup(path);
	m->source = xstrdup(path);
	*module = TAKE_PTR(m);
	return 0;
}

static bool is_signed(int fd)
{
	static const char marker[] = "~Module signature appended~\n";
	char end[sizeof(marker) - 1];
	off_t size = lseek(fd, 0, SEEK_END);

	return size > (off_t)sizeof(end) &&
	       pread(fd, end, sizeof(end), size - (off_t)sizeof(end)) == (ssize_t)sizeof(end) &&
	       memcmp(end, marker, sizeof(end)) == 0;
}

bool module_can_strip(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_(elf_endp) Elf *elf = NULL;
	GElf_Ehdr header;

	if (fd < 0)
		return false;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ,
			NULL); /* a compressed file is not ELF here, and stays as it is */
	return elf && elf_kind(elf) == ELF_K_ELF && gelf_getehdr(elf, &header) &&
	       header.e_machine == EM_AARCH64 && find_section(elf, ".debug_info") && !is_signed(fd);
}
