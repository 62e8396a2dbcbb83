// SPDX-License-Identifier: GPL-2.0-only
#include <signal.h>

int main(void)
{
	return raise(SIGSEGV);
}
