/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A step, as its file describes it. The functions of a step work on a struct provision, which
 * decides whether they only note what they would do: so a dry run cannot differ from the real
 * one.
 */
#ifndef OUTPOST_AGENT_STEP_H
#define OUTPOST_AGENT_STEP_H

#include "agent/base/dirs.h"
#include "common/strbuf.h"

#include <stdbool.h>

/* Where steps keep what they must remember; see provision_remember(). */
#define PROVISION_STATE "/var/lib/outpost/provision"

struct provision {
	const struct dirs *dirs;
	const outpost_Provision *request;
	outpost_Provisioned *reply;
	bool look;       /* change nothing: only note what would change */
	bool undo;       /* take away what the step made */
	bool changed;    /* something was changed, or is to be changed */
	bool restart;    /* it takes effect when the board restarts */
	bool unattended; /* a rollback, perhaps while the board starts: wait for no service */
};

/* What a step is. All but `name` and `change` may be NULL. All return 0 or -errno, except `skip`. */
struct board_step {
	const char *name;
	/* Why this board has no use for it, or cannot have it; NULL: it does. */
	const char *(*skip)(struct provision *p);
	/* Makes files, folders and such what they should be; by the helpers below. */
	int (*change)(struct provision *p);
	/* Makes the change take effect. Also after it was undone. */
	int (*apply)(struct provision *p);
	/* Is it in effect? If not, says why with provision_fail(). */
	int (*prove)(struct provision *p);
	bool confirm; /* it might lock the host out: see unconfirmed.c */
};

extern const struct board_step step_packages, step_headers, step_folders, step_sudo, step_account,
	step_journal, step_sysctl, step_watchdog, step_ssh, step_firewall, step_boot;

/* NULL: there is no such step. */
const struct board_step *provision_find(const char *name);

/* Adds a line to the reply: what is done, as an order, "write /etc/x". */
void provision_note(struct provision *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Sets why the step failed (or is skipped), unless that is known already. Returns r. */
int provision_fail(struct provision *p, int r, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
const char *provision_skip(struct provision *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* --- files: `path` is absolute, and below dirs->root in tests ------------------------- */

void provision_path(const struct provision *p, char full[DIRS_MAX], const char *path);
bool provision_exists(const struct provision *p, const char *path);
/* Appends the file, at most 1 MiB. 0 or -errno. */
int provision_read(const struct provision *p, const char *path, struct strbuf *text);

/*
 * The file shall have this text and mode, and be root's; or, while undoing, not exist. Notes the
 * difference, and writes the file (by rename, with its folder) unless p only looks.
 */
int provision_file(struct provision *p, const char *path, const char *text, mode_t mode);
/* The same for a file that shall not exist, also while doing. */
int provision_no_file(struct provision *p, const char *path);
/* These write in any case, and note nothing. */
int provision_write(const struct provision *p, const char *path, const char *text, mode_t mode);
int provision_remove(const struct provision *p, const char *path);

/* --- programs --------------------------------------------------------------------- */

/*
 * Runs a program, with root's PATH and no locale, for at most an hour. `output` NULL: only its
 * last line is kept, to explain a failure. Returns its exit status or -errno, and says nothing.
 */
int provision_run(const struct provision *p, char *const *argv, struct strbuf *output);
/* As provision_run(), but a failure is the step's: 0 or -errno, with provision_fail(). */
int provision_must(struct provision *p, char *const *argv);
bool provision_has_program(const struct provision *p, const char *name);
bool provision_has_systemd(const struct provision *p);

/* --- what must outlive a restart -------------------------------------------------- */

/* A small file of PROVISION_STATE. 0 or -errno. */
int provision_remember(const struct provision *p, const char *name, const char *text);
bool provision_recall(const struct provision *p, const char *name, char *text, size_t size);
void provision_forget(const struct provision *p, const char *name);

/* --- unconfirmed.c ---------------------------------------------------------------- */

#define UNCONFIRMED_S 90

/* Call before the change. From now on the board undoes it, unless it is confirmed. */
int unconfirmed_begin(struct provision *p);
/* Keeps the change, or has just undone it. */
int unconfirmed_end(struct provision *p);
/* The name of the step that is to be confirmed; false: none. */
bool unconfirmed_step(const struct provision *p, char *name, size_t size);

/* --- dpkg.c ----------------------------------------------------------------------- */

bool dpkg_is_there(const struct dirs *dirs);
/* Is the package installed? Its version, if `version` is not NULL. */
bool dpkg_installed(const struct dirs *dirs, const char *package, char *version, size_t size);

/* systemd's watchdog timeout in seconds; 0: none, or unknown. */
unsigned int provision_systemd_watchdog_s(const struct provision *p);

/* Is the next start to try another config.txt? */
bool board_boot_is_tried(const struct provision *p);

/* --- a Raspberry Pi --------------------------------------------------------------- */

bool board_is_pi(const struct dirs *dirs);
/* The device tree's root is compatible with this, "brcm,bcm2711". */
bool board_is_compatible(const struct dirs *dirs, const char *what);
/* Is memory reserved for ramoops? */
bool board_reserves_ramoops(const struct dirs *dirs);
/* The firmware's configuration, "/boot/firmware/config.txt", or NULL. */
const char *board_config_txt(const struct dirs *dirs);

#endif
