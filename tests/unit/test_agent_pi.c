// SPDX-License-Identifier: GPL-2.0-only
/* A Raspberry Pi's config.txt, and what users of Raspberry Pis most often stumble over. */
#include "unit.h"

#include "agent/provision/config_txt.h"
#include "agent_board.h"

/* --- config.txt ----------------------------------------------------------------------------- */

#define CONFIG "/boot/firmware/config.txt"
#define TRY    "/boot/firmware/tryboot.txt"

static const char users[] = "# For more options, see the documentation\ndtparam=audio=on\n"
			    "[cm4]\notg_mode=1\ndtparam=watchdog=off";

static void set_try(char value)
{
	const char cell[4] = { 0, 0, 0, value };

	put_bytes("/proc/device-tree/chosen/bootloader/tryboot", cell, sizeof(cell), 0644);
}

static void make_pi(const char *compatible, size_t n)
{
	put_bytes("/proc/device-tree/compatible", compatible, n, 0644);
	put(CONFIG, users);
	put("/boot/firmware/overlays/ramoops.dtbo", "");
	put("/boot/firmware/overlays/ramoops-pi4.dtbo", "");
}

static void make_pi4(void)
{
	static const char compatible[] = "raspberrypi,4-model-b\0brcm,bcm2711";

	make_pi(compatible, sizeof(compatible));
	set_try(0);
}

/* What a kernel shows that has ramoops and the watchdog. */
static void show_ramoops(void)
{
	put("/proc/device-tree/reserved-memory/ramoops@b000000/reg", "");
	put("/sys/module/pstore/parameters/backend", "ramoops\n");
	put("/dev/watchdog0", "");
}

static void a_board_that_is_no_pi_has_no_config_txt(void **state)
{
	(void)state;
	order("boot", act, outpost_Provisioned_State_SKIPPED);
	expect_why("not a Raspberry Pi");
}

static void the_firmware_tries_the_lines_once(void **state)
{
	outpost_Provision request = { 0 };

	(void)state;
	make_pi4();
	order("boot", look, outpost_Provisioned_State_WOULD);
	expect_line("dtoverlay=ramoops-pi4,");
	assert_false(has(TRY));
	order("boot", act, outpost_Provisioned_State_RESTART);
	expect_in(TRY, "otg_mode=1\ndtparam=watchdog=off\n# outpost provision: begin");
	expect_in(TRY, "\n[all]\ndtoverlay=ramoops-pi4,total-size=0x40000,record-size=0x10000,"
		       "console-size=0x10000\ndtparam=watchdog=on\n# outpost provision: end\n");
	expect_in(CONFIG, users);
	order("boot", act, outpost_Provisioned_State_RESTART); /* interrupted before the restart */
	proto_set(request.step, "boot");
	assert_int_equal(provision_restart(&dirs, &request), 0);
	expect_calls("systemctl --reboot-argument=0 tryboot reboot", true);
	/* It comes up. */
	boot("second");
	set_try(1);
	show_ramoops();
	order("boot", act, outpost_Provisioned_State_CHANGED);
	assert_false(has(TRY));
	expect_in(CONFIG, "dtparam=watchdog=off\n# outpost provision: begin");
	boot("third");
	set_try(0);
	order("boot", act, outpost_Provisioned_State_DONE);
	assert_int_equal(provision_restart(&dirs, &request), 0);
	expect_calls("systemctl reboot\n", true);
	order_as(&request, "boot", act, true, outpost_Provisioned_State_RESTART);
	expect_in(CONFIG, users);
	order_as(&request, "boot", act, true, outpost_Provisioned_State_DONE);
}

static void a_board_that_did_not_come_up_is_back_with_the_old_lines(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	make_pi4();
	order("boot", act, outpost_Provisioned_State_RESTART);
	boot("second"); /* somebody switched it off and on */
	order("boot", look, outpost_Provisioned_State_WOULD);
	order("boot", act, outpost_Provisioned_State_FAILED);
	expect_why("did not come up with the new lines");
	text = text_of(CONFIG);
	assert_string_equal(text, users);
	assert_false(has(TRY));
	order("boot", act, outpost_Provisioned_State_RESTART); /* may be tried again */
}

static void lines_without_effect_are_not_kept(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	make_pi4();
	order("boot", act, outpost_Provisioned_State_RESTART);
	boot("second");
	set_try(1);
	order("boot", act, outpost_Provisioned_State_FAILED);
	expect_why("reserved no memory for ramoops");
	text = text_of(CONFIG);
	assert_string_equal(text, users);
	assert_false(has(TRY));
}

static void without_tryboot_the_file_is_kept_and_changed(void **state)
{
	static const char pi3[] = "raspberrypi,3-model-b\0brcm,bcm2837";

	(void)state;
	make_pi(pi3, sizeof(pi3));
	order("boot", act, outpost_Provisioned_State_RESTART);
	expect_in(CONFIG, "dtoverlay=ramoops,total-size");
	expect_in("/boot/firmware/config.before-outpost.txt", users);
	order("boot", look, outpost_Provisioned_State_WOULD);
	expect_line("restart the board");
	boot("second");
	show_ramoops();
	order("boot", act, outpost_Provisioned_State_DONE);
}

static void lines_of_the_user_are_not_repeated(void **state)
{
	(void)state;
	make_pi4();
	put(CONFIG, "dtoverlay=ramoops-pi4\n[pi3]\ndtparam=watchdog=on\n[all]\ndtparam=watchdog\n");
	show_ramoops();
	order("boot", act, outpost_Provisioned_State_DONE);
	put(CONFIG, "[pi3]\ndtoverlay=ramoops\n[all]\ndtparam=watchdog\n");
	order("boot", look, outpost_Provisioned_State_WOULD);
	expect_line("add dtoverlay=ramoops-pi4");
	unlink(in_root("/boot/firmware/overlays/ramoops-pi4.dtbo"));
	order("boot", look, outpost_Provisioned_State_FAILED);
	expect_why("The firmware has no /boot/firmware/overlays/ramoops-pi4.dtbo");
}

static void a_block_without_its_end_is_no_block(void **state)
{
	_cleanup_(strbuf_release) struct strbuf with = STRBUF_INIT, cut = STRBUF_INIT;
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;

	(void)state;
	config_txt_with("a=1\n", "b=2\n", &with);
	strbuf_add(&cut, with.buf,
		   (size_t)(strstr(with.buf, "# outpost provision: end") - with.buf));
	strbuf_adds(&cut, "users=own\n");
	config_txt_with(cut.buf, "", &out);
	assert_non_null(strstr(out.buf, "users=own\n"));
	strbuf_reset(&out);
	config_txt_with(with.buf, "", &out);
	assert_string_equal(out.buf, "a=1\n");
}

/* --- what users stumble over ------------------------------------------------------------------ */

static outpost_Condition condition(void)
{
	outpost_Condition c = { 0 };

	provision_condition(&dirs, &c);
	return c;
}

#define RELEASE "6.6.51+rpt-rpi-v8"

static void make_kernel(const char *release, bool headers)
{
	char path[256];

	snprintf(path, sizeof(path), "/lib/modules/%s/modules.builtin", release);
	put(path, "");
	snprintf(path, sizeof(path), "/lib/modules/%s/build/Makefile", release);
	if (headers)
		put(path, "");
}

static void kernels_and_their_headers(void **state)
{
	outpost_Condition c;

	(void)state;
	put("/proc/sys/kernel/osrelease", RELEASE "\n");
	put("/proc/version",
	    "Linux version " RELEASE " (x) #1 SMP PREEMPT Debian 1:6.6.51-1+rpt3 (2024)");
	c = condition();
	assert_false(c.modules); /* removed by an upgrade */
	make_kernel(RELEASE, false);
	make_kernel("6.6.62+rpt-rpi-2712", true); /* for another Pi */
	c = condition();
	assert_true(c.modules);
	assert_false(c.headers);
	assert_string_equal(c.newer, "");
	make_kernel("6.6.100+rpt-rpi-v8", true); /* installed, not restarted */
	make_kernel("6.6.9+rpt-rpi-v8", true);
	c = condition();
	assert_string_equal(c.newer, "6.6.100+rpt-rpi-v8");
	assert_false(c.headers);
	make_kernel(RELEASE, true);
	assert_true(condition().headers);
	put("/var/lib/dpkg/status",
	    "Package: linux-image-" RELEASE "\nStatus: install ok installed\n"
	    "Version: 1:6.6.51-1+rpt3\n\nPackage: z\nVersion: 1\n");
	assert_string_equal(condition().installed, "");
	put("/var/lib/dpkg/status",
	    "Package: linux-image-" RELEASE "\nStatus: install ok installed\n"
	    "Version: 1:6.6.51-1+rpt4\n");
	assert_string_equal(condition().installed, "1:6.6.51-1+rpt4");
}

static void programs_of_32_bits(void **state)
{
	const char elf[16] = "\177ELF\1", elf64[16] = "\177ELF\2";

	(void)state;
	assert_int_equal(condition().program_bits, 0);
	put_bytes("/bin/sh", elf, sizeof(elf), 0755);
	assert_int_equal(condition().program_bits, 32);
	put_bytes("/bin/sh", elf64, sizeof(elf64), 0755);
	assert_int_equal(condition().program_bits, 64);
}

static void ramoops_without_memory_and_emptied(void **state)
{
	(void)state;
	make_pi4();
	put(CONFIG, "dtoverlay=ramoops\n");
	assert_true(condition().pi);
	assert_true(condition().ramoops_wanted);
	assert_false(condition().ramoops_memory);
	show_ramoops();
	assert_true(condition().ramoops_memory);
	assert_int_equal(condition().records_moved, 0);
	put("/var/lib/systemd/pstore/1732/dmesg.txt", "");
	assert_int_equal(condition().records_moved, 1);
}

static void power_and_watchdog(void **state)
{
	(void)state;
	assert_false(condition().power_known);
	put("/sys/devices/platform/soc/soc:firmware/get_throttled", "50005\n");
	assert_true(condition().power_known);
	assert_int_equal(condition().power, 0x50005);
	unlink(in_root("/sys/devices/platform/soc/soc:firmware/get_throttled"));
	put("/sys/devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled", "0\n");
	assert_true(condition().power_known);
	put("/dev/watchdog0", "");
	put("/sys/class/watchdog/watchdog0/max_timeout", "15\n");
	assert_int_equal(condition().watchdog_ask_s, 60);
	assert_int_equal(condition().watchdog_max_s, 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_board_that_is_no_pi_has_no_config_txt),
		TEST(the_firmware_tries_the_lines_once),
		TEST(a_board_that_did_not_come_up_is_back_with_the_old_lines),
		TEST(lines_without_effect_are_not_kept),
		TEST(without_tryboot_the_file_is_kept_and_changed),
		TEST(lines_of_the_user_are_not_repeated),
		TEST(a_block_without_its_end_is_no_block),
		TEST(kernels_and_their_headers),
		TEST(programs_of_32_bits),
		TEST(ramoops_without_memory_and_emptied),
		TEST(power_and_watchdog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
