/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the clocks, and dates as the standards write them (proleptic Gregorian, no leap seconds, as in Unix time). */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

enum { DAY_MS = 86400000, ERA_DAYS = 146097 /* days in 400 years */, EPOCH_DAYS = 719468 /* 0000-03-01 to 1970-01-01 */ };

struct now clock_now(void)
{
	struct timespec mono, wall;

	clock_gettime(CLOCK_MONOTONIC, &mono);
	clock_gettime(CLOCK_REALTIME, &wall);
	return (struct now){
		.mono_ms = (int64_t)mono.tv_sec * 1000 + mono.tv_nsec / 1000000,
		.wall_ms = (int64_t)wall.tv_sec * 1000 + wall.tv_nsec / 1000000,
	};
}

struct date {
	int year, month, day;
};

/* Years are counted from March, so that the leap day is the last of its year. */
static int64_t days_of(struct date d)
{
	int64_t year = d.year - (d.month <= 2);
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t of_era = year - era * 400;
	int64_t of_year = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;

	return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH_DAYS;
}

static struct date date_of(int64_t days)
{
	int64_t shifted = days + EPOCH_DAYS;
	int64_t era = (shifted >= 0 ? shifted : shifted - (ERA_DAYS - 1)) / ERA_DAYS;
	int64_t day = shifted - era * ERA_DAYS;
	int64_t of_era = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t of_year = day - (365 * of_era + of_era / 4 - of_era / 100);
	int64_t month = (5 * of_year + 2) / 153;
	struct date d = { .day = (int)(of_year - (153 * month + 2) / 5 + 1), .month = (int)(month < 10 ? month + 3 : month - 9) };

	d.year = (int)(of_era + era * 400 + (d.month <= 2));
	return d;
}

static int64_t floor_days(int64_t wall_ms)
{
	return wall_ms / DAY_MS - (wall_ms % DAY_MS < 0);
}

size_t clock_print(int64_t wall_ms, bool milliseconds, char out[CLOCK_ROOM])
{
	int64_t days = floor_days(wall_ms), in_day = wall_ms - days * DAY_MS;
	struct date d = date_of(days);
	int n = snprintf(out, CLOCK_ROOM, "%04d-%02d-%02dT%02d:%02d:%02d", d.year, d.month, d.day,
		(int)(in_day / 3600000), (int)(in_day / 60000 % 60), (int)(in_day / 1000 % 60));

	if (milliseconds)
		n += snprintf(out + n, CLOCK_ROOM - (size_t)n, ".%03d", (int)(in_day % 1000));
	out[n] = 'Z';
	out[n + 1] = '\0';
	return (size_t)n + 1;
}

struct text clock_format(int64_t wall_ms, bool milliseconds, struct arena *arena)
{
	char z[CLOCK_ROOM];

	return arena_text(arena, (struct text){ z, clock_print(wall_ms, milliseconds, z) });
}

struct text clock_format_date(int64_t wall_ms, struct arena *arena)
{
	char z[CLOCK_ROOM];
	struct date d = date_of(floor_days(wall_ms));
	int n = snprintf(z, sizeof(z), "%04d-%02d-%02d", d.year, d.month, d.day);

	return arena_text(arena, (struct text){ z, (size_t)n });
}

/* Takes `n` digits off the front; -1 when they are not there. */
static int take_digits(struct text *t, size_t n)
{
	int sum = 0;

	if (t->n < n)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (t->at[i] < '0' || t->at[i] > '9')
			return -1;
		sum = sum * 10 + (t->at[i] - '0');
	}
	t->at += n;
	t->n -= n;
	return sum;
}

static bool take_char(struct text *t, char c)
{
	if (!t->n || t->at[0] != c)
		return false;
	t->at++;
	t->n--;
	return true;
}

static bool take_date(struct text *t, struct date *d)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap;

	if ((d->year = take_digits(t, 4)) < 1 || !take_char(t, '-') || (d->month = take_digits(t, 2)) < 1 ||
		d->month > 12 || !take_char(t, '-') || (d->day = take_digits(t, 2)) < 1)
		return false;
	leap = d->year % 4 == 0 && (d->year % 100 != 0 || d->year % 400 == 0);
	return d->day <= lengths[d->month - 1] + (leap && d->month == 2);
}

/* Fraction of a second; any number of digits, at least one after the point. */
static bool take_fraction(struct text *t, int *ms)
{
	int scale = 100;

	*ms = 0;
	if (!take_char(t, '.'))
		return true;
	if (!t->n || t->at[0] < '0' || t->at[0] > '9')
		return false;
	for (; t->n && t->at[0] >= '0' && t->at[0] <= '9'; t->at++, t->n--, scale /= 10)
		*ms += (t->at[0] - '0') * scale;
	return true;
}

/* "Z", "+05:00" or nothing, to the end of the text. */
static bool take_offset(struct text *t, int *minutes)
{
	int hour, minute;
	bool west;

	*minutes = 0;
	if (t->n == 0 || (t->n == 1 && t->at[0] == 'Z'))
		return true;
	west = t->at[0] == '-';
	if (!west && t->at[0] != '+')
		return false;
	take_char(t, t->at[0]);
	if ((hour = take_digits(t, 2)) < 0 || !take_char(t, ':') || (minute = take_digits(t, 2)) < 0 || minute > 59 ||
		hour * 60 + minute > 14 * 60 || t->n) /* XML Schema part 2, 3.2.7.3: at most 14:00 */
		return false;
	*minutes = (west ? -1 : 1) * (hour * 60 + minute);
	return true;
}

bool clock_parse(struct text t, int64_t *wall_ms, struct fault *fault)
{
	struct date d;
	int hour, minute, second, ms, offset;

	if (!take_date(&t, &d))
		return fault_set(fault, FAULT_BAD_DATE, "");
	*wall_ms = days_of(d) * DAY_MS;
	if (t.n == 0)
		return true;
	if (!take_char(&t, 'T') || (hour = take_digits(&t, 2)) < 0 || hour > 23 || !take_char(&t, ':') ||
		(minute = take_digits(&t, 2)) < 0 || minute > 59 || !take_char(&t, ':') ||
		(second = take_digits(&t, 2)) < 0 || second > 59 || !take_fraction(&t, &ms) || !take_offset(&t, &offset))
		return fault_set(fault, FAULT_BAD_DATE, "");
	*wall_ms += ((hour * 60 + minute - offset) * 60 + second) * (int64_t)1000 + ms;
	return true;
}
