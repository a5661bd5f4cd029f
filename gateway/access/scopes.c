/* SPDX-License-Identifier: Apache-2.0 */
/* SMART scopes: reading, narrowing, comparing. */
#include "gateway/access/scopes.h"

#include <ctype.h>
#include <string.h>

static const char acts[] = "cruds"; /* bit i of a mask is letter i */

static bool read_acts(struct text t, unsigned *out)
{
	size_t from = 0;

	*out = 0;
	for (size_t i = 0; i < t.n; i++) {
		const char *at = t.at[i] ? strchr(acts + from, t.at[i]) : NULL;

		if (!at)
			return false;
		*out |= 1u << (at - acts);
		from = (size_t)(at - acts) + 1;
	}
	return *out != 0;
}

static bool resource(struct text t)
{
	if (text_is(t, "*"))
		return true;
	for (size_t i = 0; i < t.n; i++)
		if (!isalpha((unsigned char)t.at[i]))
			return false;
	return t.n > 0 && t.n <= SCOPE_RESOURCE_MAX && isupper((unsigned char)t.at[0]);
}

/* "Claim.cu" */
static bool read_grant(struct text t, struct scope *out)
{
	struct text what = t;

	out->resource = text_cut(&what, '.');
	return resource(out->resource) && text_there(what) && read_acts(what, &out->acts);
}

static bool read_one(struct text t, struct scope *out)
{
	static const char prefix[] = "system/";
	size_t n = sizeof(prefix) - 1;

	return text_starts(t, prefix) && read_grant((struct text){ t.at + n, t.n - n }, out);
}

/* Adds to what is there of the same resource. */
static bool add(struct scopes *scopes, struct scope one)
{
	for (size_t i = 0; i < scopes->n; i++)
		if (text_equal(scopes->items[i].resource, one.resource)) {
			scopes->items[i].acts |= one.acts;
			return true;
		}
	if (scopes->n == SCOPES_MAX)
		return false;
	scopes->items[scopes->n++] = one;
	return true;
}

bool scopes_read(struct text list, struct scopes *out)
{
	out->n = 0;
	if (!list.n || list.n > SCOPES_TEXT_MAX)
		return false;
	while (text_there(list)) {
		struct scope one;

		if (!read_one(text_cut(&list, ' '), &one) || !add(out, one))
			return false;
	}
	return true;
}

static bool any(struct text resource)
{
	return text_is(resource, "*");
}

/* What both allow of one wish. */
static void both(struct scope wish, const struct scopes *registered, struct scopes *out)
{
	for (size_t i = 0; i < registered->n; i++) {
		struct scope one = registered->items[i];

		if (!any(wish.resource) && !any(one.resource) && !text_equal(wish.resource, one.resource))
			continue;
		one.acts &= wish.acts;
		if (any(one.resource))
			one.resource = wish.resource;
		/* Full: the rest is not granted, which is the safe side. */
		if (one.acts && !add(out, one))
			return;
	}
}

void scopes_grant(struct text asked, const struct scopes *registered, struct scopes *out)
{
	out->n = 0;
	if (asked.n > SCOPES_TEXT_MAX)
		return;
	while (text_there(asked)) {
		struct scope wish;

		if (read_one(text_cut(&asked, ' '), &wish))
			both(wish, registered, out);
	}
}

void scopes_both(const struct scopes *a, const struct scopes *b, struct scopes *out)
{
	out->n = 0;
	for (size_t i = 0; i < a->n; i++)
		both(a->items[i], b, out);
}

bool scopes_allow(const struct scopes *scopes, const char *need)
{
	struct scope wanted;

	if (!read_grant(text_of(need), &wanted))
		return false;
	for (size_t i = 0; i < scopes->n; i++)
		if (any(scopes->items[i].resource) || text_equal(scopes->items[i].resource, wanted.resource))
			wanted.acts &= ~scopes->items[i].acts;
	return wanted.acts == 0;
}

void scopes_write(const struct scopes *scopes, struct buffer *out)
{
	for (size_t i = 0; i < scopes->n; i++) {
		buffer_add(out, i ? text_lit(" system/") : text_lit("system/"));
		buffer_add(out, scopes->items[i].resource);
		buffer_lit(out, ".");
		for (size_t j = 0; acts[j]; j++)
			if (scopes->items[i].acts >> j & 1)
				buffer_add_char(out, acts[j]);
	}
}
