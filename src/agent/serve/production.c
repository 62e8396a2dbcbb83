// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the account outpost-prod may ask for. sshd forces its key on "outpost-agent serve
 * production", and its sudoers rule names exactly these words, so the list below is all that the
 * key is worth: it never loads a module. What it deploys must be in PROMOTED, a file of root's
 * with one line for each module: the file's hash in hexadecimal (BLAKE2b-256), a space, its name.
 */
#include "agent/serve/serve.h"

#include "common/cleanup.h"
#include "common/hex.h"

#include <stdio.h>
#include <string.h>

#define PROMOTED "/etc/outpost/promoted"

/* NULL: a file of any name. */
static bool is_promoted(const char *root, const uint8_t *hash, size_t size, const char *name)
{
	_cleanup_fclose_ FILE *f = NULL;
	char path[DIRS_MAX], line[256], wanted[HEX_SIZE(HASH_SIZE)];

	if (size != HASH_SIZE)
		return false;
	hex_encode(wanted, hash, HASH_SIZE);
	snprintf(path, sizeof(path), "%s" PROMOTED, root);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, wanted, strlen(wanted)) != 0 || line[strlen(wanted)] != ' ')
			continue;
		if (!name || strcmp(line + strlen(wanted) + 1, name) == 0)
			return true;
	}
	return false;
}

/* Requests that only read. Hello has its answer already. */
static bool only_reads(const outpost_Request *q)
{
	switch (q->which_body) {
	case outpost_Request_attach_tag:
	case outpost_Request_follow_tag:
	case outpost_Request_runs_tag:
	case outpost_Request_survival_tag:
	case outpost_Request_status_tag:
	case outpost_Request_condition_tag: return true;
	case outpost_Request_provision_tag:
		return q->body.provision.what == outpost_Provision_What_LOOK;
	default: return false;
	}
}

bool production_allows(const char *root, const outpost_Request *q, const char **why)
{
	const outpost_Blob *blob = &q->body.blob;
	const outpost_Deploy *deploy = &q->body.deploy;

	if (only_reads(q))
		return true;
	switch (q->which_body) {
	case outpost_Request_blob_tag:
		*why = "send a file that is not in " PROMOTED;
		return is_promoted(root, blob->hash.bytes, blob->hash.size, NULL);
	case outpost_Request_deploy_tag:
		*why = "deploy a module that is not in " PROMOTED;
		return is_promoted(root, deploy->hash.bytes, deploy->hash.size, deploy->name);
	case outpost_Request_provision_tag: *why = "change the board"; return false;
	case outpost_Request_pull_tag: *why = "read files of the kernel"; return false;
	default: *why = "run, load or unload modules"; return false;
	}
}
