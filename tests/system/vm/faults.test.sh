# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A few of the two hundred rounds of `make soak`. SEED=N chooses others.

soak_faults() { # OPTION...
	"$TOP/tests/tools/soak-faults" -e -s "${SEED:-10}" "$@" ||
		fail "$(head -c 100000 failed/*/* 2>/dev/null)"
}

# A killed agent and a reset. cut.test.sh has a short cut of the link and a killed supervisor.
test_faults_at_some_moments() {
	needs_vm
	soak_faults -r "4 8"
}

test_faults_at_random_moments() {
	needs_vm
	long_test
	soak_faults -n 10
}
