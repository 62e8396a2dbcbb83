# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Ten rounds of what `make soak` does two hundred of; SEED=... for others.

test_faults_at_random_moments() {
	needs_vm
	"$TOP/tests/tools/soak-faults" -e -n 10 -s "${SEED:-10}" || fail "$(head -c 100000 failed/*/* 2>/dev/null)"
}
