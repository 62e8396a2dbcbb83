# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# For make soak-nat: what takes longer than a quarter of an hour. Tables go to the folder $RESULTS.

. tests/system/nat/faults.sh

test_a_thousand_forced_cuts() {
	long_test
	make_tunnel
	force_cuts "${CUTS:-1000}"
}

test_faults_beside_autossh() {
	local fault i
	long_test
	make_tunnel
	make_autossh
	for fault in "${FAULTS[@]}" link_60; do
		for ((i = 0; i < ${ROUNDS:-5}; i++)); do
			if [ "$i" -lt 2 ]; then
				UP_LIMIT=1500 round "$fault" 1500 ssh autossh-alive autossh-m20000
			else
				UP_LIMIT=600 round "$fault" 600 ssh autossh-alive
			fi
		done
		# Enough rounds for a 95th percentile of our own.
		for ((i = 0; i < ${OWN:-20}; i++)); do round "$fault" 60 ssh; done
		"$MEASURE" table <rounds >"${RESULTS:-.}/table"
	done
	expect_fast ssh
}
