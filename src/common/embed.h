/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes a file of the source tree a part of the program: EMBED(NAME, "FILE") declares NAME, the
 * text with a NUL at its end, and NAME_end, which points to that NUL. The Makefile must make the
 * object depend on FILE.
 */
#ifndef OUTPOST_EMBED_H
#define OUTPOST_EMBED_H

/*
 * The names are global because the compiler assumes so and goes through the GOT: if they were
 * local, the assembler and linker of arm64 would use the start of the section in their GOT
 * entries.
 */
/* NOLINTBEGIN(bugprone-macro-parentheses): the assembler takes a name in quotes */
#define EMBED(name, file)                                                                   \
	__asm__(".section .rodata\n"                                                        \
		".global " #name ", " #name "_end\n" #name ": .incbin \"" file "\"\n" #name \
		"_end: .byte 0\n"                                                           \
		".previous\n");                                                             \
	extern const char name[], name##_end[]
/* NOLINTEND(bugprone-macro-parentheses) */

#endif
