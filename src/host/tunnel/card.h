/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The boot partition of a freshly flashed card, so that a Pi accepts an invitation at its first boot
 * (`outpost tunnel invite --boot DIR`). Two kinds of Raspberry Pi OS exist:
 *
 *	up to bookworm		Raspberry Pi Imager sets the system up through firstrun.sh, which
 *				systemd.run= in cmdline.txt runs (imager's downloadthread.cpp,
 *				systemd-run-generator(8)). Both may be there already: the new word goes
 *				before Imager's, whose script removes all that follows its own.
 *				The partition is mounted on /boot/firmware, in bullseye and before on
 *				/boot; bookworm's initramfs (imager_fixup of raspberrypi-sys-mods) puts
 *				/boot/firmware for each /boot in the line if Imager's word is in it.
 *	from trixie on		cloud-init reads user-data, meta-data and network-config from the partition
 *				(datasource NoCloud, pi-gen stage2/04-cloud-init). The images come with
 *				all three, so they tell the two kinds apart.
 *
 * cloud-init reads user-data once. After the first boot of a card, changes have no effect.
 */
#ifndef OUTPOST_TUNNEL_CARD_H
#define OUTPOST_TUNNEL_CARD_H

#include "host/tunnel/invite.h"

#define CARD_FOLDER "outpost-join"

enum card_kind {
	CARD_FIRSTRUN,   /* cmdline.txt */
	CARD_CLOUD_INIT, /* user-data */
};

/*
 * Edit the text of cmdline.txt or user-data. Nothing that is there is changed or lost. 1 if it was
 * edited, 0 if it had what it needs, -EINVAL if it is of a form that cannot be merged with; *why is then
 * a clause. `old_image`: the partition is mounted on /boot.
 */
int card_edit_cmdline(const struct strbuf *old, bool old_image, struct strbuf *edited,
		      const char **why);
int card_edit_user_data(const struct strbuf *old, struct strbuf *edited, const char **why);

/*
 * Looks at the partition before anything else is done. 0 or -errno, logged: -ENOENT if it does not look
 * like one, -EINVAL if its files cannot be merged with.
 */
int card_check(const char *dir, enum card_kind *kind);

/* Writes the invitation and edits one file. 0 or -errno, logged. */
int card_write(const char *dir, const struct invite *invite);

#endif
