# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Makes kernel trees from a source repository: Debian's linux-source, for the virtual Pi.

. tests/system/vm/lib.sh

# shellcheck disable=SC2034 # tests/run reads them; a test takes 15 minutes on a busy machine
AT_ONCE=1 LIMIT=3600 FIRST=()
NEEDS+=(git:git make:make flex:flex bison:bison bc:bc openssl/opensslv.h:libssl-dev)
