// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/base/paths.h"
#include "host/vm/console.h"
#include "host/vm/console_log.h"
#include "host/vm/cpio.h"
#include "host/vm/dtb.h"
#include "host/vm/guest.h"
#include "host/vm/image.h"
#include "host/vm/instance.h"
#include "host/vm/keys.h"
#include "host/vm/qemu.h"
#include "host/vm/saved.h"

#include <errno.h>
#include <fcntl.h>
#include <libfdt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char dir[64];

static int set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/test_vm.XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	return fs_remove_tree(dir);
}

static void write_file(const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(dir, name, NULL);

	assert_int_equal(fs_write_atomic(path, text, strlen(text), 0600), 0);
}

/* --- cpio --- */

static void test_cpio_is_what_cpio_reads(void **state)
{
	_cleanup_(strbuf_release) struct strbuf archive = STRBUF_INIT, said = STRBUF_INIT;
	_cleanup_(strbuf_release) struct strbuf content = STRBUF_INIT;
	_cleanup_free_ char *out = path_join(dir, "out", NULL), *file = NULL, *link = NULL;
	struct process_options options = { .dir = out, .output = &said, .error = &said };
	char target[16] = "";
	struct stat st;

	(void)state;
	cpio_add_dir(&archive, "a", 0755);
	for (int length = 0; length < 5; length++) { /* every padding of name and data */
		_cleanup_free_ char *name = xasprintf("a/%.*s", length + 1, "fffff");

		cpio_add_data(&archive, name, 0640, "12345", (size_t)length);
	}
	cpio_add_link(&archive, "a/link", "ff");
	cpio_end(&archive);
	assert_int_equal(archive.len % 4, 0);
	assert_int_equal(fs_mkdir_p(out, 0755), 0);
	options.input = archive.buf;
	options.input_len = archive.len;
	assert_int_equal(process_run(ARGV("cpio", "-t", "--quiet"), &options), 0);
	assert_string_equal(said.buf, "a\na/f\na/ff\na/fff\na/ffff\na/fffff\na/link\n");
	assert_int_equal(process_run(ARGV("cpio", "-i", "--quiet"), &options), 0);
	file = path_join(out, "a/fffff", NULL);
	assert_int_equal(fs_read(file, &content, 100), 0);
	assert_string_equal(content.buf, "1234");
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0640);
	link = path_join(out, "a/link", NULL);
	assert_int_equal(readlink(link, target, sizeof(target)), 2);
	assert_string_equal(target, "ff");
}

/* Files of the second archive replace those of the first, as in the kernel. */
static void test_initrd_holds_image_and_guest(void **state)
{
	_cleanup_(strbuf_release) struct strbuf image = STRBUF_INIT, initrd = STRBUF_INIT;
	_cleanup_free_ char *from = path_join(dir, "image.cpio", NULL);
	_cleanup_free_ char *to = path_join(dir, "initrd", NULL);

	(void)state;
	cpio_add_dir(&image, "first", 0755);
	cpio_end(&image);
	assert_int_equal(fs_write_atomic(from, image.buf, image.len, 0600), 0);
	write_file("host_key", "HOSTKEY");
	write_file("id_ed25519.pub", "LOGINKEY");
	assert_int_equal(guest_write_initrd(GUEST_SMALL, "pi-2", dir, from), 0);
	assert_int_equal(fs_read(to, &initrd, 0), 0);
	assert_memory_equal(initrd.buf, image.buf, image.len);
	assert_memory_equal(initrd.buf + image.len, "070701", 6);
	assert_non_null(memmem(initrd.buf, initrd.len, "#!/bin/busybox sh\n", 18));
	assert_non_null(memmem(initrd.buf, initrd.len, "etc/inittab\0", 12));
	/* A small vm gets its identity from a disk, a full one from its initrd. */
	assert_null(memmem(initrd.buf, initrd.len, "HOSTKEY", 7));
	assert_null(memmem(initrd.buf, initrd.len, "pi-2\n", 5));
	assert_int_equal(guest_write_initrd(GUEST_FULL, "pi-2", dir, from), 0);
	strbuf_reset(&initrd);
	assert_int_equal(fs_read(to, &initrd, 0), 0);
	assert_non_null(memmem(initrd.buf, initrd.len, "etc/hostname\0", 13));
	assert_non_null(memmem(initrd.buf, initrd.len, "pi-2\n", 5));
	assert_non_null(memmem(initrd.buf, initrd.len, "HOSTKEY", 7));
	assert_non_null(memmem(initrd.buf, initrd.len, "LOGINKEY", 8));
}

/* The content of a file in the vm's identity. */
static char *identity_value(const char *file)
{
	_cleanup_free_ char *path = path_join(dir, GUEST_IDENTITY, NULL);
	_cleanup_free_ char *out = path_join(dir, "out", NULL), *name = path_join(out, file, NULL);
	_cleanup_(strbuf_release) struct strbuf disk = STRBUF_INIT, value = STRBUF_INIT;
	struct process_options options = { .dir = out };

	assert_int_equal(fs_remove_tree(out), 0);
	assert_int_equal(fs_mkdir_p(out, 0755), 0);
	assert_int_equal(fs_read(path, &disk, 0), 0);
	options.input = disk.buf;
	options.input_len = disk.len;
	assert_int_equal(process_run(ARGV("cpio", "-id", "--quiet"), &options), 0);
	assert_int_equal(fs_read(name, &value, 0), 0);
	return xstrdup(value.buf);
}

/*
 * The size of the disk is fixed, because saved states depend on it; no two vms get the same
 * identity.
 */
static void test_identity(void **state)
{
	static const char *const files[] = { "etc/hostname", "etc/ssh/host_key",
					     "etc/ssh/authorized_keys", "run/identity/mac",
					     "run/identity/seed" };
	_cleanup_free_ char *path = path_join(dir, GUEST_IDENTITY, NULL);
	char *first[ARRAY_SIZE(files)];
	struct stat st;

	(void)state;
	write_file("host_key", "HOSTKEY");
	write_file("host_key.pub", "HOSTKEY.PUB");
	write_file("id_ed25519.pub", "LOGINKEY");
	assert_int_equal(guest_make_identity(dir), 0);
	assert_int_equal(guest_write_identity("one", dir), 0);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		first[i] = identity_value(files[i]);
	assert_string_equal(first[0], "one\n");
	assert_string_equal(first[1], "HOSTKEY");
	assert_string_equal(first[2], "LOGINKEY");
	assert_int_equal(strncmp(first[3], "52:54:", 6), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);

	write_file("host_key", "HOSTKEY2");
	write_file("host_key.pub", "HOSTKEY2.PUB");
	write_file("id_ed25519.pub", "LOGINKEY2");
	assert_int_equal(guest_make_identity(dir), 0);
	assert_int_equal(guest_write_identity("two", dir), 0);
	assert_int_equal(st.st_size, 64 * 1024);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *second = identity_value(files[i]);

		assert_string_not_equal(first[i], second);
		free(first[i]);
	}
}

static void test_saved_states_are_of_stock_small_vms(void **state)
{
	const struct qemu_config small = { .identity = GUEST_IDENTITY };
	struct qemu_config other = small;

	(void)state;
	assert_true(saved_is_possible(&small));
	other.debug = true;
	assert_true(saved_is_possible(&other));
	other.kaslr = true;
	assert_false(saved_is_possible(&other));
	other = small;
	other.kvm = true;
	assert_false(saved_is_possible(&other));
	other = small;
	other.identity = NULL; /* a full one */
	assert_false(saved_is_possible(&other));
}

/* The image that all full vms share is made without keys. */
static void test_initrd_of_the_maker_holds_no_keys(void **state)
{
	_cleanup_(strbuf_release) struct strbuf initrd = STRBUF_INIT;
	_cleanup_free_ char *from = path_join(dir, "image.cpio", NULL);
	_cleanup_free_ char *to = path_join(dir, "initrd", NULL);

	(void)state;
	assert_int_equal(fs_write_atomic(from, "", 0, 0600), 0);
	write_file("host_key", "HOSTKEY");
	write_file("id_ed25519.pub", "LOGINKEY");
	assert_int_equal(guest_write_initrd(GUEST_MAKER, "x", dir, from), 0);
	assert_int_equal(fs_read(to, &initrd, 0), 0);
	assert_non_null(memmem(initrd.buf, initrd.len, "dpkg --configure -a", 19));
	assert_null(memmem(initrd.buf, initrd.len, "HOSTKEY", 7));
	assert_null(memmem(initrd.buf, initrd.len, "LOGINKEY", 8));
}

/* --- device tree --- */

/* Like QEMU's: `size` bytes of memory at 1 GiB, and two virtio-mmio slots. */
static void make_tree(void *fdt, size_t n, uint64_t size)
{
	int node;

	assert_int_equal(fdt_create_empty_tree(fdt, (int)n), 0);
	fdt_setprop_u32(fdt, 0, "#address-cells", 2);
	fdt_setprop_u32(fdt, 0, "#size-cells", 2);
	fdt_setprop_string(fdt, fdt_add_subnode(fdt, 0, "virtio_mmio@a000000"), "compatible",
			   "virtio,mmio");
	fdt_setprop_string(fdt, fdt_add_subnode(fdt, 0, "virtio_mmio@a000200"), "compatible",
			   "virtio,mmio");
	node = fdt_add_subnode(fdt, 0, "memory@40000000");
	fdt_setprop_string(fdt, node, "device_type", "memory");
	fdt_setprop_u64(fdt, node, "reg", 0x40000000);
	assert_int_equal(fdt_appendprop_u64(fdt, node, "reg", size), 0);
}

static uint32_t property_u32(const void *fdt, int node, const char *name)
{
	int n;
	const fdt32_t *value = fdt_getprop(fdt, node, name, &n);

	assert_non_null(value);
	assert_int_equal(n, 4);
	return fdt32_ld(value);
}

static void test_dtb_gets_ramoops(void **state)
{
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;
	char tree[4096];
	const fdt64_t *reg;
	int node, n;

	(void)state;
	make_tree(tree, sizeof(tree), 0x180000000ULL); /* 6 GiB: more than 32 bits */
	assert_int_equal(dtb_edit(tree, sizeof(tree), "x", &out), 0);
	assert_int_equal(fdt_check_full(out.buf, out.len), 0);
	assert_true(dtb_is_made_for(out.buf, out.len, "x"));
	assert_false(dtb_is_made_for(out.buf, out.len, "xy"));
	assert_false(dtb_is_made_for(out.buf, out.len - 1, "x"));
	assert_false(dtb_is_made_for(tree, sizeof(tree), "x"));
	node = fdt_path_offset(out.buf, "/reserved-memory/ramoops@1bff00000");
	assert_true(node > 0);
	assert_int_equal(fdt_node_check_compatible(out.buf, node, "ramoops"), 0);
	reg = fdt_getprop(out.buf, node, "reg", &n);
	assert_int_equal(n, 16);
	assert_int_equal(fdt64_ld(&reg[0]), 0x1bff00000ULL);
	assert_int_equal(fdt64_ld(&reg[1]), DTB_RAMOOPS_SIZE);
	assert_int_equal(property_u32(out.buf, node, "record-size"), DTB_RAMOOPS_RECORD_SIZE);
	node = fdt_path_offset(out.buf, "/reserved-memory");
	assert_int_equal(property_u32(out.buf, node, "#address-cells"), 2);
	assert_non_null(fdt_getprop(out.buf, node, "ranges", NULL));
	assert_true(fdt_node_offset_by_compatible(out.buf, -1, "virtio,mmio") < 0);
}

static void test_dtb_refuses_others(void **state)
{
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;
	char tree[4096];

	(void)state;
	memset(tree, 'x', sizeof(tree));
	assert_int_equal(dtb_edit(tree, sizeof(tree), "x", &out), -EINVAL);
	assert_int_equal(dtb_edit(tree, 3, "x", &out), -EINVAL);
	fdt_create_empty_tree(tree, sizeof(tree)); /* no memory node */
	assert_int_equal(dtb_edit(tree, sizeof(tree), "x", &out), -EINVAL);
	make_tree(tree, sizeof(tree), DTB_RAMOOPS_SIZE); /* too little memory */
	assert_int_equal(dtb_edit(tree, sizeof(tree), "x", &out), -EINVAL);
	assert_int_equal(out.len, 0);
}

/* In a device tree that is stored and edited, QEMU's own seed would be the same at every start. */
static void test_dtb_seed(void **state)
{
	char tree[4096];
	const fdt64_t *seed;
	int node, n;

	(void)state;
	make_tree(tree, sizeof(tree), 0x40000000);
	assert_int_equal(dtb_set_seed(tree, 1), -EINVAL);
	node = fdt_add_subnode(tree, 0, "chosen");
	assert_int_equal(dtb_set_seed(tree, 1), -EINVAL);
	fdt_setprop_u64(tree, node, "kaslr-seed", 7);
	assert_int_equal(dtb_set_seed(tree, 0x123456789abcdef0), 0);
	seed = fdt_getprop(tree, node, "kaslr-seed", &n);
	assert_int_equal(n, sizeof(*seed));
	assert_int_equal(fdt64_ld(seed), 0x123456789abcdef0);
}

/* --- QEMU --- */

static const char *after(char *const *argv, const char *option)
{
	strv_foreach (arg, argv)
		if (strcmp(*arg, option) == 0)
			return arg[1];
	fail_msg("no %s", option);
	return NULL;
}

static void test_qemu_arguments(void **state)
{
	const struct qemu_config config = {
		.name = "two",
		.dir = dir,
		.kernel = "/c/vmlinuz",
		.modules = "/c/a,b/modules.img",
		.memory_mib = 512,
		.cpus = 3,
		.port = 4022,
	};
	_cleanup_strv_ char **argv = qemu_argv(&config, NULL);

	(void)state;
	assert_string_equal(argv[0], "qemu-system-aarch64");
	assert_string_equal(after(argv, "-machine"), "virt,acpi=off");
	assert_string_equal(after(argv, "-cpu"), "cortex-a72");
	assert_string_equal(after(argv, "-accel"), "tcg,thread=multi");
	assert_string_equal(after(argv, "-smp"), "3");
	assert_string_equal(after(argv, "-m"), "512");
	assert_string_equal(after(argv, "-netdev"),
			    "user,id=net,restrict=on,ipv6=off,hostfwd=tcp:127.0.0.1:4022-:22");
	assert_string_equal(
		after(argv, "-sandbox"),
		"on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
	assert_string_equal(after(argv, "-action"), "watchdog=reset");
	assert_non_null(strstr(after(argv, "-append"), "panic=1"));
	assert_null(strstr(after(argv, "-append"), "slub_debug"));
	assert_non_null(strstr(after(argv, "-append"), " nokaslr"));
	assert_true(strv_contains(
		argv, "if=none,format=raw,id=modules,readonly=on,file=/c/a,,b/modules.img"));
	assert_false(strv_contains(argv, "-no-reboot"));
}

static void test_qemu_arguments_for_debugging(void **state)
{
	const struct qemu_config config = {
		.name = "x",
		.dir = "/d",
		.kernel = "/c/vmlinuz",
		.modules = "/c/modules.img",
		.memory_mib = 512,
		.cpus = 1,
		.debug = true,
		.kaslr = true,
		.net = true,
		.port = 4022,
	};
	_cleanup_strv_ char **argv = qemu_argv(&config, NULL);

	(void)state;
	assert_string_equal(after(argv, "-netdev"), "user,id=net,hostfwd=tcp:127.0.0.1:4022-:22");
	assert_null(strstr(after(argv, "-append"), "nokaslr"));
	assert_non_null(strstr(after(argv, "-append"), "pstore.kmsg_bytes=65536 slub_debug=FZPU "));
	assert_non_null(strstr(after(argv, "-append"), " kfence.sample_interval="));
}

static void test_qemu_disk_of_a_full_vm(void **state)
{
	const struct qemu_config config = {
		.name = "x",
		.dir = "/d",
		.kernel = "/c/vmlinuz",
		.disk = "disk.qcow2",
		.modules = "/c/modules.img",
		.memory_mib = 512,
		.cpus = 1,
	};
	_cleanup_strv_ char **argv = qemu_argv(&config, NULL);

	(void)state;
	assert_true(strv_contains(argv, "if=none,format=qcow2,id=disk,cache=unsafe,discard=unmap,"
					"file=/d/disk.qcow2"));
}

static void test_qemu_second_network_card(void **state)
{
	struct qemu_config config = {
		.name = "x",
		.dir = "/d",
		.kernel = "/c/vmlinuz",
		.modules = "/c/modules.img",
		.memory_mib = 512,
		.cpus = 1,
		.port = 4022,
		.tap = "tap7",
	};
	_cleanup_strv_ char **argv = qemu_argv(&config, NULL), **other = NULL;
	const char *card = NULL;

	(void)state;
	/* The first one stays as it is. */
	assert_string_equal(after(argv, "-netdev"),
			    "user,id=net,restrict=on,ipv6=off,hostfwd=tcp:127.0.0.1:4022-:22");
	assert_true(strv_contains(argv, "tap,id=tap,ifname=tap7,script=no,downscript=no"));
	strv_foreach (arg, argv)
		if (strstr(*arg, "netdev=tap"))
			card = *arg;
	assert_non_null(card);
	config.name = "y";
	other = qemu_argv(&config, NULL);
	assert_false(strv_contains(other, card)); /* another address */
}

static void test_qemu_arguments_for_its_tree(void **state)
{
	const struct qemu_config config = {
		.name = "x", .memory_mib = 512, .cpus = 1, .kvm = true
	};
	_cleanup_strv_ char **argv = qemu_argv(&config, "t.dtb");

	(void)state;
	assert_string_equal(after(argv, "-machine"), "virt,acpi=off,dumpdtb=t.dtb");
	assert_string_equal(after(argv, "-cpu"), "host");
	assert_string_equal(after(argv, "-accel"), "kvm");
	assert_false(strv_contains(argv, "-sandbox"));
}

/* --- the console's log --- */

static off_t size_of(const char *name)
{
	_cleanup_free_ char *path = path_join(dir, name, NULL);
	struct stat st;

	return stat(path, &st) < 0 ? -1 : st.st_size;
}

/* What the guest prints, here ourselves. Waits until it is in the log. */
static void print(const char *text, size_t times)
{
	_cleanup_free_ char *path = path_join(dir, CONSOLE_PIPE, NULL);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	for (size_t i = 0; i < times; i++)
		assert_int_equal(fs_write_all(fd, text, strlen(text)), 0);
}

static void await_end_of_log(void)
{
	while (console_log_grows(dir))
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static void test_a_console_without_end_is_bounded(void **state)
{
	static char line[64 * 1024];
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *path = path_join(dir, CONSOLE_LOG, NULL);
	const size_t times = 3 * (CONSOLE_LOG_MAX / (sizeof(line) - 1));
	int fd;

	(void)state;
	memset(line, 'x', sizeof(line) - 2);
	line[sizeof(line) - 2] = '\n';
	fd = console_log_start(dir);
	assert_true(fd >= 0);
	assert_true(console_log_grows(dir));
	print(line, times);
	print("last words\n", 1);
	close(fd); /* QEMU has ended */
	await_end_of_log();
	assert_in_range(size_of(CONSOLE_LOG), 1, CONSOLE_LOG_MAX);
	assert_in_range(size_of(CONSOLE_LOG_OLD), 1, CONSOLE_LOG_MAX);
	assert_int_equal(fs_read(path, &text, 0), 0);
	assert_string_equal(text.buf + text.len - 11, "last words\n");
}

/* A line that is awaited may be the last one of a log that is full. */
static void test_a_line_is_found_in_the_log_before(void **state)
{
	(void)state;
	write_file(CONSOLE_LOG, "new\n");
	write_file(CONSOLE_LOG_OLD, "outpost: ready\n, but that was before the reset\n"
				    "outpost: ready\n");
	assert_int_equal(console_await(dir, 40, GUEST_READY, 1000), 0);
	assert_int_equal(console_await(dir, 50, GUEST_READY, 1000), -ECONNRESET);
}

/* A new start begins a new log. */
static void test_a_new_log_is_empty(void **state)
{
	(void)state;
	write_file(CONSOLE_LOG, "outpost: ready\n");
	write_file(CONSOLE_LOG_OLD, "outpost: ready\n");
	close(console_log_start(dir));
	await_end_of_log();
	assert_int_equal(size_of(CONSOLE_LOG), 0);
	assert_int_equal(size_of(CONSOLE_LOG_OLD), -1);
}

/* A pid file is trusted only while its lock is held, here by a child that plays QEMU. */
static void test_stale_pid_is_not_believed(void **state)
{
	_cleanup_free_ char *path = path_join(dir, "pid", NULL);
	_cleanup_free_ char *text = xasprintf("%d\n", getpid());
	int ready[2];
	char c;
	pid_t child;

	(void)state;
	assert_int_equal(qemu_pid(dir), 0);
	write_file("pid", text); /* the pid of a live process, but not of QEMU */
	assert_int_equal(qemu_pid(dir), 0);
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
		int fd = open(path, O_RDWR);

		if (fcntl(fd, F_SETLK, &lock) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(qemu_pid(dir), getpid());
	assert_int_equal(qemu_await_end(dir, 20), -ETIME);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(qemu_pid(dir), 0);
	assert_int_equal(qemu_await_end(dir, 20), 0);
	close(ready[0]);
}

/* --- state --- */

static void test_instance_is_read_back(void **state)
{
	_cleanup_(instance_freep) struct instance *vm = NULL, *again = NULL;

	(void)state;
	setenv("XDG_STATE_HOME", dir, 1);
	assert_int_equal(instance_open("one", &vm), -ENOENT);
	assert_non_null(vm->dir);
	assert_null(vm->kernel);
	assert_int_equal(fs_mkdir_p(vm->dir, 0700), 0);
	vm->kernel = xstrdup("6.1.0-50-arm64");
	vm->memory_mib = 768;
	vm->cpus = 1;
	vm->port = 40001;
	vm->full = true;
	assert_int_equal(instance_save(vm), 0);
	assert_int_equal(instance_open("one", &again), 0);
	assert_string_equal(again->kernel, "6.1.0-50-arm64");
	assert_int_equal(again->memory_mib, 768);
	assert_int_equal(again->cpus, 1);
	assert_int_equal(again->port, 40001);
	assert_true(again->full);
}

/* The next start rewrites it; until then it is ignored as a whole. */
static void test_instance_survives_nonsense(void **state)
{
	static const char *const texts[] = {
		"kernel = a\nport = 99999\n",
		"kernel = a\nmemory = lots\n",
		"kernel = a\nkernel = b\n",
		"kernel = a\n[x\n",
		"kernel = a\n=\n",
		"kernel = a\ndebug = perhaps\n",
	};
	_cleanup_free_ char *home = NULL, *conf = NULL;
	_cleanup_(instance_freep) struct instance *none = NULL;

	(void)state;
	setenv("XDG_STATE_HOME", dir, 1);
	home = path_state("vm", "one", NULL);
	conf = path_join(home, "vm.conf", NULL);
	assert_int_equal(fs_mkdir_p(home, 0700), 0);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_(instance_freep) struct instance *vm = NULL;

		assert_int_equal(fs_write_atomic(conf, texts[i], strlen(texts[i]), 0600), 0);
		assert_int_equal(instance_open("one", &vm), -ENOENT);
		assert_int_equal(vm->port, 0);
		assert_int_equal(vm->memory_mib, 0);
		assert_null(vm->kernel);
	}
	assert_int_equal(instance_open("../one", &none), -EINVAL);
	assert_null(none);
}

static void test_ssh_config_quotes_paths(void **state)
{
	_cleanup_free_ char *odd = path_join(dir, "with space 100%", NULL);
	_cleanup_free_ char *path = path_join(odd, "ssh_config", NULL);
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	_cleanup_free_ char *wanted = xasprintf("identityfile %s/id_ed25519\n", odd);
	struct process_options options = { .output = &said };

	(void)state;
	assert_int_equal(fs_mkdir_p(odd, 0700), 0);
	assert_int_equal(keys_write_config("one", "pi", odd, 4023), 0);
	/* ssh itself prints how it */
	assert_int_equal(process_run(ARGV("ssh", "-G", "-F", path, "outpost-one"), &options), 0);
	assert_non_null(strstr(said.buf, "\nport 4023\n"));
	assert_non_null(strstr(said.buf, "hostname 127.0.0.1\n"));
	assert_true(strstr(said.buf, "stricthostkeychecking true\n") ||
		    strstr(said.buf, "stricthostkeychecking yes\n"));
	assert_non_null(strstr(said.buf, "hostkeyalias outpost-one\n"));
	if (!strstr(said.buf, wanted) && !strstr(said.buf, "with space 100%%/id_ed25519\n"))
		fail_msg("no '%s' in: %s", wanted, said.buf);
}

/* --- images --- */

static void test_manifest_notices_damage(void **state)
{
	static const char *const files[] = { "one", "two", NULL };
	_cleanup_free_ char *one = path_join(dir, "one", NULL);
	struct stat st;

	(void)state;
	write_file("one", "first");
	write_file("two", "second");
	assert_int_equal(manifest_check(dir, files, false), -ENOENT);
	assert_int_equal(manifest_write(dir, files), 0);
	assert_int_equal(manifest_check(dir, files, false), 0);
	assert_int_equal(manifest_check(dir, files, true), 0);
	write_file("one", "first"); /* touched, but unchanged */
	assert_int_equal(manifest_check(dir, files, false), 0);
	write_file("one", "other"); /* the same size */
	assert_int_equal(manifest_check(dir, files, false), -EUCLEAN);
	write_file("one", "first, and more");
	assert_int_equal(manifest_check(dir, files, false), -EUCLEAN);
	/* the same size and time: only reading it shows the change */
	write_file("one", "first");
	assert_int_equal(manifest_write(dir, files), 0);
	assert_int_equal(stat(one, &st), 0);
	write_file("one", "fiRst");
	assert_int_equal(utimensat(AT_FDCWD, one, (struct timespec[]){ st.st_atim, st.st_mtim }, 0),
			 0);
	assert_int_equal(manifest_check(dir, files, false), 0);
	assert_int_equal(manifest_check(dir, files, true), -EUCLEAN);
	unlink(one);
	assert_int_equal(manifest_check(dir, files, false), -EUCLEAN);
	write_file("manifest", "outpost-image 0\n"); /* of another version of Outpost */
	assert_int_equal(manifest_check(dir, files, false), -ENOENT);
}

static void test_boot_modules_bring_what_they_need(void **state)
{
	static const char dep[] =
		"kernel/lib/crc16.ko:\n"
		"kernel/fs/jbd2/jbd2.ko:\n"
		"kernel/fs/ext4/ext4.ko: kernel/lib/crc16.ko kernel/fs/jbd2/jbd2.ko\n"
		"kernel/drivers/virtio-rng.ko:\n"
		"kernel/drivers/next4.ko: kernel/lib/crc16.ko\n";
	static const char *const names[] = { "absent", "ext4", "virtio_rng", "crc16", NULL };
	_cleanup_strv_ char **found = NULL, **lines = NULL;

	(void)state;
	modules_closure(dep, names, &lines, &found);
	assert_int_equal(strv_length(lines), 4);
	assert_string_equal(lines[0], "kernel/lib/crc16.ko:");
	assert_string_equal(lines[1], "kernel/fs/jbd2/jbd2.ko:");
	assert_string_equal(lines[2],
			    "kernel/fs/ext4/ext4.ko: kernel/lib/crc16.ko kernel/fs/jbd2/jbd2.ko");
	assert_string_equal(lines[3], "kernel/drivers/virtio-rng.ko:");
	assert_int_equal(strv_length(found), 3);
	assert_string_equal(found[0], "ext4");
}

static void test_libraries_of_a_program(void **state)
{
	_cleanup_strv_ char **paths = NULL;

	(void)state;
	assert_int_equal(library_closure(dir, "/proc/self/exe", &paths),
			 -ENOENT); /* said: none here */
	assert_int_equal(library_closure(dir, "/etc/passwd", &paths), -ENOEXEC);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_cpio_is_what_cpio_reads),
		TEST(test_initrd_holds_image_and_guest),
		TEST(test_initrd_of_the_maker_holds_no_keys),
		TEST(test_identity),
		TEST(test_saved_states_are_of_stock_small_vms),
		TEST(test_qemu_disk_of_a_full_vm),
		TEST(test_qemu_second_network_card),
		TEST(test_dtb_gets_ramoops),
		TEST(test_dtb_refuses_others),
		TEST(test_dtb_seed),
		TEST(test_qemu_arguments),
		TEST(test_qemu_arguments_for_debugging),
		TEST(test_qemu_arguments_for_its_tree),
		TEST(test_a_console_without_end_is_bounded),
		TEST(test_a_line_is_found_in_the_log_before),
		TEST(test_a_new_log_is_empty),
		TEST(test_stale_pid_is_not_believed),
		TEST(test_instance_is_read_back),
		TEST(test_instance_survives_nonsense),
		TEST(test_ssh_config_quotes_paths),
		TEST(test_manifest_notices_damage),
		TEST(test_boot_modules_bring_what_they_need),
		TEST(test_libraries_of_a_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
