// SPDX-License-Identifier: GPL-2.0-only
/*
 * Debian's libzstd also reads what zstd 0.5 to 0.7 wrote in 2015 and 2016. Nothing sends that to a
 * board; so the agent, which is static, does without these decoders: 85 KB, and code that untrusted
 * bytes could reach. Here are the functions through which ZSTD_decompress() and its kin would call
 * them. Each fails: those that return a pointer with NULL, the others with (size_t)-1, which is an
 * error (ZSTD_isError()). The linker then takes no more of them from the library.
 */
#include <stddef.h>

#define FAILS(name)                \
	size_t name(void);         \
	size_t name(void)          \
	{                          \
		return -(size_t)1; \
	}
#define MAKES_NOTHING(name)  \
	void *name(void);    \
	void *name(void)     \
	{                    \
		return NULL; \
	}

/* They free NULL, which is right. */
#define FREES(name)        \
	size_t name(void); \
	size_t name(void)  \
	{                  \
		return 0;  \
	}

/* clang-format off */
#define VERSION(v) \
	MAKES_NOTHING(ZBUFFv##v##_createDCtx) \
	FAILS(ZBUFFv##v##_decompressInitDictionary) \
	FAILS(ZBUFFv##v##_decompressContinue) \
	FREES(ZBUFFv##v##_freeDCtx) \
	MAKES_NOTHING(ZSTDv##v##_createDCtx) \
	FAILS(ZSTDv##v##_decompress_usingDict) \
	FAILS(ZSTDv##v##_getFrameParams) \
	FREES(ZSTDv##v##_freeDCtx) \
	void ZSTDv##v##_findFrameSizeInfoLegacy(const void *frame, size_t size, size_t *compressed, \
						unsigned long long *content); \
	void ZSTDv##v##_findFrameSizeInfoLegacy(const void *frame, size_t size, size_t *compressed, \
						unsigned long long *content) \
	{ \
		(void)frame; \
		(void)size; \
		*compressed = -(size_t)1; \
		*content = -2ULL; /* ZSTD_CONTENTSIZE_ERROR */ \
	}
/* clang-format on */

VERSION(05)
VERSION(06)
VERSION(07)
