# SPDX-License-Identifier: GPL-2.0-only
# make reads this before every makefile: see kbuild_probes.c, which puts the name of
# the file to write to, outpost-asked, before it. Variables outpost-answer/NAME are the answers.

outpost-empty :=
outpost-blank := $(outpost-empty) $(outpost-empty)
outpost-tab := $(outpost-empty)	$(outpost-empty)
outpost-hash := \#
define outpost-newline


endef

# A command as a variable can be called: without blanks, or what make would take for its own.
outpost-name = $(subst $$,~d,$(subst $(outpost-hash),~h,$(subst =,~e,$(subst :,~c,$(subst \
	$(outpost-newline),~n,$(subst $(outpost-tab),~t,$(subst $(outpost-blank),~s,$(subst \
	~,~~,$(1)))))))))

# As kbuild's own try-run finds out. "n" is the answer only after two failures: a compiler that was
# killed for lack of memory, for example, is no answer to keep.
outpost-run = $(shell set -e; d=$(outpost-asked).$$$$; TMP=$$d/tmp; TMPO=$$d/tmp.o; \
	trap "rm -rf $$d" EXIT; mkdir -p $$d; \
	for outpost in once again; do \
	if ($(1)) >/dev/null 2>&1; then echo y; exit; fi; done; echo n)
outpost-note = $(file >>$(outpost-asked),$(1) $(2))$(2)
outpost-ask = $(call outpost-note,$(1),$(call outpost-run,$(2)))
outpost-find = $(or $(outpost-answer/$(1)),$(call outpost-ask,$(1),$(2)))

# It has the shell print what it returns: the same, where that would change anything.
outpost-special = $(strip $(foreach c,\ " ` $$,$(findstring $(c),$(1))))
outpost-print = $(if $(outpost-special),$(shell echo "$(1)"),$(1))

override try-run = $(if $(filter y,$(call outpost-find,$(call \
	outpost-name,$(1)),$(1))),$(call outpost-print,$(2)),$(call outpost-print,$(3)))

# Nothing remakes these files: of a module's "%: FORCE" make would have it.
$(MAKEFILES): ;

# Some take its first word for the makefile that they are.
MAKEFILE_LIST :=
