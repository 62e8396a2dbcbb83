// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program in the virtual Pi's initramfs: adds standard input (at most 64 bytes) to the kernel's
 * entropy and reseeds the random number generator from it. All vms that continue from one saved
 * state have the same generator state, and busybox can write to /dev/random but not reseed it
 * (random(4), RNDADDENTROPY and RNDRESEEDCRNG). Freestanding: needs no C library for arm64.
 */
#define SYS_IOCTL  29
#define SYS_OPENAT 56
#define SYS_READ   63
#define SYS_EXIT   93

#define AT_FDCWD      -100
#define O_RDWR        2
#define RNDADDENTROPY 0x40085203
#define RNDRESEEDCRNG 0x5207

struct pool_info {
	int bits, bytes;
	char seed[64];
};

static long call(long number, long a, long b, long c)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = 0;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
}

void _start(void);

void _start(void)
{
	static struct pool_info info;
	long fd = call(SYS_OPENAT, AT_FDCWD, (long)"/dev/random", O_RDWR);

	info.bytes = (int)call(SYS_READ, 0, (long)info.seed, sizeof(info.seed));
	info.bits = info.bytes * 8;
	call(SYS_EXIT,
	     fd < 0 || info.bytes < 32 || call(SYS_IOCTL, fd, RNDADDENTROPY, (long)&info) < 0 ||
		     call(SYS_IOCTL, fd, RNDRESEEDCRNG, 0) < 0,
	     0, 0);
	__builtin_unreachable();
}
