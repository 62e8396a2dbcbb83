// SPDX-License-Identifier: GPL-2.0-only
#include "common/options.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/strv.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int parse_int(const char *text, int least, int most, int *value)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || end == text || *end || isspace((unsigned char)*text) || n < least || n > most)
		return -EINVAL;
	*value = (int)n;
	return 0;
}

int parse_duration_ms(const char *text, int *ms)
{
	static const struct {
		const char *suffix;
		int ms;
	} units[] = {
		{ "", 1000 }, { "s", 1000 }, { "ms", 1 }, { "m", 60 * 1000 }, { "h", 3600 * 1000 }
	};
	char *end;
	long long n;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno || end == text || !isdigit((unsigned char)*text))
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(end, units[i].suffix) != 0)
			continue;
		if (n > 24 * 3600 * 1000 / units[i].ms)
			return -EINVAL;
		*ms = (int)n * units[i].ms;
		return 0;
	}
	return -EINVAL;
}

int parse_bool(const char *text, bool *value)
{
	static const char *const words[] = { "no", "yes", "false", "true", "off", "on", "0", "1" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(text, words[i]) == 0) {
			*value = i % 2;
			return 0;
		}
	}
	return -EINVAL;
}

int options_set(const struct option_row *row, void *dest, const char *value, const char **why)
{
	static char least[64];
	void *field = (char *)dest + row->offset;

	switch (row->type) {
	case OPTION_TYPE_FLAG: *why = "expected yes or no"; return parse_bool(value, field);
	case OPTION_TYPE_STRING:
		free(*(char **)field);
		*(char **)field = xstrdup(value);
		return 0;
	case OPTION_TYPE_LIST: strv_add(field, value); return 0;
	case OPTION_TYPE_INT:
		snprintf(least, sizeof(least), "expected a whole number, at least %d", row->least);
		*why = least;
		return parse_int(value, row->least, 1 << 30, field);
	case OPTION_TYPE_DURATION:
		*why = "expected a time above zero, such as 500ms, 10s or 2m";
		if (parse_duration_ms(value, field) < 0 || *(int *)field < row->least)
			return -EINVAL;
		return 0;
	}
	return -EINVAL;
}

/* The row with this name (or, without a name, this letter) in the first set that has it. */
static const struct option_set *find(const struct option_set *sets, const char *name, size_t n,
				     char letter, const struct option_row **found)
{
	for (; sets->rows; sets++) {
		for (const struct option_row *row = sets->rows; row->name; row++) {
			if (name ? strlen(row->name) == n && strncmp(row->name, name, n) == 0
				 : row->letter == letter) {
				*found = row;
				return sets;
			}
		}
	}
	return NULL;
}

const struct option_row *options_find_key(const struct option_row *rows, const char *key)
{
	for (; rows->name; rows++)
		if (rows->key && strcmp(rows->key, key) == 0)
			return rows;
	return NULL;
}

static int set_option(const struct option_row *row, const struct option_set *set, const char *value)
{
	const char *why = "";

	if (set->given)
		strv_add(set->given, row->name);
	if (row->type == OPTION_TYPE_FLAG)
		value = "yes";
	if (!*value) {
		log_error("Option --%s requires a value: --%s=%s", row->name, row->name, row->arg);
		return -EINVAL;
	}
	if (options_set(row, set->dest, value, &why) == 0)
		return 0;
	log_error("Invalid value '%s' for option --%s: %s", value, row->name, why);
	return -EINVAL;
}

/* Parses "--name", "--name=value" or "--name value". Returns how many words it used, or -EINVAL. */
static int parse_long(const struct option_set *sets, char **word)
{
	const char *name = word[0] + 2;
	size_t n = strcspn(name, "=");
	const struct option_row *row;
	const struct option_set *set = find(sets, name, n, 0, &row);
	int r;

	if (!set) {
		log_error("Unknown option --%.*s", (int)n, name);
		return -EINVAL;
	}
	if (!row->arg && name[n]) {
		log_error("Option --%s does not take a value", row->name);
		return -EINVAL;
	}
	if (row->arg && !name[n] && !word[1]) {
		log_error("Option --%s requires a value: --%s=%s", row->name, row->name, row->arg);
		return -EINVAL;
	}
	r = set_option(row, set, name[n] ? name + n + 1 : word[1]);
	if (r < 0)
		return r;
	return row->arg && !name[n] ? 2 : 1;
}

/* Parses a cluster of letters, "-vb vm" or "-vbvm". Returns how many words it used, or -EINVAL. */
static int parse_short(const struct option_set *sets, char **word)
{
	for (const char *p = word[0] + 1; *p; p++) {
		const struct option_row *row;
		const struct option_set *set = find(sets, NULL, 0, *p, &row);
		int r;

		if (!set) {
			log_error("Unknown option -%c", *p);
			return -EINVAL;
		}
		if (row->arg && !p[1] && !word[1]) {
			log_error("Option -%c requires a value: -%c %s", *p, *p, row->arg);
			return -EINVAL;
		}
		r = set_option(row, set, p[1] ? p + 1 : word[1]);
		if (r < 0)
			return r;
		if (row->arg)
			return p[1] ? 1 : 2;
	}
	return 1;
}

int options_parse(const struct option_set *sets, int *argc, char **argv, bool stop_at_argument)
{
	int kept = 1, i = 1, help = 0;

	while (i < *argc) {
		char *word = argv[i];
		int taken;

		if (strcmp(word, "--") == 0) {
			i++;
			break;
		}
		if (word[0] != '-' || !word[1]) {
			if (stop_at_argument)
				break;
			argv[kept++] = argv[i++];
			continue;
		}
		if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0) {
			help = OPTIONS_HELP;
			i++;
			continue;
		}
		taken = word[1] == '-' ? parse_long(sets, argv + i) : parse_short(sets, argv + i);
		if (taken < 0)
			return taken;
		i += taken;
	}
	while (i < *argc)
		argv[kept++] = argv[i++];
	argv[kept] = NULL;
	*argc = kept;
	return help;
}

bool options_may_be_empty(const struct option_row *row)
{
	return row->arg && strcmp(row->arg, "WORDS") == 0;
}

char *options_variable(const char *key)
{
	char *variable = xasprintf(OPTIONS_VARIABLE "%s", key);

	for (char *p = variable; *p; p++)
		*p = *p == '.' || *p == '-' ? '_' : (char)toupper((unsigned char)*p);
	return variable;
}

int options_from_environment(const struct option_row *rows, void *dest)
{
	for (; rows->name; rows++) {
		_cleanup_free_ char *variable = NULL;
		const char *value, *why = "";

		if (!rows->key)
			continue;
		variable = options_variable(rows->key);
		value = getenv(variable);
		if (!value || (!*value && !options_may_be_empty(rows)) ||
		    options_set(rows, dest, value, &why) == 0)
			continue;
		log_error("Invalid environment variable %s=%s: %s", variable, value, why);
		return -EINVAL;
	}
	return 0;
}

void options_release(const struct option_row *rows, void *dest)
{
	for (; rows->name; rows++) {
		void **field = (void **)((char *)dest + rows->offset);

		if (rows->type == OPTION_TYPE_STRING)
			free(*field);
		else if (rows->type == OPTION_TYPE_LIST)
			strv_free((char **)*field);
		else
			continue;
		*field = NULL;
	}
}

void options_format_help(const struct option_row *rows, struct strbuf *out)
{
	for (; rows->name; rows++) {
		_cleanup_free_ char *left = NULL;
		char letter[] = { '-', rows->letter, ',', ' ', '\0' };

		left = xasprintf("%s--%s%s%s", rows->letter ? letter : "    ", rows->name,
				 rows->arg ? " " : "", rows->arg ? rows->arg : "");
		strbuf_addf(out, "  %-26s %s", left, rows->help);
		if (rows->key)
			strbuf_addf(out, " [%s]", rows->key);
		strbuf_addch(out, '\n');
	}
}
