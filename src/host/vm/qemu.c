// SPDX-License-Identifier: GPL-2.0-only
#include "host/vm/qemu.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/options.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/base/paths.h"
#include "host/vm/net.h"
#include "host/vm/qmp.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define QEMU "qemu-system-aarch64"

/*
 * Speeds up a boot under TCG without affecting modules: no crypto self-tests (0.6 s), and no
 * page-table isolation or other CPU mitigations, which make each system call slower. panic=1:
 * reboots after a panic, as a board in the field does. pstore.kmsg_bytes: as much log as fits
 * into a record; Debian's default is 10 KiB.
 */
#define KERNEL_ARGUMENTS                                                   \
	"console=ttyAMA0 quiet panic=1 mitigations=off cryptomgr.notests " \
	"pstore.kmsg_bytes=65536"

/* Without --kaslr. Saves 0.2 s for the relocation, and the page-table isolation that KASLR needs. */
#define FIXED_ARGUMENTS " nokaslr"

/*
 * Memory checks that Debian's kernels have (Linux Documentation/mm/slub.rst,
 * dev-tools/kfence.rst); a kernel ignores those that it does not have. KFENCE guards one
 * allocation per sample interval. The interval is long, because otherwise the permanent
 * allocations of a boot would use up its 255 objects. Addresses are not hashed, so that those
 * in a report can be compared with what a module prints.
 */
#define DEBUG_ARGUMENTS                                              \
	" slub_debug=FZPU page_poison=1 kfence.sample_interval=200 " \
	"kfence.check_on_panic=1 no_hash_pointers"

bool qemu_has_kvm(void)
{
	struct utsname name;

	return uname(&name) == 0 && strcmp(name.machine, "aarch64") == 0 &&
	       access("/dev/kvm", R_OK | W_OK) == 0;
}

static void add(char ***argv, const char *option, const char *value)
{
	strv_add(argv, option);
	strv_add(argv, value);
}

static void addf(char ***argv, const char *option, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void addf(char ***argv, const char *option, const char *fmt, ...)
{
	_cleanup_(strbuf_release) struct strbuf value = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&value, fmt, ap);
	va_end(ap);
	add(argv, option, value.buf);
}

static void add_machine(char ***argv, const struct qemu_config *c, const char *dumpdtb)
{
	addf(argv, "-name", "outpost-%s", c->name);
	addf(argv, "-machine", "virt,acpi=off%s%s", dumpdtb ? ",dumpdtb=" : "",
	     dumpdtb ? dumpdtb : "");
	add(argv, "-accel", c->kvm ? "kvm" : "tcg,thread=multi");
	add(argv, "-cpu", c->kvm ? "host" : "cortex-a72");
	addf(argv, "-smp", "%d", c->cpus);
	addf(argv, "-m", "%d", c->memory_mib);
	strv_add(argv, "-nodefaults");
	strv_add(argv, "-no-user-config");
	add(argv, "-display", "none");
}

/*
 * `file` is last in the option's value, with commas doubled. It is absolute because QEMU
 * reopens it at the end of a migration, when it has left `dir`.
 */
static void add_disk(char ***argv, const char *id, const char *how, const char *file)
{
	_cleanup_(strbuf_release) struct strbuf value = STRBUF_INIT;

	strbuf_addf(&value, "if=none,format=%s,id=%s,%s,file=",
		    fnmatch("*.qcow2", file, 0) == 0 ? "qcow2" : "raw", id, how);
	for (const char *p = file; *p; p++) {
		if (*p == ',')
			strbuf_addch(&value, ',');
		strbuf_addch(&value, *p);
	}
	add(argv, "-drive", value.buf);
	addf(argv, "-device", "virtio-blk-pci,drive=%s", id);
}

static void add_devices(char ***argv, const struct qemu_config *c)
{
	_cleanup_free_ char *disk = path_join(c->dir, c->disk ? c->disk : "disk.img", NULL);
	_cleanup_free_ char *identity = c->identity ? path_join(c->dir, c->identity, NULL) : NULL;

	/*
	 * What the guest has synced survives a crash of the guest, but not necessarily one of
	 * this host.
	 */
	add_disk(argv, "disk", "cache=unsafe,discard=unmap", disk);
	add_disk(argv, "modules", "readonly=on", c->modules);
	if (identity)
		add_disk(argv, "identity", "readonly=on", identity);
	addf(argv, "-netdev", "user,id=" QEMU_NETDEV ",hostfwd=tcp:127.0.0.1:%d-:22", c->port);
	/* No boot ROM: it is in a separate package, and nothing boots from the network. */
	add(argv, "-device", "virtio-net-pci,netdev=" QEMU_NETDEV ",romfile=");
	add(argv, "-device", "i6300esb");
	add(argv, "-action", "watchdog=reset");
	add(argv, "-chardev",
	    "socket,id=console,path=console.sock,server=on,wait=off,logfile=console.log,"
	    "logappend=off");
	add(argv, "-serial", "chardev:console");
	add(argv, "-qmp", "unix:qmp.sock,server=on,wait=off");
}

static void add_kernel_arguments(char ***argv, const struct qemu_config *c)
{
	addf(argv, "-append", "%s%s%s", KERNEL_ARGUMENTS, c->kaslr ? "" : FIXED_ARGUMENTS,
	     c->debug ? DEBUG_ARGUMENTS : "");
}

char **qemu_argv(const struct qemu_config *c, const char *dumpdtb)
{
	char **argv = NULL;

	strv_add(&argv, QEMU);
	add_machine(&argv, c, dumpdtb);
	if (dumpdtb)
		return argv;
	add(&argv, "-kernel", c->kernel);
	add(&argv, "-initrd", "initrd");
	add(&argv, "-dtb", "board.dtb");
	add_kernel_arguments(&argv, c);
	add_devices(&argv, c);
	if (c->waits)
		add(&argv, "-incoming", "defer");
	strv_add(&argv, "-daemonize");
	add(&argv, "-pidfile", "pid");
	return argv;
}

static int no_qemu(void)
{
	log_error("%s is not installed", QEMU);
	log_hint("As root, run apt-get install qemu-system-arm");
	return -ENOENT;
}

/* The path that execvp() would use; the caller frees it. NULL if not found. */
static char *find_program(const char *name)
{
	_cleanup_free_ char *path = xstrdup(getenv("PATH") ? getenv("PATH") : "/usr/bin:/bin");
	char *save = NULL;

	for (char *dir = strtok_r(path, ":", &save); dir; dir = strtok_r(NULL, ":", &save)) {
		_cleanup_free_ char *file = path_join(dir, name, NULL);

		if (access(file, X_OK) == 0)
			return TAKE_PTR(file);
	}
	return NULL;
}

char *qemu_describe_machine(const struct qemu_config *c)
{
	_cleanup_free_ char *file = find_program(QEMU);
	struct stat st;

	if (!file || stat(file, &st) < 0) {
		no_qemu();
		return NULL;
	}
	return xasprintf("%s %d %d %lld.%09ld %s", c->kvm ? "kvm" : "tcg", c->cpus, c->memory_mib,
			 (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, OUTPOST_VERSION);
}

/* Runs QEMU until it has daemonized or exited. `said`: its output. */
static int run(const struct qemu_config *c, const char *dumpdtb, struct strbuf *said)
{
	_cleanup_strv_ char **argv = qemu_argv(c, dumpdtb);
	struct process_options options = {
		.dir = c->dir, .output = said, .error = said, .timeout_ms = 20000
	};
	int r = process_run(argv, &options);

	if (r == -ENOENT)
		return no_qemu();
	return r < 0 && r != -EINTR ? log_error_errno(r, "Cannot start %s", QEMU) : r;
}

static int complain(int status, const struct strbuf *said)
{
	log_error("%s ended with status %d: %.*s", QEMU, status, (int)strcspn(said->buf, "\n"),
		  said->buf);
	return -EIO;
}

int qemu_dump_dtb(const struct qemu_config *c, struct strbuf *dtb)
{
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	_cleanup_free_ char *path = path_join(c->dir, "qemu.dtb", NULL);
	int r = run(c, "qemu.dtb", &said);

	if (r < 0)
		return r;
	if (r > 0)
		return complain(r, &said);
	r = fs_read(path, dtb, 4 * 1024 * 1024);
	unlink(path);
	return r < 0 ? log_error_errno(r, "Cannot read the device tree in %s", path) : 0;
}

int qemu_start(struct qemu_config *c, int (*prepare)(int port, void *arg), void *arg)
{
	for (int tries = 5;; tries--) {
		_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
		int r = net_free_port();

		if (r < 0)
			return log_error_errno(r, "Cannot find a free TCP port on 127.0.0.1");
		c->port = r;
		r = prepare(c->port, arg);
		if (r < 0)
			return r;
		r = run(c, NULL, &said);
		if (r <= 0)
			return r;
		/* Another process may have taken the port in the meantime. */
		if (tries == 1 || !strstr(said.buf, "host forwarding"))
			return complain(r, &said);
	}
}

pid_t qemu_pid(const char *dir)
{
	_cleanup_free_ char *path = path_join(dir, "pid", NULL);
	_cleanup_close_ int fd = open(path, O_RDWR | O_CLOEXEC);
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	int pid;

	/*
	 * QEMU holds an open-file-description lock or, on some systems, a process lock: this
	 * detects both.
	 */
	if (fd < 0 || fcntl(fd, F_OFD_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
		return 0;
	if (fs_read_trimmed(path, &text, 64) < 0 || parse_int(text.buf, 2, INT_MAX, &pid) < 0)
		return 0;
	return pid;
}

int qemu_await_end(const char *dir, int timeout_ms)
{
	long long deadline = monotonic_ms() + timeout_ms;

	while (qemu_pid(dir)) {
		if (process_interrupted)
			return -EINTR;
		if (monotonic_ms() >= deadline)
			return -ETIME;
		nanosleep(&(struct timespec){ .tv_nsec = 10 * 1000000 }, NULL);
	}
	return 0;
}

int qemu_stop(const char *dir)
{
	pid_t pid;
	int r;

	if (qmp_command(dir, "quit", NULL) < 0)
		log_debug("QEMU in %s did not take 'quit'", dir);
	r = qemu_await_end(dir, 2000);
	if (r == 0)
		return 0;
	pid = qemu_pid(dir);
	if (pid && kill(pid, SIGKILL) < 0 && errno != ESRCH)
		return -errno;
	for (int i = 0; i < 200 && qemu_pid(dir); i++) /* even after Ctrl-C */
		nanosleep(&(struct timespec){ .tv_nsec = 10 * 1000000 }, NULL);
	return qemu_pid(dir) ? -ETIME : 0;
}
