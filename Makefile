# SPDX-License-Identifier: GPL-2.0-only
# Builds Outpost for this machine (build/outpost, and an agent for tests) and the
# static agent for boards (build/aarch64/outpost-agent).
#
#   make                 the program and the agents
#   make check           run the tests: check-unit, check-cli, check-vm, check-container and more
#   make check-all       also run the long tests, and those on whole Debians and kernel sources
#   make SAN=address,undefined check-unit
#   make bench           measure the loop against what people do by hand
#   make deps            install what is needed to build (Debian)
#   make V=1             show the commands

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo 0.1)
ARCH    := $(shell uname -m)
SAN     ?=
,       := ,
O       := build/host$(if $(SAN),-$(subst $(,),-,$(subst address,asan,$(subst undefined,ubsan,$(SAN)))))

CFLAGS   ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes \
            -Wwrite-strings -Wformat=2 -Wundef -Wno-missing-field-initializers
# Debian 13 has nanopb's headers in their own folder.
CPPFLAGS += -D_GNU_SOURCE -Isrc -Ibuild/proto -I/usr/include/nanopb
BASE     := -std=gnu11 $(WARNINGS) -MMD -MP

HOST_PKGS  := libkmod libdw libelf libzstd liblzma zlib libarchive gnutls libb2 sqlite3 jansson inih libseccomp
# Evaluated once, and only when something is linked: make deps must work without pkg-config.
HOST_LIBS   = $(eval HOST_LIBS := $(shell pkg-config --libs $(HOST_PKGS)) -lfdt -lprotobuf-nanopb)$(HOST_LIBS)
HOST_FLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer)

COMMON_SRC := $(sort $(wildcard src/common/*.c src/common/*/*.c))
HOST_SRC   := $(sort $(wildcard src/host/*/*.c))
AGENT_SRC  := $(sort $(wildcard src/agent/*.c src/agent/*/*.c))
GATEWAY_SRC := $(sort $(wildcard src/gateway/*.c))
BUILDER_SRC := $(sort $(wildcard src/builder/*.c)) $(addprefix src/common/,builder_wire.c clock.c process.c strbuf.c alloc.c)

# Prints one line for each step, unless -s is given.
Q   := $(if $(V),,@)
say  = $(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),,@printf '  %-8s%s\n' '$(1)' '$(2)')

objects = $(patsubst src/%.c,$(1)/%.o,$(2))

COMMON_OBJ := $(call objects,$(O),$(COMMON_SRC)) $(O)/outpost.pb.o
HOST_OBJ   := $(call objects,$(O),$(HOST_SRC))
AGENT_OBJ  := $(call objects,$(O),$(AGENT_SRC))
GATEWAY_OBJ := $(call objects,$(O),$(GATEWAY_SRC))

# The agent for boards is static and small. libb2, zstd and nanopb for arm64 come from
# Debian packages, which Outpost itself unpacks (that needs no agent).
A       := build/aarch64
BOARD_CC := $(if $(filter aarch64,$(ARCH)),$(CC),aarch64-linux-gnu-gcc)
SYSROOT := $(if $(filter aarch64,$(ARCH)),,$(A)/sysroot)
# Nothing unwinds the stack on a board; the debug info still has what gdb needs.
BOARD_FLAGS := -Os -g -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-unwind-tables $(if $(SYSROOT),-I$(SYSROOT)/usr/include)
BOARD_LINK  := -static -Wl,--gc-sections -Wl,--build-id $(if $(SYSROOT),-L$(SYSROOT)/usr/lib/aarch64-linux-gnu)
AGENT_LIBS  := -lprotobuf-nanopb -lzstd -lz -lb2
BOARD_OBJ   := $(call objects,$(A),$(AGENT_SRC))
BOARD_COMMON := $(call objects,$(A),$(COMMON_SRC)) $(A)/outpost.pb.o

.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
.PHONY: all check check-all check-unit unit-programs bench-programs check-mutation klog-score klog-speed fuzz fuzz-programs fuzz-merge check-cli check-security check-defences check-vm check-container check-nat check-nat-short soak-nat check-full check-git-tree check-dkms check-fresh bench docker-build bench-container deps deps-test clean format check-format shellcheck tidy check-hw soak soak-crashers soak-faults coverage

all: build/outpost $(O)/outpost-agent $(A)/outpost-agent $(O)/outpost-builder $(O)/outpost-gateway

build/outpost: $(O)/outpost
	@$(if $(SAN),,ln -sf $(patsubst build/%,%,$<) $@)

$(O)/outpost: $(HOST_OBJ) $(COMMON_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(HOST_FLAGS) $(LDFLAGS) -o $@ $^ $(HOST_LIBS)

# Only these two get the version: with it, nothing would hit ccache after a commit.
$(O)/host/cmd/main.o $(O)/host/vm/qemu_run.o: CPPFLAGS += -DOUTPOST_VERSION='"$(VERSION)"'

# These include a script and a makefile, which the compiler does not report as dependencies.
$(O)/host/build/dkms.o: src/host/build/dkms_eval.sh
$(O)/host/build/kbuild_probes.o: src/host/build/kbuild_probes.mk

$(O)/%.o: src/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(BASE) $(CPPFLAGS) $(CFLAGS) $(HOST_FLAGS) -c -o $@ $<

# The vm's init is part of the program.
$(O)/host/vm/guest.o: board/vm-init board/vm-full-init board/vm-full-make $(A)/vm-reseed

# What a gateway and a new card get is part of the program.
$(O)/host/tunnel/gateway_files.o: $(wildcard gateway/*)
$(O)/host/tunnel/card.o: $(wildcard board/outpost-join*)

# What a board gets is part of the agent.
PROVISION_FILES := $(addprefix board/,board.nft journald.conf outpost-firewall.service outpost-rollback.service \
	outpost-rollback.timer sshd.conf sshd-dev.conf sshd-prod.conf sysctl-development.conf sysctl-production.conf)
$(filter $(O)/agent/provision/% $(A)/agent/provision/%,$(AGENT_OBJ) $(BOARD_OBJ)): $(PROVISION_FILES)

# And the tunnel's unit a part of the agent.
$(O)/agent/tunnel/unit.o $(A)/agent/tunnel/unit.o: board/outpost-tunnel.service

# Freestanding, because the vm may have another C library, or none.
$(A)/vm-reseed: board/vm-reseed.c
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(BOARD_CC) -std=gnu11 $(WARNINGS) -Os -ffreestanding -fno-stack-protector -fno-pie -nostdlib -static \
		-Wl,--build-id=none -s -o $@ $<

$(O)/outpost-agent: $(AGENT_OBJ) $(COMMON_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(HOST_FLAGS) $(LDFLAGS) -Wl,--build-id -o $@ $^ $(AGENT_LIBS)

# Only libc, because sshd trusts it. An archive, so that only what is used is linked.
$(O)/outpost-gateway: $(GATEWAY_OBJ) $(O)/common.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(HOST_FLAGS) $(LDFLAGS) -o $@ $^

# Static, because a container may have another C library, or none.
$(O)/outpost-builder: $(BUILDER_SRC) $(wildcard src/builder/*.h src/common/*.h)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(filter-out -MMD -MP,$(BASE)) $(CPPFLAGS) -Os -static -ffunction-sections -Wl,--gc-sections -s -o $@ \
		$(filter %.c,$^)

$(A)/outpost-agent: $(BOARD_OBJ) $(A)/common.a
	$(call say,LD,$@)
	$(Q)$(BOARD_CC) $(BOARD_FLAGS) $(BOARD_LINK) -o $@.debug $^ $(AGENT_LIBS)
	$(Q)$(if $(SYSROOT),aarch64-linux-gnu-)strip -o $@ $@.debug

$(A)/common.a: $(BOARD_COMMON)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BOARD_OBJ) $(BOARD_COMMON): | $(SYSROOT) build/proto/outpost.pb.h

$(A)/%.o: src/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(BOARD_CC) $(BASE) $(CPPFLAGS) $(BOARD_FLAGS) -c -o $@ $<

$(A)/outpost.pb.o: build/proto/outpost.pb.c
	$(call say,CC,$@)
	$(Q)$(BOARD_CC) $(BASE) $(CPPFLAGS) $(BOARD_FLAGS) -c -o $@ $<

# A sysroot made of other packages is rebuilt.
SYSROOT_PKGS := libnanopb-dev libzstd-dev libb2-dev zlib1g-dev
ifneq ($(file <$(A)/sysroot/packages),$(SYSROOT_PKGS))
$(shell rm -rf $(A)/sysroot)
endif

$(A)/sysroot: | build/outpost
	$(Q)rm -rf $@.new
	$(Q)build/outpost unpack --arch arm64 $@.new $(SYSROOT_PKGS)
	$(Q)echo '$(SYSROOT_PKGS)' >$@.new/packages
	$(Q)mv $@.new $@

# The protocol: C code generated from proto/outpost.proto.
build/proto/outpost.pb.c build/proto/outpost.pb.h &: proto/outpost.proto proto/outpost.options
	@mkdir -p build/proto
	$(call say,PROTO,$@)
	$(Q)cd proto && protoc --plugin=protoc-gen-nanopb=/usr/bin/protoc-gen-nanopb \
		--nanopb_out=../build/proto outpost.proto

$(O)/outpost.pb.o: build/proto/outpost.pb.c
	$(call say,CC,$@)
	$(Q)$(CC) $(BASE) $(CPPFLAGS) $(CFLAGS) $(HOST_FLAGS) -c -o $@ $<

$(COMMON_OBJ) $(HOST_OBJ) $(AGENT_OBJ) $(GATEWAY_OBJ): | build/proto/outpost.pb.h

# All of a program but main(), for its tests and tools. Thin archives only refer to the objects.
$(O)/host.a: $(filter-out $(O)/host/cmd/main.o,$(HOST_OBJ)) $(COMMON_OBJ)
$(O)/agent.a: $(filter-out $(O)/agent/main.o,$(AGENT_OBJ)) $(COMMON_OBJ)
$(O)/gateway.a: $(filter-out $(O)/gateway/main.o,$(GATEWAY_OBJ)) $(COMMON_OBJ)
$(O)/common.a: $(COMMON_OBJ)
$(O)/host.a $(O)/agent.a $(O)/gateway.a $(O)/common.a:
	@rm -f $@
	$(Q)$(AR) rcs --thin $@ $^

# --- tests -------------------------------------------------------------------

# The slowest tests start first.
SLOW := test_follow test_session test_dkms test_build_options test_build
UNIT := $(SLOW) $(filter-out $(SLOW),$(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/test_*.c))))

FUZZ ?= $(patsubst fuzz/fuzz_%.c,%,$(sort $(wildcard fuzz/fuzz_*.c)))

# Links a test or tool of this machine from its own objects and an archive.
link = $(Q)$(CC) $(CFLAGS) $(HOST_FLAGS) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) $(1)

$(O)/tests/%.o: tests/unit/%.c | build/proto/outpost.pb.h
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(BASE) $(CPPFLAGS) -Itests/unit $(CFLAGS) $(HOST_FLAGS) -c -o $@ $<

$(O)/tools/%.o: tests/tools/%.c | build/proto/outpost.pb.h
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(BASE) $(CPPFLAGS) $(CFLAGS) $(HOST_FLAGS) -c -o $@ $<

# A unit test links everything but main(), so it can call any function in a header.
$(O)/tests/test_%: $(O)/tests/test_%.o $(O)/host.a
	$(call say,LD,$@)
	$(call link,-lcmocka $(HOST_LIBS))

# This test counts how often modules are judged.
$(O)/tests/test_run_result: LDFLAGS += -Wl,--wrap=verdict_judge

# This test does not reset a virtual Pi.
$(O)/tests/test_recover: LDFLAGS += -Wl,--wrap=vm_reset

# This test makes pidfd_open() fail.
$(O)/tests/test_build: LDFLAGS += -Wl,--wrap=syscall

# The variants of a module: this test checks them without a kernel, check-vm with one.
$(O)/tests/test_check: $(O)/tools/variants.o

# The agent's tests link the agent instead: the same names exist in both programs.
$(O)/tests/test_agent_%: $(O)/tests/test_agent_%.o $(O)/agent.a
	$(call say,LD,$@)
	$(call link,-lcmocka $(AGENT_LIBS))

# The same for the gateway's.
$(O)/tests/test_gateway_%: $(O)/tests/test_gateway_%.o $(O)/gateway.a
	$(call say,LD,$@)
	$(call link,-lcmocka)

$(O)/tests/test_container: | $(O)/outpost-builder

# Removes each mechanism of the verdict in turn: exactly the crashers that name it must get a wrong verdict.
# JOURNALS: the journals of a run of the crashers.
JOURNALS ?= $(wildcard tests/data/journals/*.journal.zst)
MUTATION := $(O)/mutate tests/modules/crashers $(JOURNALS)

unit-programs: $(UNIT:%=$(O)/tests/%) $(FUZZ:%=$(O)/fuzz/replay_%) $(O)/mutate

# Not run by check, only built.
bench-programs: $(patsubst bench/%.c,$(O)/%,$(wildcard bench/*.c))

check-unit: unit-programs
	@tests/unit/run tests/tools/check-layout $(UNIT:%=$(O)/tests/%) $(foreach f,$(FUZZ),'$(O)/fuzz/replay_$f fuzz/corpus/$f') '$(MUTATION)'

# tests/system/vm/check.test.sh uses these to make variants of a module and load them on a board.
$(O)/make-variants: $(O)/tools/make_variants.o $(O)/tools/variants.o $(O)/host.a
	$(call say,LD,$@)
	$(call link,$(HOST_LIBS))

$(A)/load-variants: tests/tools/load_variants.c
	$(call say,LD,$@)
	$(Q)$(BOARD_CC) -std=gnu11 $(WARNINGS) -D_GNU_SOURCE -Os -static -o $@ $<

VARIANTS := $(O)/make-variants $(A)/load-variants

$(O)/mutate: $(O)/tools/mutate.o $(O)/host.a
	$(call say,LD,$@)
	$(call link,$(HOST_LIBS))

# tests/security/kernel.test.sh uses this.
$(O)/forged-agent: $(O)/tools/forged_agent.o $(COMMON_OBJ)
	$(call say,LD,$@)
	$(call link,$(AGENT_LIBS))

# tests/system/nat measures tunnels with this.
$(O)/nat-measure: $(O)/tools/nat_measure.o $(COMMON_OBJ)
	$(call say,LD,$@)
	$(call link,$(AGENT_LIBS))

check-mutation: $(O)/mutate
	@$(MUTATION)

# --- fuzzing -------------------------------------------------------------------

# make fuzz [FUZZ="klog ktap"] [FUZZ_TIME=60]: FUZZ_TIME is in seconds, for each parser. New inputs go
# to build/fuzz/found, those that break a parser to build/fuzz/crash-*.
FUZZ_TIME ?= 60
FUZZ_O    := build/fuzz
FUZZ_SAN  := address,undefined

$(O)/fuzz/%.o: fuzz/%.c | build/proto/outpost.pb.h
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(BASE) $(CPPFLAGS) -Ifuzz $(CFLAGS) $(HOST_FLAGS) -c -o $@ $<

$(O)/fuzz/replay_%: $(O)/fuzz/fuzz_%.o $(O)/fuzz/replay.o $(O)/host.a
	$(call say,LD,$@)
	$(call link,$(HOST_LIBS))

$(FUZZ_O)/fuzz_%: $(O)/fuzz/fuzz_%.o $(O)/host.a
	$(call say,LD,$@)
	$(call link,-fsanitize=fuzzer $(HOST_LIBS))

fuzz-programs: $(FUZZ:%=$(FUZZ_O)/fuzz_%)

fuzz:
	@$(MAKE) --no-print-directory CC=clang O=$(FUZZ_O) \
		HOST_FLAGS='-fno-omit-frame-pointer -fsanitize=$(FUZZ_SAN),fuzzer-no-link' \
		fuzz-programs
	@for t in $(FUZZ); do \
		mkdir -p $(FUZZ_O)/found/$$t; \
		$(FUZZ_O)/fuzz_$$t -max_total_time=$(FUZZ_TIME) -timeout=5 -max_len=16384 -print_final_stats=1 \
			-artifact_prefix=$(FUZZ_O)/crash-$$t- $(FUZZ_O)/found/$$t fuzz/corpus/$$t || exit 1; \
	done

# Keeps the inputs that add coverage.
fuzz-merge: # after make fuzz
	@for t in $(FUZZ); do \
		mkdir -p $(FUZZ_O)/merged/$$t; \
		$(FUZZ_O)/fuzz_$$t -set_cover_merge=1 $(FUZZ_O)/merged/$$t $(FUZZ_O)/found/$$t fuzz/corpus/$$t; \
	done

# Runs the tests of check-vm on a real board; BOARD: as for outpost -b.
check-hw: all $(O)/mutate $(VARIANTS)
	@$(if $(BOARD),,$(error check-hw requires BOARD=, a board or an ssh destination))
	@BOARD=$(BOARD) tests/run vm $(ONLY)

# Both resume where they stopped. TIMES: how often, in one boot and on fresh boots. ROUNDS, SEED,
# ROUND (only that one): see tests/tools/soak-faults.
soak: all
	$(MAKE) --no-print-directory soak-crashers
	$(MAKE) --no-print-directory soak-faults

soak-faults: all
	@tests/tools/soak-faults $(if $(ROUNDS),-n $(ROUNDS)) $(if $(SEED),-s $(SEED)) $(if $(ROUND),-r $(ROUND))

soak-crashers: all
	@tests/tools/soak-crashers $(if $(TIMES),-n $(TIMES)) $(ONLY)

# Read by tests/run.
export JOBS LONG MUST_RUN

# ONLY: names of tests, or parts of names.
check-vm: all $(O)/mutate $(VARIANTS)
	@tests/run vm $(ONLY)

check-cli: all
	@tests/run cli $(ONLY)

# Attacks: see tests/security/README.md.
check-security: all $(O)/forged-agent
	@tests/run security $(ONLY)

# Takes each defence out, and expects the test of its attack to fail.
check-defences: all $(O)/forged-agent
	@tests/tools/check-defences $(ONLY)

# A board behind a NAT, in network namespaces; takes 15 minutes, and requires root.
check-nat: all $(O)/nat-measure
	@tests/run nat $(ONLY)

# What of it make check runs.
check-nat-short: all $(O)/nat-measure
	@tests/run nat a_board_behind_nat_is_reached an_invitation_works_once

# What takes longer: 1,000 cuts, faults beside autossh, 200 boards. CUTS, ROUNDS, OWN: fewer or more of them.
soak-nat: all $(O)/nat-measure
	@LONG=1 tests/run nat $(or $(ONLY),soak a_crash_through)

# Not part of check: emulating a whole Debian takes long.
check-full: all
	@tests/run full $(ONLY)

# Makes a kernel tree from Debian's kernel sources (1.3 GB); takes minutes.
check-git-tree: all
	@tests/run kernel-git $(ONLY)

# Tests Debian's out-of-tree module packages on a board (BOARD), and prints a table.
check-dkms: all
	@tests/tools/check-dkms $(if $(BOARD),-b $(BOARD)) $(ONLY)

# Needs podman or docker; without either, each test is skipped.
check-container: all
	@tests/run container $(ONLY)

# --- klog, measured ------------------------------------------------------------

$(O)/klog_%: bench/klog_%.c $(COMMON_OBJ)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(BASE) $(CPPFLAGS) $(CFLAGS) $(HOST_FLAGS) $(LDFLAGS) -o $@ $(filter %.c %.o,$^) $(HOST_LIBS)

# CORPUS: a folder of logs with known answers; see bench/klog_score.c.
klog-score: $(O)/klog_score
	@$< $(or $(CORPUS),$(error klog-score requires CORPUS=, a folder of logs with known answers)) $(if $(V),-v)

# MB/s on a clean log, on reports and on the worst lines; fails if one is too slow or not linear.
klog-speed: $(O)/klog_speed
	@$<

# --- the loop, measured ----------------------------------------------------------

# On its own virtual Pi. RUNS: how often; JSON: file for the figures.
bench: deps-test
	$(MAKE) --no-print-directory all
	@bench/loop.sh --runs $(or $(RUNS),5) --json $(or $(JSON),build/bench/loop.json)

$(O)/container_cost: bench/container_cost.c $(O)/host.a
	$(Q)$(CC) $(BASE) $(CPPFLAGS) $(CFLAGS) $(HOST_FLAGS) $(LDFLAGS) -o $@ $< $(O)/host.a $(HOST_LIBS)

# Measures the cost of the build container; run docker-build first. KERNEL: a release that has a tree.
bench-container: $(O)/container_cost
	@$< $(or $(KERNEL),$(shell build/outpost kernel list --json | jq -r '.kernels[0].release')) tests/modules/crashers/null_init $(RUNS)

# Makes the image of the build container, and builds modules/ in it. COMPILERS: fewer compilers, "12";
# KERNEL: a release.
docker-build: all
	build/outpost container build $(if $(COMPILERS),--compilers '$(COMPILERS)')
	build/outpost build --in container $(if $(KERNEL),--kernel $(KERNEL)) modules

# The README's commands on a minimal Debian. Needs root; not part of check.
check-fresh:
	@tests/tools/check-fresh

# As many jobs as there are processors, unless -j is given.
jobs = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

check: deps-test
	$(MAKE) --no-print-directory $(jobs) all unit-programs bench-programs
	$(MAKE) --no-print-directory $(jobs) check-format shellcheck
	$(MAKE) --no-print-directory check-unit
	$(MAKE) --no-print-directory -j4 -Otarget check-cli check-security check-container check-nat-short tidy
	$(MAKE) --no-print-directory check-vm

# Also runs what takes too long for every change: see tests/README.md.
check-all:
	$(MAKE) --no-print-directory check LONG=1
	$(MAKE) --no-print-directory check-defences
	$(MAKE) --no-print-directory check-full
	$(MAKE) --no-print-directory check-git-tree

# --- packages from Debian ------------------------------------------------------

# To build and use Outpost; the cross compiler is needed only if the host is not arm64.
DEPS := gcc libc6-dev pkg-config git protobuf-compiler nanopb libnanopb-dev libkmod-dev libdw-dev \
        libelf-dev libzstd-dev liblzma-dev zlib1g-dev libarchive-dev libgnutls28-dev libb2-dev libsqlite3-dev \
        libjansson-dev libinih-dev libfdt-dev libseccomp-dev openssh-client qemu-system-arm qemu-utils e2fsprogs kmod xz-utils bzip2 patch bc \
        ca-certificates debian-archive-keyring \
        $(if $(filter aarch64,$(ARCH)),,gcc-aarch64-linux-gnu libc6-dev-arm64-cross)
DEPS_TEST := zstd dpkg-dev gpg gpg-agent file procps binutils libcmocka-dev openssh-server nftables rsync iproute2 systemd dbus cpio jq \
             libpam-systemd libxml2-utils ccache distcc sparse podman uidmap runc mmdebstrap clang-format clang-tidy \
             shellcheck conntrack dnsmasq-base autossh socat flex bison libssl-dev

# $(1): packages. Runs apt only if one is missing, so that a second run takes no time. Waits for a
# running apt, and first completes what an interrupted one left unfinished.
define install
	@have=" $$(dpkg-query -W -f='$${db:Status-Status}=$${Package} ' $(1) 2>/dev/null)"; missing=; \
	for p in $(1); do case "$$have" in *" installed=$$p "*) ;; *) missing="$$missing $$p" ;; esac; done; \
	[ "$$missing" ] || exit 0; \
	if [ "$$(id -u)" = 0 ]; then as_root=; \
	elif command -v sudo >/dev/null; then as_root=sudo; \
	else echo "Packages are missing, and sudo is not installed. As root, run apt-get install$$missing" >&2; exit 1; \
	fi; \
	echo "Installing:$$missing"; \
	as_root="$$as_root env DEBIAN_FRONTEND=noninteractive"; \
	apt="$$as_root apt-get -qy -o DPkg::Lock::Timeout=300"; \
	$$as_root dpkg --configure -a && { $$apt update; $$apt install --no-install-recommends $$missing; } || { \
		echo "apt-get could not install:$$missing" >&2; exit 1; \
	}
endef

deps:
	$(call install,$(DEPS))

deps-test:
	$(call install,$(DEPS) $(DEPS_TEST))


# --- style and coverage --------------------------------------------------------

# Excludes kernel modules, which follow the kernel's own style.
FORMATTED = git ls-files '*.c' '*.h' ':!modules' ':!tests/modules/crashers'

format:
	clang-format -i $$($(FORMATTED))

# Versions 14 to 19 of clang-format agree about this code.
check-format:
	@clang-format --dry-run --Werror $$($(FORMATTED)) || { echo "Run make format" >&2; exit 1; }

SCRIPTS = { git ls-files '*.sh' '*.bash'; \
	git grep -lE '^\#!.*/(bash|sh|busybox sh)$$' -- ':!*.[ch]' ':!*.md' ':!fuzz' ':!tests/data'; } | sort -u

shellcheck:
	@$(SCRIPTS) | xargs -P $$(nproc) -n 20 shellcheck -x

# .clang-tidy has the list of checks, and the reason why each of the others is left out.
tidy: build/proto/outpost.pb.h
	@git ls-files 'src/*.c' | nice xargs -P $$(nproc) -n 1 sh -c 'clang-tidy --quiet "$$@" -- -std=gnu11 \
		$(CPPFLAGS) -DOUTPOST_VERSION=\"\"' sh >build/tidy.log 2>&1 || \
		{ grep -v ' warnings* generated' build/tidy.log; exit 1; }

# Percentage of lines that the unit tests reach, file by file, and of all.
coverage:
	@mkdir -p build
	@$(MAKE) --no-print-directory O=build/coverage CFLAGS='-O0 -g --coverage' check-unit >build/coverage.log || \
		{ sed -n '/^not ok/,/^ok/p' build/coverage.log; exit 1; }
	@find build/coverage -name '*.gcda' | xargs gcov -n 2>/dev/null | awk -F"['%:]" ' \
		/^File/ { f = $$2 ~ /^src.*\.c$$/ ? $$2 : "" } \
		/^Lines executed/ && f { n = substr($$3, 5); hit += $$2 * n / 100; all += n; \
			printf "%6.2f%%  %s\n", $$2, f | "sort -n"; f = "" } \
		END { close("sort -n"); printf "%6.2f%%  of %d lines\n", all ? 100 * hit / all : 0, all }'

clean:
	rm -rf build

-include $(shell find build -name '*.d' -type f 2>/dev/null)
