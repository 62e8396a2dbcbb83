# SPDX-License-Identifier: GPL-2.0-only
# make reads this before every makefile: see kbuild_probes.c, which puts a line before it that sets
# outpost-asked to the file to write to. The variables outpost-answer/NAME are the known answers.

outpost-empty :=
outpost-blank := $(outpost-empty) $(outpost-empty)
outpost-tab := $(outpost-empty)	$(outpost-empty)
outpost-hash := \#
outpost-open := (
outpost-close := )
outpost-backslash := \$(outpost-empty)
define outpost-newline


endef

# Encodes a command as the name of a variable, without blanks and characters special to make: see
# probe_command().
outpost-name = $(subst $$,~d,$(subst $(outpost-hash),~h,$(subst =,~e,$(subst :,~c,$(subst \
	$(outpost-newline),~n,$(subst $(outpost-tab),~t,$(subst $(outpost-blank),~s,$(subst \
	$(outpost-open),~o,$(subst $(outpost-close),~l,$(subst $(outpost-backslash),~b,$(subst \
	~,~~,$(1))))))))))))

# Runs the command as kbuild's own try-run does. The answer is "n" only after two failures, because
# a compiler may be killed for lack of memory, for example.
outpost-run = $(shell set -e; d=$(outpost-asked).$$$$; TMP=$$d/tmp; TMPO=$$d/tmp.o; \
	trap "rm -rf $$d" EXIT; mkdir -p $$d; \
	for outpost in once again; do \
	if ($(1)) >/dev/null 2>&1; then echo y; exit; fi; done; echo n)
outpost-note = $(file >>$(outpost-asked),$(1) $(2))$(2)
outpost-ask = $(call outpost-note,$(1),$(call outpost-run,$(2)))
outpost-find = $(or $(outpost-answer/$(1)),$(call outpost-ask,$(1),$(2)))

# The original try-run prints the result with the shell; do so if that would change it.
outpost-special = $(strip $(foreach c,\ " ` $$,$(findstring $(c),$(1))))
outpost-print = $(if $(outpost-special),$(shell echo "$(1)"),$(1))

override try-run = $(if $(filter y,$(call outpost-find,$(call \
	outpost-name,$(1)),$(1))),$(call outpost-print,$(2)),$(call outpost-print,$(3)))

# Nothing remakes these files, even if a module has a rule "%: FORCE".
$(MAKEFILES): ;

# Some makefiles take its first word for their own name.
MAKEFILE_LIST :=
