/* SPDX-License-Identifier: Apache-2.0 */
/* Valid records, made by the same tables that check them. */
#include "test/property/any.h"

#include "base/clock.h"

#include <assert.h>
#include <string.h>

enum {
	BUDGET = 150,     /* optional fields of one record, all levels */
	DEPTH = 12,       /* levels below which nothing optional is filled */
	TEXT_USUAL = 40,  /* characters, where the table has no limit or a high one */
};

void any_init(struct any *any, uint64_t seed, enum any_syntax syntax, struct arena *arena)
{
	*any = (struct any){ .state = seed, .syntax = syntax, .arena = arena, .budget = BUDGET };
}

/* splitmix64 */
uint64_t any_below(struct any *any, uint64_t n)
{
	uint64_t z = any->state += 0x9E3779B97F4A7C15;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
	z = (z ^ z >> 27) * 0x94D049BB133111EB;
	z ^= z >> 31;
	return n ? z % n : z;
}

static struct text word_of(struct any *any, const char *list)
{
	struct text rest = text_of(list), word = TEXT_NONE;
	uint64_t words = 1;

	for (const char *at = list; *at; at++)
		words += *at == ' ' && at[1]; /* a list that a macro wrote ends with one */
	for (uint64_t pick = any_below(any, words) + 1; pick; pick--)
		word = text_cut(&rest, ' ');
	return word;
}

/* Characters that writers and readers stumble over. None of white space stands at an end, where readers trim it. */
static struct text any_text(struct any *any, uint32_t max)
{
	static const char *const plain[] = { "E", "X", "a", "9", "-", ".", " " };
	static const char *const nasty[] = { "&", "<", ">", "\"", "'", "\r", "\n", "\t", "\r\n", "]]>", "&amp;", "\\", "\\u0041", "%s", "|",
		"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "{", "}", "<!--", "\xC2\xA0", "/" };
	uint64_t limit = max && max < TEXT_USUAL ? max : TEXT_USUAL, want = 1 + any_below(any, limit);
	bool is_nasty = any_below(any, 3) == 0;
	struct buffer out;
	size_t n = 1;

	if (max && any_below(any, 8) == 0)
		want = max; /* as long as allowed, however long that is */
	buffer_init(&out, any->arena, want * 4 + 16);
	buffer_add(&out, is_nasty ? text_of(nasty[any_below(any, 5)]) : text_lit("T"));
	while (n < want) {
		const char *next = is_nasty ? nasty[any_below(any, sizeof(nasty) / sizeof(nasty[0]))] :
					      plain[any_below(any, sizeof(plain) / sizeof(plain[0]))];
		size_t longer = text_characters(text_of(next));

		if (n + longer + 1 > want) /* the last one is never white space */
			next = "z", longer = 1;
		buffer_add(&out, text_of(next));
		n += longer;
	}
	if (n > 1) {
		char last = out.at[out.n - 1];

		if (last == ' ' || last == '\r' || last == '\n' || last == '\t')
			out.at[out.n - 1] = 'z';
	}
	return buffer_text(&out);
}

static struct text any_digits(struct any *any, uint64_t n)
{
	char *at = arena_alloc(any->arena, n + 1);

	assert(at);
	for (uint64_t i = 0; i < n; i++)
		at[i] = (char)('0' + any_below(any, 10));
	return (struct text){ at, n };
}

/* As JSON writes numbers too, so that both syntaxes give back the same text. */
static struct text any_decimal(struct any *any, uint32_t max)
{
	uint64_t most = max && max < 12 ? max : 12, whole = 1 + any_below(any, most), part = any_below(any, most - whole + 1);
	struct buffer out;

	buffer_init(&out, any->arena, 32);
	if (any_below(any, 4) == 0)
		buffer_add_char(&out, '-');
	buffer_add_char(&out, whole == 1 ? (char)('0' + any_below(any, 10)) : (char)('1' + any_below(any, 9)));
	buffer_add(&out, any_digits(any, whole - 1));
	if (part) {
		buffer_add_char(&out, '.');
		buffer_add(&out, any_digits(any, part));
	}
	return buffer_text(&out);
}

static struct text any_time(struct any *any, bool whole_day)
{
	static const char *const offsets[] = { "", "Z", "+05:30", "-11:00", ".5Z", ".123456789-00:00" };
	int64_t ms = (int64_t)any_below(any, 8000000000000) - 2208988800000; /* 1900 to 2153 */
	struct buffer out;
	struct text z;

	if (whole_day)
		return clock_format_date(ms, any->arena);
	z = clock_format(ms, false, any->arena);
	buffer_init(&out, any->arena, 64);
	buffer_add(&out, (struct text){ z.at, z.n - 1 });
	buffer_add(&out, text_of(offsets[any_below(any, 6)]));
	return buffer_text(&out);
}

static struct text any_raw(struct any *any, const struct field *field)
{
	struct text name = field_name(field);
	struct buffer out;

	buffer_init(&out, any->arena, 128);
	if (any->syntax == ANY_JSON)
		buffer_lit(&out, "{\"a\":[1, \"}\\\"\"],\"b\":null}");
	else
		buffer_format(&out, "<%.*s a=\"&lt;\"><b>x &amp; y</b><c/></%.*s>", TEXT_ARGS(name), TEXT_ARGS(name));
	return buffer_text(&out);
}

static int64_t any_count(struct any *any, const struct field *field)
{
	uint64_t span = (uint64_t)field->high - (uint64_t)field->low;

	switch (any_below(any, 4)) {
	case 0:
		return field->low;
	case 1:
		return field->high;
	case 2: /* a small one */
		return (int64_t)((uint64_t)field->low + any_below(any, span < 1000 ? span + 1 : 1000));
	default:
		return (int64_t)((uint64_t)field->low + (span == UINT64_MAX ? any_below(any, 0) : any_below(any, span + 1)));
	}
}

static struct text any_scalar(struct any *any, const struct field *field)
{
	switch (field->kind) {
	case FIELD_TEXT:
		return any_text(any, field->max);
	case FIELD_TEXTS:
		return any_text(any, field->item_max);
	case FIELD_CODE:
	case FIELD_CODES:
		return field->codes ? word_of(any, field->codes) : any_text(any, 0);
	case FIELD_DIGITS:
		return any_digits(any, 1 + any_below(any, field->max ? field->max : 20));
	case FIELD_DECIMAL:
		return any_decimal(any, field->max);
	case FIELD_DATE:
	case FIELD_TIME:
		return any_time(any, field->kind == FIELD_DATE);
	case FIELD_RAW:
		return any_raw(any, field);
	case FIELD_FLAG:
	case FIELD_COUNT:
	case FIELD_GROUP:
	case FIELD_LIST:
		break;
	}
	__builtin_unreachable();
}

static void fill(struct any *any, const struct record *record, void *rec, int depth);

static void fill_items(struct any *any, const struct field *field, void *rec, int depth)
{
	uint64_t least = field->min ? field->min : 1, most = least + 3;
	uint64_t n;

	if (field->max && most > field->max)
		most = field->max;
	n = least + any_below(any, most - least + 1);
	for (uint64_t i = 0; i < n; i++) {
		void *item = arena_push(any->arena, field_at(field, rec), field_count_at(field, rec),
			field->of ? field->of->size : sizeof(struct text));

		assert(item);
		if (field->of)
			fill(any, field->of, item, depth + 1);
		else
			*(struct text *)item = any_scalar(any, field);
	}
}

static void fill_field(struct any *any, const struct field *field, void *rec, int depth)
{
	void *at = field_at(field, rec);

	switch (field->kind) {
	case FIELD_TEXT:
	case FIELD_CODE:
	case FIELD_DIGITS:
	case FIELD_DECIMAL:
	case FIELD_DATE:
	case FIELD_TIME:
	case FIELD_RAW:
		*(struct text *)at = any_scalar(any, field);
		return;
	case FIELD_FLAG:
		*(int64_t *)at = 1;
		return;
	case FIELD_COUNT:
		*(int64_t *)at = any_count(any, field);
		return;
	case FIELD_GROUP:
		*(void **)at = arena_alloc(any->arena, field->of->size);
		assert(*(void **)at);
		fill(any, field->of, *(void **)at, depth + 1);
		return;
	case FIELD_LIST:
	case FIELD_TEXTS:
	case FIELD_CODES:
		fill_items(any, field, rec, depth);
		return;
	}
}

static void fill(struct any *any, const struct record *record, void *rec, int depth)
{
	assert(depth < 60); /* a table whose required rows lead back to itself can have no finite record */
	if (record->shape == SHAPE_CHOICE) {
		const struct field *field;

		do { /* an optional count that happens to be 0 is no choice */
			field = &record->fields[any_below(any, record->n)];
			fill_field(any, field, rec, depth);
		} while (!field_there(field, rec));
		return;
	}
	for (size_t i = 0; i < record->n; i++) {
		const struct field *field = &record->fields[i];
		bool may = depth < DEPTH && any->budget > 0 && any_below(any, 2);

		if (may)
			any->budget--;
		if (field->need || may)
			fill_field(any, field, rec, depth);
	}
}

void *any_record(struct any *any, const struct record *record)
{
	void *rec = arena_alloc(any->arena, record->size);

	assert(rec);
	any->budget = BUDGET;
	fill(any, record, rec, 0);
	return rec;
}
