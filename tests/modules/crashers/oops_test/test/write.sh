#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
echo 1 >/dev/oops_test
