/* SPDX-License-Identifier: Apache-2.0 */
/* CPU time of this process: unlike the clock on the wall it does not grow while a busy machine runs something else. */
#pragma once

#include <time.h>

static inline double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}
