# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Kernel trees from a source repository: Debian's linux-source, for the virtual Pi.

. tests/system/vm/lib.sh

# shellcheck disable=SC2034 # for the runner: a busy machine takes a quarter of an hour
AT_ONCE=1 LIMIT=3600
