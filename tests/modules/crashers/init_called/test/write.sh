#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
sleep 1 # init's memory is freed some time after it has returned
echo 1 >/dev/init_called
