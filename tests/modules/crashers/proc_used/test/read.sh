#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Leaves a reader behind, who is in the middle of it.
cat /proc/proc_used >/dev/null 2>&1 &
until [ "$(cat /sys/module/proc_used/parameters/reading)" = Y ]; do :; done
