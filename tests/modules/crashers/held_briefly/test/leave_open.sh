#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Exits with 0, but leaves a child that holds the device for a moment.
exec 3<>/dev/held_briefly
sleep 0.3 &
exit 0
