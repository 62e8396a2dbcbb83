// SPDX-License-Identifier: GPL-2.0-only
/*
 * ramoops and the watchdog in config.txt. The firmware can try another file once: if it was told
 * so ("0 tryboot" as the argument of the restart), it reads tryboot.txt instead, and forgets it.
 * So a board that does not come up with the new lines, and is switched off and on or reset by
 * its watchdog, is back with the old ones. See "Fail-safe OS updates (tryboot)" in the Raspberry
 * Pi documentation; /proc/device-tree/chosen/bootloader/tryboot is there if the firmware can do
 * it, and 1 during such a try.
 */
#include "agent/provision/step.h"

#include "agent/guard/guard.h"
#include "agent/provision/config_txt.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TRYBOOT "/proc/device-tree/chosen/bootloader/tryboot"

/* boot_id of the boot in which the file to try was written. */
#define TRIAL "boot.trial"

/* 64 KiB for each record, instead of 16; three of them, and as much of the console's log. */
#define RAMOOPS_SIZES "total-size=0x40000,record-size=0x10000,console-size=0x10000"

static const char *skip(struct provision *p)
{
	if (!board_is_pi(p->dirs))
		return provision_skip(p, "not a Raspberry Pi, so there is no config.txt");
	if (!board_config_txt(p->dirs))
		return provision_skip(p, "neither /boot/firmware/config.txt nor /boot/config.txt "
					 "exists: is the boot partition mounted?");
	return NULL;
}

/* --- the lines ------------------------------------------------------------------------ */

/*
 * Two overlays, because the addresses of later models have 64 bits: ramoops silently does nothing
 * there, unless the firmware's overlay_map replaces it.
 */
static const char *overlay(const struct provision *p)
{
	return board_is_compatible(p->dirs, "brcm,bcm2711") ||
			       board_is_compatible(p->dirs, "brcm,bcm2712")
		       ? "ramoops-pi4"
		       : "ramoops";
}

/* What the user's own lines do not say already. */
static void wanted_lines(const struct provision *p, const char *text, struct strbuf *lines)
{
	if (p->undo)
		return;
	if (!config_txt_has(text, "dtoverlay=ramoops"))
		strbuf_addf(lines, "dtoverlay=%s," RAMOOPS_SIZES "\n", overlay(p));
	if (!config_txt_has(text, "dtparam=watchdog"))
		strbuf_adds(lines, "dtparam=watchdog=on\n");
}

static int check_overlay(struct provision *p, const char *config)
{
	char path[256];

	snprintf(path, sizeof(path), "%.*s/overlays/%s.dtbo", (int)(strrchr(config, '/') - config),
		 config, overlay(p));
	return provision_exists(p, path)
		       ? 0
		       : provision_fail(p, -ENOENT,
					"The firmware has no %s: upgrade the board (--upgrade)",
					path);
}

/* --- the try ---------------------------------------------------------------------------- */

/* The path of the file beside config.txt. */
static const char *beside(const char *config, const char *name, char path[256])
{
	snprintf(path, 256, "%.*s/%s", (int)(strrchr(config, '/') - config), config, name);
	return path;
}

static bool can_try(const struct provision *p)
{
	return provision_exists(p, TRYBOOT);
}

/* A big-endian number: Devicetree Specification, 2.2.4. */
static bool is_try(const struct provision *p)
{
	_cleanup_(strbuf_release) struct strbuf cell = STRBUF_INIT;

	return provision_read(p, TRYBOOT, &cell) == 0 && cell.len == 4 && cell.buf[3] == 1;
}

static void boot_id(const struct provision *p, char id[40])
{
	guard_read(p->dirs, "/proc/sys/kernel/random/boot_id", id, 40);
	id[strcspn(id, "\n")] = '\0';
}

enum trial {
	TRIAL_NONE,
	TRIAL_WAITS, /* for a restart */
	TRIAL_RUNS,  /* the board has started with it */
	TRIAL_OVER,  /* the board has restarted, and is without it */
};

static enum trial trial_state(const struct provision *p)
{
	char then[40], now[40];

	if (!provision_recall(p, TRIAL, then, sizeof(then)))
		return TRIAL_NONE;
	boot_id(p, now);
	if (strcmp(then, now) == 0)
		return TRIAL_WAITS;
	return is_try(p) ? TRIAL_RUNS : TRIAL_OVER;
}

bool board_boot_is_tried(const struct provision *p)
{
	const char *config = board_config_txt(p->dirs);
	char path[256];

	return config && can_try(p) && trial_state(p) == TRIAL_WAITS &&
	       provision_exists(p, beside(config, "tryboot.txt", path));
}

static int write_file(struct provision *p, const char *path, const char *text)
{
	int r = provision_write(p, path, text, 0755); /* as all files on a FAT */

	if (r == 0)
		sync();
	return r < 0 ? provision_fail(p, r, "Cannot write %s: %s", path, log_reason(r)) : 0;
}

/* Writes what the next start shall use. */
static int begin(struct provision *p, const char *config, const char *old, const char *new)
{
	char path[256], id[40];
	int r;

	boot_id(p, id);
	r = provision_remember(p, TRIAL, id);
	if (r < 0)
		return provision_fail(p, r, "Cannot write to " PROVISION_STATE ": %s",
				      log_reason(r));
	if (can_try(p))
		return write_file(p, beside(config, "tryboot.txt", path), new);
	r = write_file(p, beside(config, "config.before-outpost.txt", path), old);
	return r < 0 ? r : write_file(p, config, new);
}

static void end(struct provision *p, const char *config)
{
	char path[256];

	(void)provision_remove(p, beside(config, "tryboot.txt", path));
	provision_forget(p, TRIAL);
}

/* --- the step ----------------------------------------------------------------------------- */

/* Is it in effect? */
static int prove(struct provision *p)
{
	if (!board_reserves_ramoops(p->dirs))
		return provision_fail(p, -EIO,
				      "The firmware reserved no memory for ramoops: sudo "
				      "vclog --msg shows why");
	if (!guard_has_pstore(p->dirs))
		return provision_fail(p, -EIO,
				      "Memory is reserved for ramoops, but the kernel does "
				      "not use it: sudo modprobe ramoops shows why");
	if (!guard_has_watchdog(p->dirs))
		return provision_fail(p, -EIO, "There is no watchdog device");
	return 0;
}

/* The board has started with tryboot.txt: keep it if it does what it should. */
static int keep(struct provision *p, const char *config, const char *new)
{
	int r;

	provision_note(p, "keep the lines that this start has tried, in %s", config);
	if (p->look)
		return 0;
	r = prove(p);
	if (r == 0)
		r = write_file(p, config, new);
	end(p, config);
	return r;
}

static int give_up(struct provision *p, const char *config)
{
	provision_note(p, "try again: the last try ended with the old %s", config);
	if (p->look)
		return 0;
	end(p, config);
	return provision_fail(
		p, -EIO,
		"The board did not come up with the new lines and is back with the old "
		"%s, or its kernel or firmware cannot try a file",
		config);
}

static int set_lines(struct provision *p, const char *config, const char *old, const char *new)
{
	enum trial state = p->undo ? TRIAL_NONE : trial_state(p);
	char path[256];

	if (state == TRIAL_RUNS)
		return keep(p, config, new);
	if (state == TRIAL_OVER && can_try(p))
		return give_up(p, config);
	p->restart = true;
	if (p->undo)
		provision_note(p, "remove the lines from %s", config);
	else if (can_try(p))
		provision_note(p, "restart the board, to try the lines once (tryboot)");
	else
		provision_note(p, "write the lines to %s, and restart the board", config);
	if (p->look)
		return 0;
	if (p->undo)
		return write_file(p, config, new);
	if (state == TRIAL_NONE && can_try(p) &&
	    provision_exists(p, beside(config, "tryboot.txt", path)))
		return provision_fail(p, -EEXIST, "Another program uses %s", path);
	return begin(p, config, old, new);
}

static void note_lines(struct provision *p, const char *lines)
{
	struct text rest = { lines, strlen(lines) }, line;

	while (text_line(&rest, &line))
		provision_note(p, "add %.*s", (int)line.n, line.p);
}

/* The lines are there; if the firmware could not try them, the board may not have them yet. */
static void note_restart(struct provision *p)
{
	if (trial_state(p) != TRIAL_WAITS) {
		provision_forget(p, TRIAL);
	} else if (!p->undo) {
		p->restart = true;
		provision_note(p, "restart the board");
	}
}

static int change(struct provision *p)
{
	_cleanup_(strbuf_release) struct strbuf old = STRBUF_INIT, new = STRBUF_INIT;
	_cleanup_(strbuf_release) struct strbuf now = STRBUF_INIT, lines = STRBUF_INIT;
	const char *config = board_config_txt(p->dirs);
	int r = config ? provision_read(p, config, &old) : -ENOENT;

	if (!config && p->undo)
		return 0;
	if (r < 0)
		return provision_fail(p, r, "Cannot read config.txt: %s", log_reason(r));
	config_txt_block(old.buf, &now);
	wanted_lines(p, old.buf, &lines);
	if (strcmp(now.buf, lines.buf) == 0) {
		note_restart(p);
		return 0;
	}
	if (strstr(lines.buf, "dtoverlay="))
		r = check_overlay(p, config);
	if (r < 0)
		return r;
	note_lines(p, lines.buf);
	config_txt_with(old.buf, lines.buf, &new);
	return set_lines(p, config, old.buf, new.buf);
}

const struct board_step step_boot = {
	.name = "boot",
	.skip = skip,
	.change = change,
	.prove = prove,
};
