#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Leaves a process behind that is still reading.
cat /proc/proc_used >/dev/null 2>&1 &
until [ "$(cat /sys/module/proc_used/parameters/reading)" = Y ]; do :; done
