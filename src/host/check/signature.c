// SPDX-License-Identifier: GPL-2.0-only
/* kernel/module/signing.c: module_sig_check(). */
#include "host/check/internal.h"

#include "common/alloc.h"
#include "host/check/check_keys.h"

static void enforce(struct check *check, const char *found)
{
	const struct check_kernel *k = check->kernel;
	bool forced = k->signatures_enforced || check_config(k, "CONFIG_MODULE_SIG_FORCE");

	if (!forced && !k->locked_down)
		return;
	check_add(
		check, CHECK_REFUSED, NULL, xstrdup("a signature by a key that the kernel trusts"),
		xstrdup(found),
		xstrdup(forced ? "The board requires signed modules (module.sig_enforce): sign it "
				 "with "
				 "scripts/sign-file and a key in its keyring"
			       : "The board is locked down (secure boot): sign it with "
				 "scripts/sign-file and a key that is enrolled on it"));
}

static void refuse(struct check *check, const char *found)
{
	check_add(check, CHECK_REFUSED, NULL, xstrdup("a valid signature, or none"), xstrdup(found),
		  xstrdup("Kernels reject a damaged signature even if they do not require one. "
			  "Sign it again, or remove the signature with strip --strip-debug."));
}

static void ask_who(struct check *check, const struct ko_signature *s)
{
	struct text content = { check->ko->image.buf, check->ko->size };

	switch (check_keys_ask(check->kernel->keys, s->message, content)) {
	case SIGNED_BROKEN: refuse(check, "a signature that is not a PKCS#7 message"); break;
	case SIGNED_CHANGED:
		refuse(check,
		       "a signature by a key that the kernel has, but of different contents");
		break;
	case SIGNED_BY_NONE:
		enforce(check, "a signature by a key that is not built into the kernel");
		break;
	case SIGNED_BY_SOMEBODY:
		check_add(check, CHECK_NOTED, NULL, xstrdup("a key that the kernel has"),
			  xstrdup("the keys of the kernel are not known"),
			  xstrdup("If the kernel has the key, it rejects a module that was "
				  "changed after it was signed"));
		break;
	case SIGNED_WELL: break;
	}
}

void check_signature(struct check *check)
{
	const struct ko_signature *s = &check->ko->signature;

	if (!check_config(check->kernel, "CONFIG_MODULE_SIG"))
		return;
	if (!s->present)
		enforce(check, "no signature");
	else if (s->torn)
		refuse(check, "a signature with inconsistent fields");
	else if (!s->pkcs7)
		enforce(check, "a signature of a type other than PKCS#7");
	else
		ask_who(check, s);
}
