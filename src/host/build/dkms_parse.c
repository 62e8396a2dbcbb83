// SPDX-License-Identifier: GPL-2.0-only
/* Parses and checks the result of the evaluation. */
#include "host/build/dkms_internal.h"

#include "common/alloc.h"
#include "common/options.h"
#include "common/strbuf.h"
#include "common/strv.h"
#include "host/base/paths.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define DKMS_MAX_INDEX 1023

struct value {
	const char *name;
	int index;
	const char *text;
};

struct parser {
	struct dkms_conf *conf;
	const struct kernel_tree *tree;
	struct value *values; /* strings point into the data */
	size_t n;
	char **why;
};

static int __attribute__((format(printf, 2, 3))) refuse(struct parser *p, const char *fmt, ...)
{
	struct strbuf sb = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	*p->why = strbuf_detach(&sb);
	return -EINVAL;
}

/* The next NUL-terminated string in the data, or NULL. */
static const char *take_string(const char **data, const char *end)
{
	const char *start = *data;
	size_t n = strnlen(start, (size_t)(end - start));

	if (start + n == end)
		return NULL;
	*data = start + n + 1;
	return start;
}

static int take_values(struct parser *p, const char *data, size_t n)
{
	const char *end = data + n;

	for (;;) {
		const char *name = take_string(&data, end);
		const char *index = name ? take_string(&data, end) : NULL;
		const char *text = index ? take_string(&data, end) : NULL;
		struct value v = { .name = name, .text = text };

		if (!text)
			return refuse(p, "its evaluation ended early (does it call exit?)");
		if (strcmp(name, "END") == 0)
			return 0;
		if (parse_int(index, 0, DKMS_MAX_INDEX, &v.index) < 0)
			return refuse(p, "%s[%s]: the index must be a number up to %d", name, index,
				      DKMS_MAX_INDEX);
		GROW(p->values, p->n);
		p->values[p->n++] = v;
	}
}

/* NULL if the variable is unset or empty, which is the same for dkms. */
static const char *get(const struct parser *p, const char *name, int index)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->values[i].index == index && strcmp(p->values[i].name, name) == 0)
			return *p->values[i].text ? p->values[i].text : NULL;
	return NULL;
}

static char *copy_of(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static int last_index(const struct parser *p, const char *name)
{
	int last = -1;

	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->values[i].name, name) == 0 && p->values[i].index > last)
			last = p->values[i].index;
	return last;
}

/* --- checks ------------------------------------------------------------------------ */

static bool stays_within(const char *path)
{
	if (*path == '/')
		return false;
	for (const char *p = path; *p; p += strcspn(p, "/"), p += strspn(p, "/"))
		if (strncmp(p, "..", 2) == 0 && (p[2] == '/' || p[2] == '\0'))
			return false;
	for (const char *p = path; *p; p++)
		if (iscntrl((unsigned char)*p))
			return false;
	return true;
}

/* Package versions may have more characters than names: 2.13.9+dfsg~rc1-2. */
static bool is_version(const char *text)
{
	size_t n =
		strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+~-");

	return n && n <= 64 && text[n] == '\0' && *text != '.' && *text != '-';
}

static int check_script(struct parser *p, const char *name, char **script)
{
	*script = copy_of(get(p, name, 0));
	if (*script && !stays_within(*script))
		return refuse(p, "%s=\"%s\" is outside the folder", name, *script);
	return 0;
}

static int take_package(struct parser *p)
{
	const char *name = get(p, "PACKAGE_NAME", 0);
	const char *version = get(p, "PACKAGE_VERSION", 0);
	int r;

	if (!name || !version)
		return refuse(p, "it does not set %s", name ? "PACKAGE_VERSION" : "PACKAGE_NAME");
	if (!path_is_plain_name(name))
		return refuse(p, "PACKAGE_NAME=\"%s\" is not a plain name", name);
	if (!is_version(version))
		return refuse(p, "PACKAGE_VERSION=\"%s\" is not a version", version);
	p->conf->name = xstrdup(name);
	p->conf->version = xstrdup(version);
	r = check_script(p, "PRE_BUILD", &p->conf->pre_build);
	return r < 0 ? r : check_script(p, "POST_BUILD", &p->conf->post_build);
}

/* MAKE[0] if it has no MAKE_MATCH; the last one that matches wins. */
static void take_make(struct parser *p)
{
	const char *chosen = get(p, "MAKE_MATCH", 0) ? NULL : get(p, "MAKE", 0);

	for (int i = 0; i <= last_index(p, "MAKE"); i++) {
		const char *match = get(p, "MAKE_MATCH", i);

		if (match && get(p, "MAKE", i) && dkms_matches(p->tree->release, match))
			chosen = get(p, "MAKE", i);
	}
	p->conf->make = copy_of(chosen);
}

static int take_patches(struct parser *p)
{
	for (int i = 0; i <= last_index(p, "PATCH"); i++) {
		const char *patch = get(p, "PATCH", i);
		const char *match = get(p, "PATCH_MATCH", i);

		if (!patch || (match && !dkms_matches(p->tree->release, match)))
			continue;
		if (!stays_within(patch))
			return refuse(p, "PATCH[%d]=\"%s\" is outside the folder", i, patch);
		strv_add(&p->conf->patches, patch);
	}
	return 0;
}

static int take_depends(struct parser *p)
{
	for (int i = 0; i <= last_index(p, "BUILD_DEPENDS"); i++) {
		const char *name = get(p, "BUILD_DEPENDS", i);

		if (name && !path_is_plain_name(name))
			return refuse(p, "BUILD_DEPENDS[%d]=\"%s\" is not a plain name", i, name);
		if (name)
			strv_add(&p->conf->depends, name);
	}
	return 0;
}

/* --- the modules -------------------------------------------------------------------- */

static int count_records(const struct parser *p)
{
	static const char *const family[] = { "BUILT_MODULE_NAME", "BUILT_MODULE_LOCATION",
					      "DEST_MODULE_NAME", "DEST_MODULE_LOCATION" };
	int n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(family); i++)
		if (last_index(p, family[i]) + 1 > n)
			n = last_index(p, family[i]) + 1;
	return n;
}

static int take_module(struct parser *p, int i, int n_records)
{
	const char *name = get(p, "BUILT_MODULE_NAME", i);
	const char *location = get(p, "BUILT_MODULE_LOCATION", i);
	const char *renamed = get(p, "DEST_MODULE_NAME", i);
	struct dkms_conf *conf = p->conf;

	if (!name && n_records == 1)
		name = conf->name;
	if (!name)
		return refuse(p, "it does not set BUILT_MODULE_NAME[%d]", i);
	if (!path_is_plain_name(name) || strstr(name, ".ko"))
		return refuse(p, "BUILT_MODULE_NAME[%d]=\"%s\" is not a plain name without .ko", i,
			      name);
	if (renamed && !path_is_plain_name(renamed))
		return refuse(p, "DEST_MODULE_NAME[%d]=\"%s\" is not a plain name", i, renamed);
	if (location && !stays_within(location))
		return refuse(p, "BUILT_MODULE_LOCATION[%d]=\"%s\" is outside the folder", i,
			      location);
	GROW(conf->modules, conf->n_modules);
	conf->modules[conf->n_modules++] =
		(struct dkms_module){ xstrdup(name), xstrdup(location ? location : "") };
	return 0;
}

static int take_modules(struct parser *p)
{
	int n = count_records(p);

	for (int i = 0; i < n; i++) {
		int r = take_module(p, i, n);

		if (r < 0)
			return r;
	}
	return n ? 0 : refuse(p, "it does not set BUILT_MODULE_NAME or DEST_MODULE_LOCATION");
}

/* --- putting it together -------------------------------------------------------------- */

static int take_all(struct parser *p, const char *data, size_t n)
{
	const char *exclusive[DKMS_N_EXCLUSIVE];
	int r = take_values(p, data, n);

	if (r == 0)
		r = take_package(p);
	if (r == 0)
		r = take_patches(p);
	if (r == 0)
		r = take_depends(p);
	if (r < 0)
		return r;
	take_make(p);
	for (size_t i = 0; i < DKMS_N_EXCLUSIVE; i++)
		exclusive[i] = get(p, dkms_exclusive_names[i], 0);
	p->conf->excluded = dkms_excluded(p->tree, exclusive);
	r = take_modules(p);
	if (r == 0 || !p->conf->excluded)
		return r;
	/* A dkms.conf may leave its modules out for a kernel that it excludes. */
	free(*p->why);
	*p->why = NULL;
	return 0;
}

int dkms_parse(struct dkms_conf *conf, const struct kernel_tree *tree, const char *data, size_t n,
	       char **why)
{
	struct parser p = { .conf = conf, .tree = tree, .why = why };
	int r;

	*conf = (struct dkms_conf){ 0 };
	*why = NULL;
	r = take_all(&p, data, n);
	free(p.values);
	if (r < 0)
		dkms_conf_release(conf);
	return r;
}
