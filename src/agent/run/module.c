// SPDX-License-Identifier: GPL-2.0-only
#include "agent/run/module.h"

#include "common/cleanup.h"
#include "common/clock.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int module_load(const void *arg, struct step_report *report)
{
	const struct module_load *load = arg;
	_cleanup_close_ int fd = open(load->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_finit_module, fd, load->params, 0) < 0)
		report->error = errno;
	return report->error != 0;
}

/* Finds the line of /proc/modules: "name size refcount users, state address". */
static bool find_line(const char *name, char *line, size_t size)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/modules", "re");
	size_t n = strlen(name);

	while (f && fgets(line, (int)size, f))
		if (strncmp(line, name, n) == 0 && line[n] == ' ')
			return true;
	return false;
}

bool module_is_loaded(const char *name)
{
	char line[1024];

	/* If that is unknown, it is not gone: "gone" would be evidence. */
	return find_line(name, line, sizeof(line)) || access("/proc/modules", R_OK) < 0;
}

static void append(char *text, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void append(char *text, size_t size, const char *fmt, ...)
{
	size_t n = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + n, size - n, fmt, ap);
	va_end(ap);
}

bool module_drives(const char *root, const char *module, dev_t device)
{
	char path[256], target[512];
	const char *slash;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/sys/dev/char/%u:%u/device/driver/module", root,
		 major(device), minor(device));
	n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0)
		return false;
	target[n] = '\0';
	slash = strrchr(target, '/');
	return slash && strcmp(slash + 1, module) == 0;
}

/* For a user, a node with the module's name in it belongs to the module. */
static bool looks_like_ours(const char *target, const char *module)
{
	const char *base = strrchr(target, '/');
	struct stat st;

	if (strncmp(target, "/dev/", 5) != 0 && strncmp(target, "/proc/", 6) != 0 &&
	    strncmp(target, "/sys/kernel/debug/", 18) != 0)
		return false;
	if (strstr(base, module))
		return true;
	return stat(target, &st) == 0 && S_ISCHR(st.st_mode) &&
	       module_drives("", module, st.st_rdev);
}

static bool process_holds(const char *pid, const char *module, char *target, size_t size)
{
	char path[300];
	_cleanup_closedir_ DIR *dir = NULL;
	const struct dirent *entry;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/%s/fd/%.20s", pid, entry->d_name);
		n = readlink(path, target, size - 1);
		if (n <= 0)
			continue;
		target[n] = '\0';
		if (looks_like_ours(target, module))
			return true;
	}
	return false;
}

static void name_processes(const char *module, char *detail, size_t size)
{
	_cleanup_closedir_ DIR *dir = opendir("/proc");
	const struct dirent *entry;
	int named = 0;

	while (dir && named < 4 && (entry = readdir(dir))) {
		char target[256], path[300], comm[32];
		_cleanup_close_ int fd = -1;
		ssize_t n;

		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !process_holds(entry->d_name, module, target, sizeof(target)))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		n = fd < 0 ? 0 : read(fd, comm, sizeof(comm) - 1);
		comm[n > 0 ? n - 1 : 0] = '\0';
		append(detail, size, "; %s (pid %s) has %s open", comm, entry->d_name, target);
		named++;
	}
}

static uint64_t section_address(const char *folder, const char *section)
{
	char path[400], text[32];
	_cleanup_close_ int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", folder, section);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	return strtoull(text, NULL, 16);
}

size_t module_code(const char *name, outpost_CodeSection *list, size_t max)
{
	_cleanup_closedir_ DIR *dir = NULL;
	const struct dirent *entry;
	char folder[128];
	size_t n = 0;

	snprintf(folder, sizeof(folder), "/sys/module/%s/sections", name);
	dir = opendir(folder);
	while (dir && n < max && (entry = readdir(dir))) {
		/* sysfs does not show flags, but code sections are named .text, .init.text, ... */
		if (!strstr(entry->d_name, "text") || strlen(entry->d_name) >= sizeof(list[n].name))
			continue;
		list[n].address = section_address(folder, entry->d_name);
		if (list[n].address)
			proto_set(list[n].name, entry->d_name);
		n += list[n].address != 0;
	}
	return n;
}

static void name_holders(const char *module, char *detail, size_t size)
{
	char line[1024], *rest = line;
	const char *fields[4];

	if (!find_line(module, line, sizeof(line)))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		fields[i] = strsep(&rest, " ");
		if (!fields[i])
			return;
	}
	append(detail, size, "reference count %s", fields[2]);
	if (strcmp(fields[3], "-") != 0) /* "one,other," */
		append(detail, size, "; used by %.*s", (int)strlen(fields[3]) - 1, fields[3]);
	name_processes(module, detail, size);
}

int module_unload(const void *arg, struct step_report *report)
{
	const struct module_unload *unload = arg;
	uint64_t deadline = boottime_us() + unload->limit_ms * 1000ull;
	long pause_us = 2000;

	for (;;) {
		report->tries++;
		report->error =
			syscall(SYS_delete_module, unload->name, O_NONBLOCK) < 0 ? errno : 0;
		if (!report->error)
			return 0;
		if ((report->error != EAGAIN && report->error != EBUSY) ||
		    boottime_us() >= deadline)
			break;
		usleep((useconds_t)pause_us);
		if (pause_us < 100000)
			pause_us *= 2;
	}
	name_holders(unload->name, report->detail, sizeof(report->detail));
	return 1;
}

int module_probe(const void *arg, struct step_report *report)
{
	const struct module_probe *probe = arg;
	const char *const load[] = { "modprobe", "--", probe->name, NULL };
	const char *const remove[] = { "modprobe", "-r", "--", probe->name, NULL };

	setenv("PATH", "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin", 1);
	execvp("modprobe", (char *const *)(probe->remove ? remove : load));
	report->error = errno;
	snprintf(report->detail, sizeof(report->detail), "cannot execute modprobe");
	return 127;
}

int module_program(const void *arg, struct step_report *report)
{
	const struct module_program *program = arg;
	const char *argv[2 + 16] = { program->path };

	for (pb_size_t i = 0; i < program->plan->args_count; i++)
		argv[1 + i] = program->plan->args[i];
	clearenv();
	setenv("PATH", "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin", 1);
	/* Not /tmp: Python, for one, runs what it finds below HOME, which anybody could put there. */
	setenv("HOME", program->dir, 1);
	setenv("TMPDIR", program->dir, 1);
	setenv("LC_ALL", "C", 1);
	setenv("OUTPOST_MODULE", program->module, 1);
	if (chdir(program->dir) == 0)
		execv(program->path, (char *const *)argv);
	report->error = errno;
	return 127;
}
