// SPDX-License-Identifier: GPL-2.0-only
#include "host/check/check_keys.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "host/base/paths.h"
#include "host/base/unpack.h"

#include <gnutls/gnutls.h>
#include <gnutls/pkcs7.h>
#include <gnutls/x509.h>
#include <string.h>

struct check_keys {
	char *build, *release;
	bool looked;
	gnutls_x509_crt_t *certs;
	size_t n;
	struct check_asker asker;
};

struct check_keys *check_keys_new(const char *build, const char *release)
{
	struct check_keys *keys = xcalloc(1, sizeof(*keys));

	keys->build = xstrdup(build);
	keys->release = xstrdup(release);
	return keys;
}

void check_keys_free(struct check_keys *keys)
{
	if (!keys)
		return;
	for (size_t i = 0; i < keys->n; i++)
		gnutls_x509_crt_deinit(keys->certs[i]);
	free(keys->certs);
	free(keys->build);
	free(keys->release);
	free(keys);
}

/* --- finding certificates ------------------------------------------------------------- */

static gnutls_datum_t datum(struct text t)
{
	return (gnutls_datum_t){ (unsigned char *)(uintptr_t)t.p, (unsigned int)t.n };
}

/*
 * A certificate is a SEQUENCE of a SEQUENCE, longer than 255 bytes. Returns its length if one
 * may start here, else 0.
 */
static size_t certificate_at(struct text t)
{
	const unsigned char *p = (const unsigned char *)t.p;
	size_t n;

	if (t.n < 8 || p[0] != 0x30 || p[1] != 0x82 || p[4] != 0x30 || p[5] != 0x82)
		return 0;
	n = 4 + (size_t)(p[2] << 8 | p[3]);
	return n <= t.n && (size_t)(p[6] << 8 | p[7]) < n ? n : 0;
}

size_t check_keys_add(struct check_keys *keys, struct text data)
{
	size_t before = keys->n;

	while (data.n) {
		const char *next = memchr(data.p, 0x30, data.n);
		gnutls_datum_t der;
		gnutls_x509_crt_t cert;
		size_t n;

		if (!next)
			break;
		text_skip(&data, (size_t)(next - data.p));
		n = certificate_at(data);
		der = datum((struct text){ data.p, n });
		if (!n || gnutls_x509_crt_init(&cert) < 0) {
			text_skip(&data, 1);
			continue;
		}
		if (gnutls_x509_crt_import(cert, &der, GNUTLS_X509_FMT_DER) < 0) {
			gnutls_x509_crt_deinit(cert);
			text_skip(&data, 1);
			continue;
		}
		GROW(keys->certs, keys->n);
		keys->certs[keys->n++] = cert;
		text_skip(&data, n);
	}
	return keys->n - before;
}

static int add_file(struct check_keys *keys, const char *path)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = unpack_read(path, &text);

	if (r == 0)
		check_keys_add(keys, (struct text){ text.buf, text.len });
	return r;
}

int check_keys_extract(const char *path, struct strbuf *out)
{
	_cleanup_(check_keys_freep) struct check_keys *keys = check_keys_new("", "");
	int r = add_file(keys, path);

	for (size_t i = 0; i < keys->n; i++) {
		gnutls_datum_t der;

		if (gnutls_x509_crt_export2(keys->certs[i], GNUTLS_X509_FMT_DER, &der) < 0)
			continue;
		strbuf_add(out, der.data, der.size);
		gnutls_free(der.data);
	}
	return r;
}

void check_keys_add_asker(struct check_keys *keys, struct check_asker asker)
{
	keys->asker = asker;
}

static void look(struct check_keys *keys)
{
	_cleanup_free_ char *certificate = path_join(keys->build, "certs/signing_key.x509", NULL);
	_cleanup_free_ char *own = path_join(keys->build, "arch/arm64/boot/Image", NULL);
	_cleanup_free_ char *of_vm = path_cache("vm", keys->release, "vmlinuz", NULL);
	_cleanup_free_ char *booted = xasprintf("/boot/vmlinuz-%s", keys->release);
	const char *const places[] = { certificate, own, of_vm, booted };
	_cleanup_free_ char *asked = NULL;

	if (keys->looked)
		return;
	keys->looked = true;
	for (size_t i = 0; i < ARRAY_SIZE(places) && !keys->n; i++)
		(void)add_file(keys, places[i]);
	if (!keys->n && keys->asker.ask)
		asked = keys->asker.ask(keys->asker.arg, CHECK_KEYS);
	if (asked)
		(void)add_file(keys, asked);
}

/* --- who signed -------------------------------------------------------------------------- */

static bool equal(gnutls_datum_t a, gnutls_datum_t b)
{
	return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

static bool is_signer(gnutls_x509_crt_t cert, const gnutls_pkcs7_signature_info_st *info)
{
	unsigned char serial[64], id[64];
	size_t serial_size = sizeof(serial), id_size = sizeof(id);
	gnutls_datum_t issuer = { 0 };
	bool same;

	if (info->signer_serial.size) {
		if (gnutls_x509_crt_get_serial(cert, serial, &serial_size) < 0 ||
		    gnutls_x509_crt_get_raw_issuer_dn(cert, &issuer) < 0)
			return false;
		same = equal(info->signer_serial,
			     (gnutls_datum_t){ serial, (unsigned int)serial_size }) &&
		       equal(info->issuer_dn, issuer);
		gnutls_free(issuer.data);
		return same;
	}
	return gnutls_x509_crt_get_subject_key_id(cert, id, &id_size, NULL) == 0 &&
	       equal(info->issuer_keyid, (gnutls_datum_t){ id, (unsigned int)id_size });
}

static enum check_signed ask(struct check_keys *keys, gnutls_pkcs7_t message, struct text content)
{
	gnutls_pkcs7_signature_info_st info;
	gnutls_datum_t data = datum(content);
	enum check_signed who = SIGNED_BY_NONE;

	if (gnutls_pkcs7_get_signature_info(message, 0, &info) < 0)
		return SIGNED_BROKEN;
	if (keys)
		look(keys);
	if (!keys || !keys->n)
		who = SIGNED_BY_SOMEBODY;
	for (size_t i = 0; keys && i < keys->n; i++)
		if (is_signer(keys->certs[i], &info))
			who = gnutls_pkcs7_verify_direct(message, keys->certs[i], 0, &data, 0) < 0
				      ? SIGNED_CHANGED
				      : SIGNED_WELL;
	gnutls_pkcs7_signature_info_deinit(&info);
	return who;
}

enum check_signed check_keys_ask(struct check_keys *keys, struct text message, struct text content)
{
	gnutls_datum_t der = datum(message);
	enum check_signed who = SIGNED_BROKEN;
	gnutls_pkcs7_t parsed;

	if (gnutls_pkcs7_init(&parsed) < 0)
		return SIGNED_BROKEN;
	if (gnutls_pkcs7_import(parsed, &der, GNUTLS_X509_FMT_DER) == 0)
		who = ask(keys, parsed, content);
	gnutls_pkcs7_deinit(parsed);
	return who;
}
