/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens, scopes and used ids by themselves. */
#include "gateway/access/scopes.h"
#include "gateway/access/seen.h"
#include "gateway/access/token.h"
#include "test/case.h"
#include "test/scratch.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct arena arena;

/* -- scopes -- */

CASE(scopes, are_read_or_refused_whole)
{
	static const char *const good[] = { "system/Claim.c", "system/*.cruds", "system/Claim.cu system/Questionnaire.rs", "system/Claim.c system/Claim.u" };
	static const char *const bad[] = { "", " ", "Claim.c", "system/Claim", "system/Claim.", "system/.c", "system/Claim.x", "system/Claim.uc", "system/Claim.cc",
		"system/claim.c", "system/Cl-aim.c", "user/Claim.c", "system/Claim.c ", "system/Claim.c  system/Claim.u", " system/Claim.c", "system/Claim.c,system/Claim.u",
		"system/Claim.c?x=y", "system/**.c", "system/Claim.*", "system/Claim.read", "system/Claim.C" };
	struct scopes scopes;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		cr_expect(scopes_read(text_of(good[i]), &scopes), "%s", good[i]);
	cr_expect(scopes.n == 1 && scopes.items[0].acts == (SCOPE_CREATE | SCOPE_UPDATE));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_expect(!scopes_read(text_of(bad[i]), &scopes), "%s", bad[i]);
}

CASE(scopes, what_is_granted_is_asked_and_registered)
{
	static const struct {
		const char *registered, *asked, *granted;
	} rows[] = {
		{ "system/Claim.cu", "system/Claim.c", "system/Claim.c" },
		{ "system/Claim.c", "system/Claim.cruds", "system/Claim.c" },
		{ "system/Claim.c", "system/Claim.r", "" },
		{ "system/Claim.c", "system/ClaimResponse.c", "" },
		{ "system/*.rs", "system/Claim.cr system/Patient.s", "system/Claim.r system/Patient.s" },
		{ "system/Claim.cu system/Questionnaire.rs", "system/*.cr", "system/Claim.c system/Questionnaire.r" },
		{ "system/*.r system/Claim.c", "system/Claim.cruds", "system/Claim.cr" },
		{ "system/*.r", "system/*.cruds", "system/*.r" },
		{ "system/*.cruds", "launch openid system/Claim.c offline_access", "system/Claim.c" },
		{ "system/Claim.c", "", "" },
	};

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct scopes registered, granted;
		struct buffer out;

		cr_assert(scopes_read(text_of(rows[i].registered), &registered));
		scopes_grant(text_of(rows[i].asked), &registered, &granted);
		buffer_init(&out, &arena, 0);
		scopes_write(&granted, &out);
		cr_expect(text_is(buffer_text(&out), rows[i].granted), "row %zu: %.*s", i, TEXT_ARGS(buffer_text(&out)));
	}
	arena_done(&arena);
}

CASE(scopes, allow_what_they_name_and_no_more)
{
	struct scopes scopes;

	cr_assert(scopes_read(text_lit("system/Claim.cu system/*.s"), &scopes));
	cr_expect(scopes_allow(&scopes, "Claim.c") && scopes_allow(&scopes, "Claim.cu") && scopes_allow(&scopes, "Claim.cus") && scopes_allow(&scopes, "Patient.s"));
	cr_expect(!scopes_allow(&scopes, "Claim.r") && !scopes_allow(&scopes, "Claim.cr") && !scopes_allow(&scopes, "Patient.c"));
	cr_expect(!scopes_allow(&scopes, "") && !scopes_allow(&scopes, "open") && !scopes_allow(&scopes, "Claim"));
}

CASE(scopes, more_than_there_is_room_for_are_refused_or_left_out)
{
	char list[SCOPES_TEXT_MAX + 1] = "";
	struct scopes scopes, all;

	for (int i = 0; i < SCOPES_MAX + 1; i++)
		snprintf(list + strlen(list), 24, "%ssystem/R%c%c.r", i ? " " : "", 'a' + i / 26, 'a' + i % 26);
	cr_expect(!scopes_read(text_of(list), &scopes));
	cr_assert(scopes_read(text_lit("system/*.r"), &all));
	scopes_grant(text_of(list), &all, &scopes);
	cr_expect_eq(scopes.n, SCOPES_MAX);
	memset(list, ' ', sizeof(list));
	memcpy(list, "system/Claim.r", 14);
	scopes_grant((struct text){ list, SCOPES_TEXT_MAX }, &all, &scopes);
	cr_expect_eq(scopes.n, 1);
	scopes_grant((struct text){ list, SCOPES_TEXT_MAX + 1 }, &all, &scopes);
	cr_expect_eq(scopes.n, 0);
}

/* -- tokens -- */

CASE(token, is_read_by_who_has_the_key_until_it_ends)
{
	struct token_keys ours, theirs, rolled = { .n = 2 };
	struct access_token said = { .client = text_lit("ehr"), .scopes = text_lit("system/Claim.c"), .issued_ms = 1000, .expires_ms = 301000 }, back;
	struct text token;

	arena_init(&arena, 1 << 20);
	token_keys_make(&ours);
	token_keys_make(&theirs);
	token = token_make(&ours, &said, &arena);
	cr_assert(text_there(token));
	cr_expect(token_read(&ours, token, 300999, &arena, &back) && record_equal(&access_token_record, &said, &back));
	cr_expect(!token_read(&ours, token, 301000, &arena, &back));
	cr_expect(!token_read(&theirs, token, 2000, &arena, &back));
	/* a new key comes in front of the one before: both open */
	memcpy(rolled.keys[0], theirs.keys[0], SEAL_KEY_BYTES);
	memcpy(rolled.keys[1], ours.keys[0], SEAL_KEY_BYTES);
	cr_expect(token_read(&rolled, token, 2000, &arena, &back));
	cr_expect(token_read(&theirs, token_make(&rolled, &said, &arena), 2000, &arena, &back));
	cr_expect(!text_equal(token, token_make(&ours, &said, &arena)));
	cr_expect(!token_read(&ours, TEXT_NONE, 2000, &arena, &back) && !token_read(&ours, text_lit("AAAA"), 2000, &arena, &back));
	arena_done(&arena);
}

#define HEX64 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

CASE(token, a_key_file_is_one_or_two_lines)
{
	static const char *const bad[] = { "", "\n", "00", HEX64 "0", HEX64 " " HEX64, HEX64 "\n" HEX64 "\n" HEX64, "g" HEX64, HEX64 "\nx" };
	struct token_keys keys;
	struct fault fault;

	cr_expect(token_keys_read(text_lit(HEX64 "\n"), &keys, &fault) && keys.n == 1 && keys.keys[0][31] == 31);
	cr_expect(token_keys_read(text_lit(HEX64 "\r\n" HEX64), &keys, &fault) && keys.n == 2);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_expect(!token_keys_read(text_of(bad[i]), &keys, &fault) && strcmp(fault.path, "token_key") == 0, "row %zu", i);
}

/* -- used ids -- */

static struct text numbered(char out[20], int i)
{
	snprintf(out, 20, "id-%d", i);
	return text_of(out);
}

CASE(seen, an_id_is_new_once_for_each_owner)
{
	struct seen *seen = seen_new(NULL, 0);

	cr_expect_eq(seen_note(seen, text_lit("a"), text_lit("1"), 1000, 0), SEEN_NEW);
	cr_expect_eq(seen_note(seen, text_lit("a"), text_lit("1"), 1000, 0), SEEN_BEFORE);
	cr_expect_eq(seen_note(seen, text_lit("b"), text_lit("1"), 1000, 0), SEEN_NEW);
	cr_expect_eq(seen_note(seen, text_lit("a1"), text_lit(""), 1000, 0), SEEN_NEW); /* joined they would be the same */
	cr_expect_eq(seen_note(seen, text_lit("a"), text_lit("1"), 2000, 999), SEEN_BEFORE);
	cr_expect_eq(seen_note(seen, text_lit("a"), text_lit("1"), 2000, 1000), SEEN_NEW); /* what it named has ended */
	seen_free(seen);
	seen_free(NULL);
}

CASE(seen, one_owner_cannot_use_up_the_room_of_all)
{
	struct seen *seen = seen_new(NULL, 0);
	char id[20];

	for (int i = 0; i < SEEN_OF_ONE_MAX; i++)
		cr_assert_eq(seen_note(seen, text_lit("a"), numbered(id, i), 1000, 0), SEEN_NEW);
	cr_expect_eq(seen_note(seen, text_lit("a"), text_lit("more"), 1000, 0), SEEN_FULL);
	cr_expect_eq(seen_note(seen, text_lit("b"), text_lit("more"), 1000, 0), SEEN_NEW);
	/* once theirs have ended and were swept there is room again */
	cr_expect_eq(seen_note(seen, text_lit("a"), text_lit("more"), 90000, 60000), SEEN_NEW);
	cr_expect_eq(seen_count(seen), 1);
	seen_free(seen);
}

CASE(seen, a_full_memory_takes_nothing_rather_than_forget)
{
	struct seen *seen = seen_new(NULL, 0);
	char id[20], owner[20];

	for (int i = 0; i < SEEN_MAX; i++) {
		snprintf(owner, sizeof(owner), "o%d", i / 1000);
		cr_assert_eq(seen_note(seen, text_of(owner), numbered(id, i), 1000, 0), SEEN_NEW, "%d", i);
	}
	cr_expect_eq(seen_note(seen, text_lit("z"), text_lit("more"), 1000, 0), SEEN_FULL);
	cr_expect_eq(seen_note(seen, text_lit("o0"), text_lit("id-0"), 1000, 0), SEEN_BEFORE);
	seen_free(seen);
}

CASE(seen, the_file_outlives_the_process_and_its_damage)
{
	struct scratch scratch;
	char file[300], id[20];
	struct seen *seen;
	struct stat about;
	int fd;

	scratch = scratch_new();
	snprintf(file, sizeof(file), "%s/seen", scratch.at);
	seen = seen_new(file, 0);
	cr_assert(seen);
	for (int i = 0; i < 10; i++)
		seen_note(seen, text_lit("a"), numbered(id, i), 1000 + i, 0);
	seen_free(seen);
	cr_assert(stat(file, &about) == 0);
	cr_expect_eq(about.st_mode & 0777, 0600);
	seen = seen_new(file, 1004); /* half of them have ended */
	cr_expect_eq(seen_count(seen), 5);
	cr_expect_eq(seen_note(seen, text_lit("a"), text_lit("id-9"), 2000, 1004), SEEN_BEFORE);
	cr_expect_eq(seen_note(seen, text_lit("a"), text_lit("id-0"), 2000, 1004), SEEN_NEW);
	seen_free(seen);
	/* the last entry torn, as by a process that died while it wrote */
	cr_assert(stat(file, &about) == 0);
	cr_assert_eq(truncate(file, about.st_size - 7), 0);
	seen = seen_new(file, 1004);
	cr_expect_eq(seen_count(seen), 5);
	cr_expect_eq(seen_note(seen, text_lit("a"), text_lit("id-0"), 2000, 1004), SEEN_NEW);
	seen_free(seen);
	seen = seen_new(file, 1004); /* what was written behind the torn one is found again */
	cr_expect_eq(seen_note(seen, text_lit("a"), text_lit("id-0"), 2000, 1004), SEEN_BEFORE);
	seen_free(seen);
	/* an entry changed */
	fd = open(file, O_RDWR | O_CLOEXEC);
	cr_assert(pwrite(fd, "\xff\xff", 2, 26) == 2);
	close(fd);
	seen = seen_new(file, 1004);
	cr_expect(seen && seen_count(seen) < 6);
	seen_free(seen);
	cr_expect_null(seen_new("/nowhere/seen", 0));
	scratch_done(&scratch);
}

/* -- the file of the keys -- */

/* What processes that start together do: make the file if it is not there, then read it. */
static int make_and_look(const char *name)
{
	char bytes[200];
	int fd;
	ssize_t n;

	if (!token_keys_new_file(name) || (fd = open(name, O_RDONLY)) < 0)
		return 1;
	n = read(fd, bytes, sizeof(bytes));
	close(fd);
	return n == 65 ? 0 : 2;
}

CASE(token, who_start_together_find_one_whole_key)
{
	enum { ROUNDS = 150, TOGETHER = 8 };
	struct scratch scratch SCRATCH;
	char name[100];

	for (int round = 0; round < ROUNDS; round++) {
		pid_t children[TOGETHER];

		snprintf(name, sizeof(name), "%s/key.%d", scratch.at, round);
		for (int i = 0; i < TOGETHER; i++) {
			children[i] = fork();
			if (children[i] == 0)
				_exit(make_and_look(name));
		}
		for (int i = 0; i < TOGETHER; i++) {
			int status = 1;

			cr_assert_eq(waitpid(children[i], &status, 0), children[i]);
			cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "round %d: %d", round, WEXITSTATUS(status));
		}
	}
}
