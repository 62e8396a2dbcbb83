# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# outpost journal prints a run's journal as text.

test_journal_as_text() {
	outpost journal "$TOP/tests/data/journals/inlined.journal.zst"
	expect_status 0
	expect_silent err
	expect_out 'plan run="20261123-080240-e17343" user="root@vm" purpose="test" modules=3'
	expect_out 'begin module="inlined_null" attempt=1'
	expect_out 'record 283 level=6: hello: Hello, Outpost!'
	expect_out 'recovery (host) module="init_called" rebooted down_ms=11207'
	expect_out 'end of run'
	! grep -vE '^ *[0-9]+\.[0-9]{6}  [a-z]' out || fail "the lines above are not entries"
}

# Text from the board is printed without control characters.
test_journal_of_hostile_text() {
	outpost journal "$TOP/tests/data/journals/crashers.journal.zst"
	expect_status 0
	! LC_ALL=C grep -nP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' out || fail "control characters were printed"
}

test_journal_that_is_cut_off() {
	zstd -dqo whole "$TOP/tests/data/journals/inlined.journal.zst"
	head -c -5 whole >torn
	outpost journal whole
	expect_status 0
	mv out all
	outpost journal torn
	expect_status 0
	expect_err "The last entry of torn is cut off"
	head -n -1 all | cmp - out || fail "the output differs from the complete entries"
}

test_journal_that_is_damaged() {
	zstd -dqo journal "$TOP/tests/data/journals/inlined.journal.zst"
	printf 'x' | dd of=journal bs=1 seek=300 conv=notrunc status=none
	outpost journal journal
	expect_status 3
	expect_one_error "The journal journal is damaged at byte"
	expect_err "hint: The entries before it are complete"
	echo text >text
	outpost journal text
	expect_status 3
	expect_one_error "text is not the journal of a run"
	expect_err "hint: Pass the file 'journal'"
	outpost journal none
	expect_status 3
	expect_one_error "Cannot read the journal none"
}

test_journal_from_a_pipe() {
	outpost journal "$TOP/tests/data/journals/inlined.journal.zst"
	mv out all
	run bash -c "zstd -dcq '$TOP/tests/data/journals/inlined.journal.zst' | '$OUTPOST' journal -"
	expect_status 0
	cmp all out
	run bash -c "'$OUTPOST' journal <(cat '$TOP/tests/data/journals/inlined.journal.zst')"
	expect_status 0
	cmp all out
}

test_journal_that_is_empty() {
	: >empty
	outpost journal empty
	expect_status 0
	expect_silent out
	expect_err "warning: empty is empty"
}
