/* SPDX-License-Identifier: Apache-2.0 */
/* Outgoing HTTP(S) requests. The only home of libcurl. */
#pragma once

#include "gateway/bus/role.h"

struct calls;

struct calls *calls_new(void);
void calls_free(struct calls *calls);
/* One descriptor for poll. */
int calls_fd(const struct calls *calls);
/* Starts an OUT_CALL. The payload is copied. */
void calls_start(struct calls *calls, const struct out *out, struct now now);
/* The next IN_ANSWER (status 0: no answer in time or no connection; payload at most 1 MiB, lives until the next call). False when nothing is left. */
bool calls_next(struct calls *calls, struct now now, struct input *input);
/* Mono time of the next calls_next wanted, 0 none. */
int64_t calls_tick(const struct calls *calls, struct now now);
