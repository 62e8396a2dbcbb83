#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Long enough for the host to miss the board.
sleep 8
