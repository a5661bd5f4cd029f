/* SPDX-License-Identifier: Apache-2.0 */
/* Figures that mean something on a machine whose speed drifts: CPU time instead of the clock on the wall, and two ways of
   doing a thing run in turns, so that their ratio is taken within each round. */
#pragma once

#include "test/cpu.h"

#include <stdio.h>
#include <stdlib.h>

enum { BENCH_ROUNDS = 15, BENCH_ROUND_MS = 20 };

/* Something to time: run does it once. */
struct bench {
	const char *name;
	void (*run)(void *state);
	void *state;
};

static inline void bench_figure(const char *name, const char *part, double value, const char *unit)
{
	printf("figure %s%s %.4g %s\n", name, part, value, unit);
	fflush(stdout);
}

static inline int bench_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts the values and prints NAME_min, NAME_median, NAME_max. Returns the median. */
static inline double bench_spread(const char *name, double *values, size_t n, const char *unit)
{
	qsort(values, n, sizeof(*values), bench_order);
	bench_figure(name, "_min", values[0], unit);
	bench_figure(name, "_median", values[n / 2], unit);
	bench_figure(name, "_max", values[n - 1], unit);
	return values[n / 2];
}

/* CPU microseconds of one run, over as many as fill about BENCH_ROUND_MS. */
static inline double bench_us(const struct bench *b)
{
	double begun = cpu_ms(), spent;
	size_t done = 0, batch = 1;

	do {
		for (size_t i = 0; i < batch; i++)
			b->run(b->state);
		done += batch;
		batch = done;
		spent = cpu_ms() - begun;
	} while (spent < BENCH_ROUND_MS);
	return spent * 1e3 / (double)done;
}

/* Both in turns: NAME of each in us, and the ratio a/b of each round as RATIO_min, _median, _max. Returns its median. */
static inline double bench_pair(const char *ratio, const struct bench *a, const struct bench *b)
{
	double of_a[BENCH_ROUNDS], of_b[BENCH_ROUNDS], both[BENCH_ROUNDS];

	bench_us(a); /* warm caches and learn branches */
	bench_us(b);
	for (int i = 0; i < BENCH_ROUNDS; i++) {
		of_a[i] = bench_us(a);
		of_b[i] = bench_us(b);
		both[i] = of_a[i] / of_b[i];
	}
	bench_spread(a->name, of_a, BENCH_ROUNDS, "us");
	bench_spread(b->name, of_b, BENCH_ROUNDS, "us");
	return bench_spread(ratio, both, BENCH_ROUNDS, "x");
}
