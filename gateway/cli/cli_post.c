/* SPDX-License-Identifier: Apache-2.0 */
/* A post with the same means as the courier's, and a wait for its answer. */
#include "gateway/cli/cli_post.h"

#include "gateway/courier/call.h"

#include <poll.h>

enum { ANSWER_MS = 30000, WAIT_MS = 100 };

int cli_post(struct text url, const char *media, struct text body, struct arena *arena, struct text *answer)
{
	struct calls *calls = calls_new();
	struct now now = clock_now();
	struct out out = { .kind = OUT_CALL, .call = 1, .url = url, .media = media, .payload = body, .deadline_ms = now.mono_ms + ANSWER_MS };
	struct input input;

	calls_start(calls, &out, now);
	while (!calls_next(calls, clock_now(), &input)) {
		struct pollfd fd = { .fd = calls_fd(calls), .events = POLLIN };
		int64_t wait = calls_tick(calls, now = clock_now());

		wait = !wait || wait - now.mono_ms > WAIT_MS ? WAIT_MS : wait - now.mono_ms;
		poll(&fd, 1, wait > 0 ? (int)wait : 0);
	}
	*answer = arena_text(arena, input.payload);
	calls_free(calls);
	return input.status;
}
