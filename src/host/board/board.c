// SPDX-License-Identifier: GPL-2.0-only
#include "host/board/board.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/ini.h"
#include "host/base/paths.h"
#include "host/board/board_behind.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

void board_free(struct board *board)
{
	free(board->name);
	free(board->destination);
	free(board->ssh_config);
	free(board->power_cycle);
	free(board);
}

static char *board_path(const char *name)
{
	_cleanup_free_ char *file = xasprintf("%s.conf", name);

	return path_configuration("boards", file, NULL);
}

static char *vm_path(const char *name)
{
	return path_state("vm", name, "board.conf", NULL);
}

/* Not a destination: what ssh would take for an option, and anything but a single word. */
static bool is_destination(const char *text)
{
	if (!*text || *text == '-')
		return false;
	for (; *text; text++)
		if (isspace((unsigned char)*text) || iscntrl((unsigned char)*text))
			return false;
	return true;
}

static int set_key(const struct ini_entry *e, void *arg)
{
	struct board *board = arg;
	const struct {
		const char *key;
		char **field;
	} keys[] = {
		{ "destination", &board->destination },
		{ "ssh_config", &board->ssh_config },
		{ "power_cycle", &board->power_cycle },
	};

	for (size_t i = 0; e->key && i < ARRAY_SIZE(keys); i++)
		if (strcmp(e->key, keys[i].key) == 0 && *e->value)
			*keys[i].field = xstrdup(e->value);
	if (e->key && strcmp(e->key, "kind") == 0)
		board->is_vm = strcmp(e->value, "vm") == 0;
	return 0;
}

/* 0, -ENOENT (not logged), or -errno, logged as `level`. */
static int read_board(const char *file, const char *name, enum log_level level,
		      struct board **board)
{
	_cleanup_(board_freep) struct board *b = xcalloc(1, sizeof(*b));
	static const struct ini_key keys[] = {
		{ "destination" },
		{ "ssh_config", INI_OPTIONAL },
		{ "power_cycle", INI_OPTIONAL },
		{ "kind" },
		{ NULL },
	};
	const struct ini_syntax syntax = { .keys = keys, .level = level };
	int r;

	b->name = xstrdup(name);
	r = ini_read(file, &syntax, set_key, b);
	if (r < 0)
		return r;
	if (!b->destination || !is_destination(b->destination)) {
		log_message(level, "%s: 'destination' is missing or not an ssh destination", file);
		return -EINVAL;
	}
	*board = TAKE_PTR(b);
	return 0;
}

int board_find(const char *name, struct board **board)
{
	_cleanup_free_ char *known = NULL, *vm = NULL;
	int r = -ENOENT;

	if (!name)
		name = "vm";
	if (path_is_plain_name(name)) {
		known = board_path(name);
		vm = vm_path(name);
		r = read_board(known, name, LOG_LEVEL_ERROR, board);
		if (r == -ENOENT)
			r = read_board(vm, name, LOG_LEVEL_ERROR, board);
	}
	if (r != -ENOENT)
		return r;
	if (strcmp(name, "vm") == 0) {
		log_error("No virtual Pi yet, and no other board given");
		log_hint(
			"Run outpost vm up to create one, or outpost -b NAME to use another board");
		return -ENOENT;
	}
	if (!is_destination(name)) {
		log_error("'%s' is neither a board nor an ssh destination", name);
		log_hint("Run outpost board list to see the known boards");
		return -EINVAL;
	}
	*board = xcalloc(1, sizeof(**board));
	(*board)->name = xstrdup(name);
	(*board)->destination = xstrdup(name);
	return 0;
}

static int check_value(const char *key, const char *value)
{
	if (ini_can_hold(key, value))
		return 0;
	log_error("%s: '%s' cannot be stored in a board's file", key, value);
	log_hint(INI_VALUE_HINT);
	return -EINVAL;
}

static int check_new(const struct board *board)
{
	int r = 0;

	if (!path_is_plain_name(board->name)) {
		log_error("'%s' is not a valid board name", board->name);
		log_hint("Use up to 64 letters, digits, dots, dashes and underscores, and do not "
			 "start with a dot or dash");
		return -EINVAL;
	}
	if (strcmp(board->name, "vm") == 0 || strcmp(board->name, "full") == 0) {
		log_error("'%s' is the name of a virtual Pi (outpost vm up)", board->name);
		log_hint("Choose another name");
		return -EINVAL;
	}
	if (!is_destination(board->destination)) {
		log_error("'%s' is not an ssh destination", board->destination);
		log_hint("Use an argument for ssh, such as pi@raspberrypi or a Host in your ssh "
			 "configuration");
		return -EINVAL;
	}
	r = check_value("destination", board->destination);
	if (r == 0 && board->ssh_config)
		r = check_value("ssh_config", board->ssh_config);
	if (r == 0 && board->power_cycle)
		r = check_value("power_cycle", board->power_cycle);
	return r;
}

int board_add(const struct board *board)
{
	_cleanup_free_ char *file = NULL, *vm = NULL, *dir = path_configuration("boards", NULL);
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;
	int r = check_new(board);

	if (r < 0)
		return r;
	file = board_path(board->name);
	vm = vm_path(board->name);
	if (fs_is_there(file) || fs_exists(vm)) {
		log_error("Board '%s' exists already (%s)", board->name,
			  fs_is_there(file) ? file : "a virtual Pi");
		log_hint("Run outpost board remove %s, or choose another name", board->name);
		return -EEXIST;
	}
	strbuf_addf(&sb, "destination = %s\n", board->destination);
	if (board->ssh_config)
		strbuf_addf(&sb, "ssh_config = %s\n", board->ssh_config);
	if (board->power_cycle)
		strbuf_addf(&sb, "power_cycle = %s\n", board->power_cycle);
	r = fs_mkdir_p(dir, 0700);
	if (r == 0)
		r = fs_write_atomic(file, sb.buf, sb.len, 0600);
	return r < 0 ? log_error_errno(r, "Cannot write %s", file) : 0;
}

int board_remove(const char *name, struct board **removed)
{
	_cleanup_free_ char *file = NULL, *vm = NULL;

	if (!path_is_plain_name(name)) {
		log_error("'%s' is not a valid board name", name);
		return -EINVAL;
	}
	file = board_path(name);
	vm = vm_path(name);
	*removed = NULL;
	(void)read_board(file, name, LOG_LEVEL_DEBUG,
			 removed); /* a damaged one can be removed, too */
	if (unlink(file) == 0)
		return board_remove_behind(name);
	if (errno != ENOENT)
		return log_error_errno(-errno, "Cannot remove %s", file);
	if (fs_exists(vm)) {
		log_error("Board '%s' is a virtual Pi, which was not added", name);
		log_hint("Run outpost vm down to stop it");
		return -EINVAL;
	}
	log_error("There is no board '%s'", name);
	log_hint("Run outpost board list to see the known boards");
	return -ENOENT;
}

/* Adds the boards of one folder: files NAME.conf, or folders NAME that have a board.conf. */
static int list_folder(const char *dir, bool vms, char ***names)
{
	_cleanup_strv_ char **found = NULL;
	int r = fs_list(dir, &found);

	if (r < 0)
		return r == -ENOENT ? 0 : log_error_errno(r, "Cannot read %s", dir);
	strv_foreach (entry, found) {
		size_t n = strlen(*entry);
		_cleanup_free_ char *name = xstrdup(*entry);
		_cleanup_free_ char *file = path_join(dir, *entry, vms ? "board.conf" : NULL, NULL);

		if (!vms) {
			if (n <= strlen(".conf") || strcmp(name + n - 5, ".conf") != 0)
				continue;
			name[n - 5] = '\0';
		}
		if (path_is_plain_name(name) && fs_is_there(file) && !strv_contains(*names, name))
			strv_add(names, name);
	}
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int board_list(char ***names)
{
	_cleanup_free_ char *boards = path_configuration("boards", NULL);
	_cleanup_free_ char *vms = path_state("vm", NULL);
	_cleanup_strv_ char **found = xcalloc(1, sizeof(*found));
	int r = list_folder(boards, false, &found);

	if (r == 0)
		r = list_folder(vms, true, &found);
	if (r < 0)
		return r;
	qsort(found, strv_length(found), sizeof(*found), compare_names);
	*names = TAKE_PTR(found);
	return 0;
}
