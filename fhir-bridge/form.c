/* SPDX-License-Identifier: Apache-2.0 */
/* The forms of FHIR's primitive values (R4 datatypes.html). */
#include "fhir-bridge/forms.h"

#include "base/clock.h"

#include <stdlib.h>

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool all_digits(const char *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!digit(at[i]))
			return false;
	return n > 0;
}

static bool whole_number(struct text t, int64_t low, int64_t high)
{
	int64_t value;

	/* R4: no leading zeros, no plus */
	if (!t.n || t.at[0] == '+' || (t.n > 1 && t.at[0] == '0') || (t.n > 2 && t.at[0] == '-' && t.at[1] == '0'))
		return false;
	return text_to_int(t, &value) && value >= low && value <= high;
}

/* A JSON array of positive integers, or a single one. */
static bool positives(struct text t)
{
	t = text_trim(t);
	if (t.n < 2 || t.at[0] != '[' || t.at[t.n - 1] != ']')
		return whole_number(t, 1, INT32_MAX);
	t = (struct text){ t.at + 1, t.n - 2 };
	while (text_there(t))
		if (!whole_number(text_trim(text_cut(&t, ',')), 1, INT32_MAX))
			return false;
	return true;
}

/* YYYY, YYYY-MM, YYYY-MM-DD that exist. */
static bool date(struct text t)
{
	static const char lowest[] = "0001-01-01";
	char whole[sizeof(lowest)];
	struct fault fault;
	int64_t ms;

	if (t.n != 4 && t.n != 7 && t.n != 10)
		return false;
	memcpy(whole, lowest, sizeof(whole));
	memcpy(whole, t.at, t.n);
	return all_digits(t.at, 4) && clock_parse(text_of(whole), &ms, &fault);
}

/* From 'T' on: hh:mm:ss, a fraction, and a zone (R4: a time needs both seconds and zone). */
static bool time_of_day(struct text t)
{
	size_t at = 9;

	if (t.n < 10 || t.at[0] != 'T' || t.at[3] != ':' || t.at[6] != ':')
		return false;
	if (at < t.n && t.at[at] == '.')
		for (at++; at < t.n && digit(t.at[at]);)
			at++;
	return (at + 1 == t.n && t.at[at] == 'Z') || (at + 6 == t.n && (t.at[at] == '+' || t.at[at] == '-'));
}

static bool instant(struct text t)
{
	struct fault fault;
	int64_t ms;

	return t.n > 10 && date((struct text){ t.at, 10 }) && time_of_day((struct text){ t.at + 10, t.n - 10 }) && clock_parse(t, &ms, &fault);
}

static bool id(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if (!digit(t.at[i]) && !((t.at[i] | 0x20) >= 'a' && (t.at[i] | 0x20) <= 'z') && t.at[i] != '-' && t.at[i] != '.')
			return false;
	return t.n > 0 && t.n <= 64;
}

static bool uri(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if ((unsigned char)t.at[i] <= ' ')
			return false;
	return t.n > 0;
}

/* RFC 4648 4, white space allowed between (R4 base64Binary). */
static bool base64(struct text t)
{
	size_t n = 0, pad = 0;

	for (size_t i = 0; i < t.n; i++) {
		char c = t.at[i];

		if (c == ' ' || c == '\n' || c == '\r' || c == '\t')
			continue;
		n++;
		if (c == '=')
			pad++;
		else if (pad || !(digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '+' || c == '/'))
			return false;
	}
	return n % 4 == 0 && pad <= 2;
}

bool fhir_has_form(struct text value, enum fhir_form form)
{
	switch (form) {
	case FORM_BOOLEAN:
		return text_is(value, "true") || text_is(value, "false");
	case FORM_INTEGER:
		return whole_number(value, INT32_MIN, INT32_MAX);
	case FORM_UNSIGNED:
		return whole_number(value, 0, INT32_MAX);
	case FORM_POSITIVE:
		return whole_number(value, 1, INT32_MAX);
	case FORM_POSITIVES:
		return positives(value);
	case FORM_DATE:
		return date(value);
	case FORM_DATE_TIME:
		return date(value) || instant(value);
	case FORM_INSTANT:
		return instant(value);
	case FORM_ID:
		return id(value);
	case FORM_URI:
		return uri(value);
	case FORM_BASE64:
		return base64(value);
	case FORM_GENDER:
		return text_in_list(value, "male female other unknown");
	case FORM_NONE:
		return !value.n;
	}
	__builtin_unreachable();
}
