// SPDX-License-Identifier: GPL-2.0-only
#include "common/cleanup.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/json_make.h"
#include "host/base/progress.h"
#include "host/board/board.h"
#include "host/cmd/command.h"
#include "host/base/paths.h"
#include "host/board/session.h"
#include "host/report/out.h"
#include "host/vm/vm.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_NAME "vm"
#define FULL_NAME    "full"

static const struct option_row options[] = {
	OPTION_STRING(struct vm_options, kernel, 'k', "kernel", "RELEASE", "vm.kernel",
		      "boot Debian's arm64 kernel RELEASE, or 'newest', the newest in Debian"),
	OPTION_INT(struct vm_options, memory_mib, 'm', "memory", "MIB", 256, "vm.memory",
		   "memory in MiB (default: 1024)"),
	OPTION_INT(struct vm_options, cpus, 0, "cpus", "N", 1, "vm.cpus",
		   "processors (default: 2)"),
	OPTION_FLAG(struct vm_options, debug, 'd', "debug", "vm.debug",
		    "find memory errors, which is slower; see below"),
	OPTION_FLAG(struct vm_options, kaslr, 0, "kaslr", "vm.kaslr",
		    "randomize kernel addresses, as on a Pi; slower"),
	OPTION_FLAG(struct vm_options, boot, 0, "boot", "vm.boot",
		    "boot instead of restoring a saved state"),
	OPTION_FLAG(struct vm_options, net, 0, "net", NULL,
		    "let it reach this machine and its networks; see below"),
	OPTION_FLAG(struct vm_options, full, 'f', "full", NULL,
		    "a complete Debian with systemd and sudo; see below"),
	OPTION_STRING(struct vm_options, tap, 0, "tap", "IFNAME", NULL,
		      "with --full: a second network card, on this tap interface; see below"),
	OPTION_DURATION(struct vm_options, timeout_ms, 't', "timeout", "TIME", "vm.timeout",
			"time limit to come up (2m; 4m with --debug, 10m with --full)"),
	OPTION_END,
};

static int run_up(const struct vm_options *o, const char *name)
{
	int r;

	progress_start();
	progress_step("starting the vm %s", name);
	r = vm_up(name, o);
	progress_end();
	return r;
}

static int run_down(const struct vm_options *o, const char *name)
{
	(void)o;
	return vm_down(name);
}

static int run_reset(const struct vm_options *o, const char *name)
{
	_cleanup_(board_freep) struct board *board = NULL;
	int r;

	progress_start();
	progress_step("resetting the vm %s", name);
	r = vm_reset(name, o->timeout_ms);
	progress_end();
	/* The shared connection belongs to the previous boot, and takes a while to notice. */
	if (r == 0 && board_find(name, &board) == 0)
		session_drop_master(board);
	return r;
}

static int run_plug(const struct vm_options *o, const char *name)
{
	(void)o;
	return vm_plug(name, true);
}

static int run_unplug(const struct vm_options *o, const char *name)
{
	(void)o;
	return vm_plug(name, false);
}

static int run_console(const struct vm_options *o, const char *name)
{
	(void)o;
	return vm_console(name);
}

static const char *state_name(enum vm_state state)
{
	static const char *const names[] = { "stopped", "running", "silent" };

	return names[state];
}

static json_t *status_json(const struct vm_status *s)
{
	_cleanup_free_ char *config = path_join(s->dir, "ssh_config", NULL);
	_cleanup_free_ char *console = path_join(s->dir, "console.log", NULL);

	return object_json(
		"{s:s, s:s, s:o, s:s?, s:i, s:i, s:b, s:b, s:b, s:b, s:s?, s:o, s:s, s:s, s:s}",
		"name", s->name, "state", state_name(s->state), "pid",
		s->pid ? json_integer(s->pid) : json_null(), "kernel", s->kernel, "memory_mib",
		s->memory_mib, "cpus", s->cpus, "debug", s->debug, "kaslr", s->kaslr, "net", s->net,
		"full", s->full, "tap", s->tap, "port",
		s->pid ? json_integer(s->port) : json_null(), "dir", s->dir, "ssh_config", config,
		"console", console);
}

static void show_status(const struct vm_status *s, json_t *list)
{
	if (list) {
		json_array_append_new(list, status_json(s));
		return;
	}
	out_print("%-12s %-8s %s%s, %d MiB, %d cpus%s%s%s%s%s", s->name, state_name(s->state),
		  s->full ? "full, " : "", s->kernel ? s->kernel : "no kernel yet", s->memory_mib,
		  s->cpus, s->debug ? ", debug" : "", s->kaslr ? ", KASLR" : "",
		  s->net ? ", net" : "", s->tap ? ", tap " : "", s->tap ? s->tap : "");
	if (s->pid)
		out_print(", process %d, port %d", (int)s->pid, s->port);
	putchar('\n');
}

/* Prints the status of one vm, or of all if none is named. */
static int run_status(const struct context *ctx, const char *name)
{
	_cleanup_strv_ char **names = NULL;
	json_t *list = ctx->json ? json_array() : NULL;
	bool all_run = true;
	int r = 0;

	if (name)
		strv_add(&names, name);
	else
		r = vm_list(&names);
	for (char **n = names; r == 0 && n && *n; n++) {
		struct vm_status status;

		r = vm_status(*n, &status);
		if (r < 0)
			break;
		show_status(&status, list);
		all_run = all_run && status.state == VM_RUNNING;
		vm_status_release(&status);
	}
	if (r == 0 && list) {
		r = out_json(object_json("{s:s, s:O}", "schema", "outpost.vm/1", "vms", list));
	} else if (r == 0 && strv_length(names) == 0) {
		log_info("No vms yet");
		log_hint("Run outpost vm up to create one");
	}
	json_decref(list);
	return r < 0 ? r : name && !all_run ? STATUS_FAIL : STATUS_OK;
}

static const struct {
	const char *name;
	int (*run)(const struct vm_options *o, const char *name);
} actions[] = {
	{ "up", run_up },         { "down", run_down }, { "reset", run_reset },
	{ "unplug", run_unplug }, { "plug", run_plug }, { "console", run_console },
};

static const char *default_name(const struct vm_options *o)
{
	return o->full ? FULL_NAME : DEFAULT_NAME;
}

static int run(struct context *ctx, void *arg, int argc, char **argv)
{
	if (strcmp(argv[0], "status") == 0)
		return run_status(ctx, argv[1]);
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (strcmp(argv[0], actions[i].name) == 0)
			return actions[i].run(arg, argc > 1 ? argv[1] : default_name(arg));
	return STATUS_USAGE; /* not a known verb */
}

static const struct command_verb verbs[] = {
	{ "up", "[NAME]", 0, 1, "kernel memory cpus debug kaslr boot net full tap timeout",
	  .no_json = true },
	{ "down", "[NAME]", 0, 1, "full", .no_json = true },
	{ "status", "[NAME]", 0, 1 },
	{ "reset", "[NAME]", 0, 1, "full timeout", .no_json = true },
	{ "unplug", "[NAME]", 0, 1, "full", .no_json = true },
	{ "plug", "[NAME]", 0, 1, "full", .no_json = true },
	{ "console", "[NAME]", 0, 1, "full", .no_json = true },
	{ NULL },
};

const struct command cmd_vm = {
	.name = "vm",
	.args = "up|down|status|reset|unplug|plug|console [NAME]",
	.summary = "Run a virtual Pi: a Debian arm64 kernel in QEMU",
	.help = "up       start the vm, creating it if needed, and wait until it is ready\n"
		"down     power it off; its disk (/root on the vm) is kept\n"
		"status   print its configuration and whether it answers; without NAME, for all\n"
		"         vms. Exit status 1 if NAME is given and is not running\n"
		"reset    press its reset button, and wait until it is ready again\n"
		"unplug   unplug its network cable, to see what happens to a run\n"
		"plug     plug the cable in again\n"
		"console  connect to its serial console; press Ctrl-] to leave\n"
		"\nThe default NAME is 'vm'. The default kernel is that of the last start, or for a\n"
		"new vm, the newest in Debian. The options are for 'up'; 'reset' also takes --timeout,\n"
		"and all but 'status' take --full, which changes the default NAME.\n"
		"\nWith --debug, a stock kernel checks for double frees, use after free and\n"
		"out-of-bounds writes, and reports who allocated and who freed the memory: SLUB\n"
		"debugging for every object (slub_debug=FZPU), KFENCE if the kernel has it (Debian's\n"
		"since 6.12), and page_poison. Addresses in the log are not hashed. The next 'up'\n"
		"without --debug boots without it; 'vm status' shows how the vm was booted.\n"
		"\nWith --kaslr, the kernel and its modules are at different addresses after each\n"
		"'up'. This shows modules that print addresses or depend on them.\n"
		"\n'up' restores the saved state of a booted vm, which takes half the time of a boot.\n"
		"It saves one state for each kernel and kind of machine. A restored vm has its own\n"
		"name, keys, MAC address, boot_id and random numbers, and can reboot. --boot, --kaslr\n"
		"and --full boot instead, as does every vm under KVM. Saved states are removed by\n"
		"outpost clean, or after 30 days without use.\n"
		"\nNothing in the vm can reach this machine or any network. With --net, it can reach the\n"
		"services on this machine's loopback, as 10.0.2.2, and all that this machine can reach:\n"
		"packages, but also what trusts this machine. The next 'up' without --net ends that.\n"
		"\nWith --full (the default NAME is then 'full'), the vm is a complete Debian of the\n"
		"suite in this machine's apt configuration: systemd, an ordinary user 'pi' with\n"
		"sudo, a disk with room for more packages, and (with --net) the same mirror. Its image is made once, which\n"
		"takes minutes but does not need root. An existing vm cannot be made full.\n"
		"\nWith --tap, a full vm has a second network card, which is its way to a network: a tap\n"
		"interface that exists already and that you may use, as one behind a bridge and a NAT\n"
		"in a network namespace. It asks for an address by DHCP, and has no default route through\n"
		"the first card, on which Outpost reaches it. Unlike that one, the tap interface\n"
		"loses packets silently when its link is cut, as a real network does.\n",
	.options = options,
	.options_size = sizeof(struct vm_options),
	.has_json = true,
	.no_board = true,
	.verbs = verbs,
	.run = run,
};
