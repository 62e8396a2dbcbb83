// SPDX-License-Identifier: GPL-2.0-only
#include "host/check_board.h"

#include <stdio.h>
#include <string.h>

void check_board_keep(const struct board *board, const outpost_Welcome *welcome)
{
	struct recall_facts facts = {
		.page_size = welcome->page_size,
		.signatures_enforced = welcome->sig_enforce,
		.locked_down = welcome->locked_down,
	};

	proto_set(facts.release, welcome->release);
	recall_set_facts(board, &facts);
}

void check_board_add(struct check_kernel *kernel, const struct board *board)
{
	struct recall_facts facts;

	if (recall_facts(board, &facts) && strcmp(facts.release, kernel->release) == 0)
		check_kernel_add_board(kernel, facts.page_size, facts.signatures_enforced,
				       facts.locked_down);
}
