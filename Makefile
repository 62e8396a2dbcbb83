# SPDX-License-Identifier: GPL-2.0-only
# Outpost is built twice in one go: for this machine (build/outpost, and an
# agent for tests) and for the boards (build/aarch64/outpost-agent, static).
#
#   make                 the program and the agents
#   make check           all tests; check-unit, check-cli, check-vm are its parts
#   make SAN=address,undefined check-unit
#   make deps            install what building and testing need (Debian)

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo 0.1)
ARCH    := $(shell uname -m)
SAN     ?=
O       := build/host$(if $(SAN),-$(subst $(,),-,$(subst address,asan,$(subst undefined,ubsan,$(SAN)))))
, := ,

CFLAGS   ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes \
            -Wwrite-strings -Wformat=2 -Wundef -Wno-missing-field-initializers
CPPFLAGS += -D_GNU_SOURCE -Isrc -Ibuild/proto
BASE     := -std=gnu11 $(WARNINGS) -MMD -MP

HOST_PKGS  := libkmod libdw libelf libzstd libb2 sqlite3 jansson inih
HOST_LIBS   = $(shell pkg-config --libs $(HOST_PKGS)) -lfdt -lprotobuf-nanopb
HOST_FLAGS := -DOUTPOST_VERSION='"$(VERSION)"' $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer)

COMMON_SRC := $(sort $(wildcard src/common/*.c))
HOST_SRC   := $(sort $(wildcard src/host/*.c src/host/vm/*.c))
AGENT_SRC  := $(sort $(wildcard src/agent/*.c))

# What the agent takes of src/common: it has no use for the rest.
objects = $(patsubst src/%.c,$(1)/%.o,$(2))

COMMON_OBJ := $(call objects,$(O),$(COMMON_SRC)) $(O)/outpost.pb.o
HOST_OBJ   := $(call objects,$(O),$(HOST_SRC))

.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all check check-unit clean format tidy

all: build/outpost

build/outpost: $(O)/outpost
	@ln -sf $(patsubst build/%,%,$<) $@

$(O)/outpost: $(HOST_OBJ) $(COMMON_OBJ)
	$(CC) $(CFLAGS) $(HOST_FLAGS) $(LDFLAGS) -o $@ $^ $(HOST_LIBS)

$(O)/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(BASE) $(CPPFLAGS) $(CFLAGS) $(HOST_FLAGS) -c -o $@ $<

# The messages: C made from the one page that says them.
build/proto/outpost.pb.c build/proto/outpost.pb.h &: proto/outpost.proto proto/outpost.options
	@mkdir -p build/proto
	cd proto && protoc --plugin=protoc-gen-nanopb=/usr/bin/protoc-gen-nanopb \
		--nanopb_out=../build/proto outpost.proto

$(O)/outpost.pb.o: build/proto/outpost.pb.c
	$(CC) $(BASE) $(CPPFLAGS) $(CFLAGS) $(HOST_FLAGS) -c -o $@ $<

$(COMMON_OBJ) $(HOST_OBJ): | build/proto/outpost.pb.h

# --- tests -------------------------------------------------------------------

UNIT := $(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/test_*.c)))

# A unit test links all but main(): it can reach any function that has a header.
$(O)/tests/test_%: tests/unit/test_%.c $(filter-out $(O)/host/main.o,$(HOST_OBJ)) $(COMMON_OBJ)
	@mkdir -p $(@D)
	$(CC) $(BASE) $(CPPFLAGS) $(CFLAGS) $(HOST_FLAGS) $(LDFLAGS) -Itests/unit -o $@ \
		$(filter %.c %.o,$^) -lcmocka $(HOST_LIBS)

check-unit: $(UNIT:%=$(O)/tests/%)
	@for t in $^; do echo "== $${t##*/}"; $$t || exit 1; done

# --- klog, measured ------------------------------------------------------------

$(O)/klog_score: bench/klog_score.c $(COMMON_OBJ)
	@mkdir -p $(@D)
	$(CC) $(BASE) $(CPPFLAGS) $(CFLAGS) $(HOST_FLAGS) $(LDFLAGS) -o $@ $(filter %.c %.o,$^) $(HOST_LIBS)

# CORPUS: a folder of logs with known answers; see bench/klog_score.c.
klog-score: $(O)/klog_score
	@$(if $(CORPUS),$< $(CORPUS) $(if $(V),-v))
	@$< --speed

# --- care --------------------------------------------------------------------

format:
	clang-format -i $$(git ls-files '*.c' '*.h' ':!modules' ':!tests/crashers')

clean:
	rm -rf build

-include $(shell find build -name '*.d' 2>/dev/null)
