#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
echo '<2>dies: tests' >/dev/kmsg
sleep 2
echo 1 >/dev/dies
