// SPDX-License-Identifier: GPL-2.0-only
/* kernel/module/signing.c: module_sig_check(). */
#include "host/check_internal.h"

#include "common/alloc.h"

#include <string.h>

static void enforce(struct check *check, const char *found)
{
	const struct check_kernel *k = check->kernel;
	bool forced = k->signatures_enforced || check_config(k, "CONFIG_MODULE_SIG_FORCE");

	if (!forced && !k->locked_down)
		return;
	check_add(check, CHECK_REFUSED, NULL,
		  xstrdup("a signature with a key that the kernel trusts"), xstrdup(found),
		  xstrdup(forced ? "The board wants signed modules (module.sig_enforce): sign it "
				   "with "
				   "scripts/sign-file and a key in its keyring."
				 : "The board is locked down (secure boot): sign it with "
				   "scripts/sign-file and a key that is enrolled there."));
}

static void refuse(struct check *check, const char *found)
{
	check_add(check, CHECK_REFUSED, NULL, xstrdup("a sound signature, or none"), xstrdup(found),
		  xstrdup("Kernels refuse a damaged signature also where they want none. Sign it "
			  "anew, or take it off: strip --strip-debug does."));
}

/*
 * Does it look like a PKCS#7 SignedData, DER, of just this length? What is in
 * it, and whether it fits the module, only somebody with the key can tell.
 */
static bool is_signed_data(struct text m)
{
	static const char oid[] = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
	const unsigned char *p = (const unsigned char *)m.p;
	size_t n, length = 0;

	if (m.n < 4 || p[0] != 0x30) /* SEQUENCE */
		return false;
	n = p[1] & 0x7f;
	if (!(p[1] & 0x80))
		length = p[1];
	for (size_t i = 0; (p[1] & 0x80) && i < n; i++) {
		if (n > 4 || i + 2 >= m.n)
			return false;
		length = length << 8 | p[2 + i];
	}
	n = (p[1] & 0x80 ? n : 0) + 2; /* where the content begins */
	return n + length == m.n && length >= sizeof(oid) - 1 &&
	       memcmp(p + n, oid, sizeof(oid) - 1) == 0;
}

void check_signature(struct check *check)
{
	const struct ko_signature *s = &check->ko->signature;

	if (!check_config(check->kernel, "CONFIG_MODULE_SIG"))
		return;
	if (!s->present)
		enforce(check, "it is not signed");
	else if (s->torn)
		refuse(check, "the fields behind it contradict each other");
	else if (s->pkcs7 && !is_signed_data(s->message))
		refuse(check, "what stands there is no PKCS#7 message");
	else if (!s->pkcs7)
		enforce(check, "a signature that is no PKCS#7 message");
}
