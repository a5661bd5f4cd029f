/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "test/case.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

CASE(log, one_line_of_keys_and_values)
{
	cr_expect_null(log_last());
	log_open("worker.1", LEVEL_INFO);
	log_event(LEVEL_INFO, "request.done", log_id("trace", text_lit("0123abc.Z:_-")), log_number("ms", -12),
		log_word("kind", "PARequest"), log_path("path", "Body/PARequest[2]"), log_word("fault", NULL));
	cr_assert_not_null(log_last());
	cr_expect(strncmp(log_last(), "time=20", 7) == 0);
	cr_expect(strstr(log_last(), "Z level=info role=worker.1 event=request.done trace=0123abc.Z:_- ms=-12 kind=PARequest "
				     "path=Body/PARequest[2] fault=-"));
}

CASE(log, an_id_that_is_none_is_not_written)
{
	static const char *const bad[] = { "EXAMPLE, JANE", "a\nlevel=error", "a=b", "\xC3\xA9", "a/b",
		"12345678901234567890123456789012345678901234567890123456789012345" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		log_event(LEVEL_ERROR, "e", log_id("id", text_of(bad[i])));
		cr_expect(strstr(log_last(), " id=?") && log_last()[strlen(log_last()) - 1] == '?', "row %zu", i);
	}
	log_event(LEVEL_ERROR, "e", log_id("id", text_lit("a\0b")));
	cr_expect(strstr(log_last(), " id=?"));
	log_event(LEVEL_ERROR, "e", log_id("id", TEXT_NONE));
	cr_expect(strstr(log_last(), " id=-"));
}

CASE(log, below_the_least_level_nothing_is_said)
{
	log_open("edge", LEVEL_WARN);
	log_event(LEVEL_WARN, "first", log_number("n", 1));
	log_event(LEVEL_INFO, "second", log_number("n", 2));
	cr_expect(strstr(log_last(), "event=first"));
}

CASE(log, a_line_reaches_stderr_whole_and_ends_even_when_it_is_cut)
{
	char path[3000], got[8192];
	int ends[2], saved = dup(STDERR_FILENO);
	ssize_t n;

	memset(path, 'p', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	cr_assert(pipe2(ends, O_CLOEXEC) == 0 && dup2(ends[1], STDERR_FILENO) >= 0);
	log_event(LEVEL_ERROR, "long", log_path("path", path), log_path("path", path));
	dup2(saved, STDERR_FILENO);
	n = read(ends[0], got, sizeof(got));
	cr_expect(n > 1000 && n <= 2048 && got[n - 1] == '\n' && !memchr(got, '\n', (size_t)n - 1));
	close(ends[0]);
	close(ends[1]);
	close(saved);
}
