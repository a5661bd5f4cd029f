/* SPDX-License-Identifier: Apache-2.0 */
/* Which version of its standard a message is, and which one we write. */
#include "ncpdp/version.h"

#include <assert.h>
#include <string.h>

#define RTPB_STAMP "013"

static const char *const names[NCPDP_VERSIONS] = {
	[NCPDP_NO_VERSION] = "",
	[NCPDP_2017071] = "2017071",
	[NCPDP_2023011] = "2023011",
};

static const char *const own_stamps[NCPDP_VERSIONS] = {
	[NCPDP_NO_VERSION] = "",
	[NCPDP_2017071] = "20170715",
	[NCPDP_2023011] = "20230115",
};

static const struct ncpdp_version_row built_in[] = {
#define STAMP(version, wire) { { "script", 6 }, { #version, sizeof(#version) - 1 }, { wire, sizeof(wire) - 1 }, 0, 0 },
#include "ncpdp/def/versions.def"
#undef STAMP
};
enum { BUILT_IN = sizeof(built_in) / sizeof(built_in[0]) };
static const struct ncpdp_version_row replaced; /* of no standard */

const char *ncpdp_version_name(enum ncpdp_version version)
{
	assert((unsigned)version < NCPDP_VERSIONS);
	return names[version];
}

enum ncpdp_version ncpdp_version_named(struct text name)
{
	for (int version = NCPDP_NO_VERSION + 1; version < NCPDP_VERSIONS; version++)
		if (text_is(name, names[version]))
			return (enum ncpdp_version)version;
	return NCPDP_NO_VERSION;
}

struct text ncpdp_version_stamp(enum ncpdp_version version)
{
	assert((unsigned)version < NCPDP_VERSIONS);
	return text_of(own_stamps[version]);
}

/* -- rows -- */

enum { STAMP_MAX = 8 }; /* digits of a date */

static bool same_version(const struct ncpdp_version_row *a, const struct ncpdp_version_row *b)
{
	return text_equal_nocase(a->standard, b->standard) && text_equal(a->id, b->id);
}

/* Built-in rows that have not been replaced count after the others. */
static const struct ncpdp_version_row *row_at(const struct ncpdp_versions *versions, size_t i)
{
	const struct ncpdp_version_row *row;

	if (versions && i < versions->n)
		return &versions->rows[i];
	i -= versions ? versions->n : 0;
	if (i >= BUILT_IN)
		return NULL;
	row = &built_in[i];
	for (size_t k = 0; versions && k < versions->n; k++)
		if (same_version(row, &versions->rows[k]))
			return &replaced;
	return row;
}

static bool matches(const struct ncpdp_version_row *row, struct text stamp)
{
	if (!row->stamp.n || stamp.n < row->stamp.n || stamp.n > (row->stamp.n > STAMP_MAX ? row->stamp.n : STAMP_MAX) ||
		memcmp(stamp.at, row->stamp.at, row->stamp.n) != 0)
		return false;
	for (size_t i = row->stamp.n; i < stamp.n; i++)
		if (stamp.at[i] < '0' || stamp.at[i] > '9')
			return false;
	return true;
}

static bool taken_at(const struct ncpdp_version_row *row, int64_t wall_ms)
{
	return !wall_ms || ((!row->from_ms || wall_ms >= row->from_ms) && (!row->until_ms || wall_ms < row->until_ms));
}

/* The row of this stamp that is taken now, the longest one that fits; NULL when there is none. */
static const struct ncpdp_version_row *row_of(const struct ncpdp_versions *versions, const char *standard, struct text stamp,
	int64_t wall_ms)
{
	const struct ncpdp_version_row *row, *best = NULL;

	for (size_t i = 0; (row = row_at(versions, i)); i++)
		if (text_equal_nocase(row->standard, text_of(standard)) && matches(row, stamp) && taken_at(row, wall_ms) &&
			(!best || row->stamp.n > best->stamp.n))
			best = row;
	return best;
}

enum ncpdp_version ncpdp_version_of(const struct ncpdp_versions *versions, struct text stamp)
{
	const struct ncpdp_version_row *row = row_of(versions, "script", stamp, 0);

	return row ? ncpdp_version_named(row->id) : NCPDP_NO_VERSION;
}

/* -- reading -- */

static const struct {
	const char *wire;
	size_t offset;
} attributes[] = {
	{ "TransactionVersion", offsetof(struct script_message, transaction_version) },
	{ "DatatypesVersion", offsetof(struct script_message, datatypes_version) },
	{ "TransportVersion", offsetof(struct script_message, transport_version) },
	{ "StructuresVersion", offsetof(struct script_message, structures_version) },
	{ "ECLVersion", offsetof(struct script_message, ecl_version) },
};
enum { ATTRIBUTES = sizeof(attributes) / sizeof(attributes[0]) };

static struct text *attribute(const struct script_message *script, size_t i)
{
	return (struct text *)(void *)((char *)script + attributes[i].offset);
}

bool version_check(const struct ncpdp_versions *versions, int64_t wall_ms, const struct script_message *script,
	enum ncpdp_version *out, struct fault *fault)
{
	const struct ncpdp_version_row *row;
	enum ncpdp_version structures;

	*out = NCPDP_NO_VERSION;
	for (size_t i = 0; i < ATTRIBUTES; i++)
		if (!attribute(script, i)->n)
			return fault_set(fault, FAULT_VERSION, attributes[i].wire);
	row = row_of(versions, "script", script->transaction_version, wall_ms);
	*out = row ? ncpdp_version_named(row->id) : NCPDP_NO_VERSION;
	if (*out == NCPDP_NO_VERSION)
		return fault_set(fault, FAULT_VERSION, "TransactionVersion");
	/* the other sets have stamps of their own, but one that is known to be of another version is a
	   message in two */
	structures = ncpdp_version_of(versions, script->structures_version);
	if (structures != NCPDP_NO_VERSION && structures != *out)
		return fault_set(fault, FAULT_VERSION, "StructuresVersion");
	return true;
}

bool version_check_rtpb(
	const struct ncpdp_versions *versions, int64_t wall_ms, const struct rtpb_message *rtpb, struct fault *fault)
{
	bool any = false;

	for (size_t i = 0; versions && i < versions->n; i++)
		any |= text_equal_nocase(versions->rows[i].standard, text_lit("rtpb"));
	return !any || row_of(versions, "rtpb", rtpb->rtpb_version, wall_ms) || fault_set(fault, FAULT_VERSION, "RTPBVersion");
}

/* -- peeking -- */

enum { PEEK_MAX = 4096 }; /* bytes; a first tag with all its attributes has about 400, a prolog before it about 100 */

/* What comes after the end of the first `what`; empty when there is none. */
static struct text after(struct text t, const char *what)
{
	const char *at = t.n ? memmem(t.at, t.n, what, strlen(what)) : NULL;

	return at ? (struct text){ at + strlen(what), t.n - (size_t)(at + strlen(what) - t.at) } : (struct text){ t.at, 0 };
}

/* The first tag that is neither declaration nor comment, up to its '>'. */
static struct text first_tag(struct text body)
{
	struct text rest = { body.at, body.n < PEEK_MAX ? body.n : PEEK_MAX };

	for (;;) {
		rest = after(rest, "<");
		if (text_starts(rest, "?")) {
			rest = after(rest, "?>");
		} else if (text_starts(rest, "!--")) {
			rest = after(rest, "-->");
		} else {
			return rest.n ? text_cut(&rest, '>') : TEXT_NONE;
		}
	}
}

struct text version_peek(struct text body)
{
	static const char name[] = "TransactionVersion";
	struct text tag = text_there(body) ? first_tag(body) : TEXT_NONE;

	while (tag.n) {
		struct text rest = after(tag, name), value;
		char quote;

		/* RTPBTransactionVersion ends alike */
		if (rest.n && rest.at - tag.at > (ptrdiff_t)sizeof(name) - 1 &&
			!strchr(" \t\r\n:", rest.at[-(ptrdiff_t)sizeof(name)])) {
			tag = rest;
			continue;
		}
		value = text_trim(rest);
		if (!text_starts(value, "="))
			return TEXT_NONE;
		value = text_trim(after(value, "="));
		quote = value.n ? value.at[0] : '\0';
		if (quote != '"' && quote != '\'')
			return TEXT_NONE;
		value.at++;
		value.n--;
		return memchr(value.at, quote, value.n) ? text_trim(text_cut(&value, quote)) : TEXT_NONE;
	}
	return TEXT_NONE;
}

/* -- writing -- */

enum ncpdp_version version_to_write(const struct script_message *script, enum ncpdp_version version, struct text stamp)
{
	if (version == NCPDP_NO_VERSION)
		version = ncpdp_version_of(NULL, script->transaction_version);
	if (version == NCPDP_NO_VERSION)
		version = ncpdp_version_of(NULL, stamp);
	return version == NCPDP_NO_VERSION ? NCPDP_2017071 : version;
}

void version_stamp_script(struct script_message *script, enum ncpdp_version version, struct text stamp)
{
	enum ncpdp_version now = ncpdp_version_of(NULL, script->transaction_version);
	bool told = ncpdp_version_of(NULL, stamp) == version, other = now != NCPDP_NO_VERSION && now != version;

	for (size_t i = 0; i < ATTRIBUTES; i++) {
		struct text *value = attribute(script, i);

		if (told)
			*value = stamp;
		else if (!value->n || other)
			*value = ncpdp_version_stamp(version);
	}
	if (!script->transaction_domain.n)
		script->transaction_domain = text_lit("SCRIPT");
}

void version_stamp_rtpb(struct rtpb_message *rtpb, struct text stamp)
{
	if (stamp.n)
		rtpb->rtpb_version = stamp;
	else if (!rtpb->rtpb_version.n)
		rtpb->rtpb_version = text_lit(RTPB_STAMP);
}
