/* SPDX-License-Identifier: Apache-2.0 */
/* How a version of SCRIPT writes differently what the records say. */
#include "ncpdp/profile.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <threads.h>

enum how { HOW_WRAPPED, HOW_RENAMED, HOW_CODES, HOW_APART, HOW_INSTEAD };

struct row {
	enum how how;
	const struct record *record;
	struct profile_row says;
};

static const struct row rows[] = {
#define ROW(how, record, member, wire, inner, codes, source, doc)                                                                \
	{ HOW_##how, &record##_record, { #how, #record, #member, wire, inner, codes, source, doc } },
#define WRAPPED(record, member, wire, inner, source, doc) ROW(WRAPPED, record, member, wire, inner, "", source, doc)
#define RENAMED(record, member, wire, source, doc) ROW(RENAMED, record, member, wire, "", "", source, doc)
#define CODES(record, member, codes, source, doc) ROW(CODES, record, member, "", "", codes, source, doc)
#define APART(record, member, wire, codes, source, doc) ROW(APART, record, member, wire, "", codes, source, doc)
#define INSTEAD(record, member, wire, codes, source, doc) ROW(INSTEAD, record, member, wire, "", codes, source, doc)
#include "ncpdp/def/profile_2023011.def"
#undef WRAPPED
#undef RENAMED
#undef CODES
#undef APART
#undef INSTEAD
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

size_t profile_rows(enum ncpdp_version version)
{
	return version == NCPDP_2023011 ? ROWS : 0;
}

const struct profile_row *profile_row(size_t i)
{
	assert(i < ROWS);
	return &rows[i].says;
}

/* -- the tables -- */

enum {
	FORMS_MAX = 192,      /* records that a SCRIPT message is made of, about 100, and wrappers */
	TABLES_MAX = 1 << 20, /* bytes; about 100 kB are used */
	NAMES_ROOM = 80,      /* bytes of "Country|CountryCode" */
};

/* A record as the version has it. */
struct form {
	struct record record;
	const struct record *of; /* the record it comes from; NULL for the wrapping element */
	bool folds;              /* it, or something in it, has another shape: not just other names or codes */
};

static struct {
	struct form forms[FORMS_MAX];
	size_t n;
	struct arena memory; /* as long as the process: tables are */
	const struct record *message;
} made;

static struct form *form_at(const struct record *record)
{
	return (struct form *)(void *)((char *)record - offsetof(struct form, record));
}

static void *must(void *memory)
{
	assert(memory); /* TABLES_MAX is ours */
	return memory;
}

static size_t room_of(const struct field *field)
{
	return field->kind == FIELD_GROUP ? sizeof(void *) : sizeof(struct text);
}

static bool about(const struct row *row, const struct record *record, const struct field *field)
{
	return row->record == record && strcmp(row->says.member, field->member) == 0;
}

/* Another name for the field; the one it had is still read. */
static void rename_field(struct field *field, const char *wire)
{
	char *both = must(arena_alloc(&made.memory, NAMES_ROOM));
	int n = snprintf(both, NAMES_ROOM, "%s|%.*s", wire, TEXT_ARGS(field->wire));

	assert(n > 0 && n < NAMES_ROOM);
	field->wire = (struct text){ both, (size_t)n };
	field->several_names = true;
}

static struct form *new_form(void)
{
	assert(made.n < FORMS_MAX);
	return &made.forms[made.n++];
}

/* The field in an element of its own: that element's field, at the end of the struct. */
static struct field wrap(const struct field *field, const struct profile_row *says, size_t offset)
{
	struct form *form = new_form();
	struct field *inner = must(arena_new(&made.memory, struct field));

	*inner = *field;
	inner->wire = text_of(says->inner);
	inner->several_names = false;
	inner->need = true;
	inner->offset = 0;
	form->record = (struct record){
		.name = says->wire, .doc = says->doc, .shape = SHAPE_SEQUENCE, .fields = inner, .n = 1, .size = room_of(field)
	};
	form->folds = field->of && form_at(field->of)->folds;
	return (struct field){ .kind = FIELD_GROUP,
		.offset = (uint16_t)offset,
		.wire = text_of(says->wire),
		.of = &form->record,
		.member = says->wire,
		.doc = says->doc };
}

static struct field set_apart(const struct profile_row *says, size_t offset)
{
	return (struct field){ .kind = FIELD_TEXT,
		.offset = (uint16_t)offset,
		.wire = text_of(says->wire),
		.member = says->wire,
		.doc = says->doc };
}

static const struct record *form_of(const struct record *record);

/* The field with what else stands for it, appended to the form's fields. */
static void add_field(struct form *form, struct field *fields, const struct field *from)
{
	struct field field = *from;
	bool wrapped = false;

	if (field.of) {
		field.of = form_of(field.of);
		form->folds |= form_at(field.of)->folds;
		assert(field.kind == FIELD_GROUP || !form_at(field.of)->folds); /* items would have to move */
	}
	for (size_t i = 0; i < ROWS; i++) {
		if (!about(&rows[i], form->of, from))
			continue;
		if (rows[i].how == HOW_RENAMED)
			rename_field(&field, rows[i].says.wire);
		if (rows[i].how == HOW_CODES)
			field.codes = *rows[i].says.codes ? rows[i].says.codes : NULL;
	}
	for (size_t i = 0; i < ROWS; i++) {
		if (!about(&rows[i], form->of, from))
			continue;
		form->folds |= rows[i].how == HOW_INSTEAD;
		if (rows[i].how != HOW_WRAPPED && rows[i].how != HOW_APART)
			continue;
		assert(form->of->shape == SHAPE_SEQUENCE && from->place == PLACE_ELEMENT);
		wrapped |= rows[i].how == HOW_WRAPPED;
		fields[form->record.n++] = rows[i].how == HOW_WRAPPED ? wrap(&field, &rows[i].says, form->record.size)
								      : set_apart(&rows[i].says, form->record.size);
		form->record.size += sizeof(struct text); /* of either, and aligned for either */
		form->folds = true;
	}
	if (wrapped)
		field.need = false; /* in one place or the other: profile_fold sees to it */
	fields[form->record.n++] = field;
}

static const struct record *form_of(const struct record *record)
{
	struct form *form;
	struct field *fields;

	for (size_t i = 0; i < made.n; i++)
		if (made.forms[i].of == record)
			return &made.forms[i].record;
	form = new_form();
	fields = must(arena_alloc(&made.memory, (record->n + ROWS) * sizeof(*fields)));
	form->of = record;
	form->record = *record;
	form->record.fields = fields;
	form->record.n = 0;
	for (size_t i = 0; i < record->n; i++)
		add_field(form, fields, &record->fields[i]);
	return &form->record;
}

static void make_tables(void)
{
	arena_init(&made.memory, TABLES_MAX);
	made.message = form_of(&script_message_record);
}

const struct record *profile_message(enum ncpdp_version version)
{
	static once_flag once = ONCE_FLAG_INIT;

	if (version != NCPDP_2023011)
		return &script_message_record;
	call_once(&once, make_tables);
	return made.message;
}

/* -- finding one's way -- */

/* What product_code and drug_db_code are. */
struct coded {
	struct text code, qualifier;
};
#define IS_CODED(record)                                                                                                         \
	_Static_assert(sizeof(struct record) == sizeof(struct coded) &&                                                          \
			       offsetof(struct record, code) == offsetof(struct coded, code) &&                                  \
			       offsetof(struct record, qualifier) == offsetof(struct coded, qualifier),                          \
		#record " is more than a code")
IS_CODED(product_code);
IS_CODED(drug_db_code);

/* The place of the row in a struct of the form. */
static void *own_place(const struct form *form, const struct row *row, void *rec)
{
	return field_at(record_field(form->of, row->says.member), rec);
}

/* The place that only the version has. */
static void *version_place(const struct form *form, const struct row *row, void *rec)
{
	return field_at(record_field(&form->record, row->says.wire), rec);
}

/* The place of the row of this wire name in the record itself. */
static void *other_place(const struct form *form, const struct row *row, void *rec)
{
	for (size_t i = 0; i < form->of->n; i++)
		if (field_named(&form->of->fields[i], text_of(row->says.wire)))
			return field_at(&form->of->fields[i], rec);
	__builtin_unreachable();
}

/* -- reading -- */

struct folding {
	struct arena *arena;
	struct xml_notes *notes;
	struct fault *fault;
	char path[FAULT_PATH_MAX];
	size_t n;
};

static size_t step_in(struct folding *f, struct text name)
{
	size_t before = f->n;
	int n = snprintf(f->path + f->n, sizeof(f->path) - f->n, "%s%.*s", f->n ? "/" : "", TEXT_ARGS(name));

	f->n += (size_t)n;
	if (f->n >= sizeof(f->path))
		f->n = sizeof(f->path) - 1;
	return before;
}

static void step_out(struct folding *f, size_t before)
{
	f->n = before;
	f->path[before] = '\0';
}

static bool fails(struct folding *f, enum fault_code code, const char *where)
{
	step_in(f, text_of(where));
	return fault_set(f->fault, code, f->path);
}

/* One code more than a record has room for. */
static void pass_over(struct folding *f)
{
	if (f->notes->unknown++ == 0)
		memcpy(f->notes->unknown_at, f->path, sizeof(f->notes->unknown_at));
}

static bool unwrap(struct folding *f, const struct form *form, const struct row *row, void *rec)
{
	const struct field *field = record_field(form->of, row->says.member);
	void *own = field_at(field, rec), **wrapper = version_place(form, row, rec);

	if (*wrapper) {
		if (field_there(field, rec))
			return fails(f, FAULT_CHOICE, row->says.wire);
		memcpy(own, *wrapper, room_of(field));
		*wrapper = NULL;
	}
	return !field->need || field_there(field, rec) || fails(f, FAULT_MISSING, row->says.wire);
}

static bool join(struct folding *f, const struct form *form, const struct row *row, void *rec)
{
	struct text *apart = version_place(form, row, rec);
	struct coded **own = own_place(form, row, rec), *code;

	if (!apart->n)
		return true;
	if (*own)
		pass_over(f);
	code = arena_new(f->arena, struct coded);
	if (!code)
		return fails(f, FAULT_TOO_LARGE, row->says.wire);
	*code = (struct coded){ *apart, text_of(row->says.codes) };
	*own = code;
	*apart = TEXT_NONE;
	return true;
}

static bool put_back(struct folding *f, const struct form *form, const struct row *row, void *rec)
{
	struct coded **own = own_place(form, row, rec), **other = other_place(form, row, rec);

	if (!*other || !text_in_list((*other)->qualifier, row->says.codes))
		return true;
	if (*own)
		pass_over(f);
	*own = *other;
	*other = NULL;
	return true;
}

static bool fold_row(struct folding *f, const struct form *form, const struct row *row, void *rec)
{
	switch (row->how) {
	case HOW_WRAPPED:
		return unwrap(f, form, row, rec);
	case HOW_APART:
		return join(f, form, row, rec);
	case HOW_INSTEAD:
		return put_back(f, form, row, rec);
	case HOW_RENAMED:
	case HOW_CODES:
		return true;
	}
	__builtin_unreachable();
}

static bool fold(struct folding *f, const struct form *form, void *rec)
{
	for (size_t i = 0; i < form->record.n; i++) {
		const struct field *field = &form->record.fields[i];
		void *group = field->kind == FIELD_GROUP ? *(void **)field_at(field, rec) : NULL;
		size_t before;

		if (!group || !form_at(field->of)->folds)
			continue;
		before = step_in(f, field_name(field));
		if (!fold(f, form_at(field->of), group))
			return false;
		step_out(f, before);
	}
	for (size_t i = ROWS; form->of && i-- > 0;)
		if (rows[i].record == form->of && !fold_row(f, form, &rows[i], rec))
			return false;
	return true;
}

bool profile_fold(enum ncpdp_version version, void *message, struct arena *arena, struct xml_notes *notes, struct fault *fault)
{
	struct folding f = { .arena = arena, .notes = notes, .fault = fault };
	const struct record *record = profile_message(version);

	return record == &script_message_record || fold(&f, form_at(record), message);
}

/* -- writing -- */

static bool wrap_up(const struct form *form, const struct row *row, void *rec, struct arena *arena, struct fault *fault)
{
	const struct field *field = record_field(form->of, row->says.member);
	void *own = field_at(field, rec), **wrapper = version_place(form, row, rec);

	if (!field_there(field, rec))
		return !field->need || fault_set(fault, FAULT_MISSING, row->says.wire);
	*wrapper = arena_alloc(arena, room_of(field));
	if (!*wrapper)
		return fault_set(fault, FAULT_TOO_LARGE, row->says.wire);
	memcpy(*wrapper, own, room_of(field));
	memset(own, 0, room_of(field));
	return true;
}

static void take_apart(const struct form *form, const struct row *row, void *rec)
{
	struct text *apart = version_place(form, row, rec);
	struct coded **own = own_place(form, row, rec);

	if (!*own || !text_is((*own)->qualifier, row->says.codes))
		return;
	*apart = (*own)->code;
	*own = NULL;
}

static void put_instead(const struct form *form, const struct row *row, void *rec)
{
	struct coded **own = own_place(form, row, rec), **other = other_place(form, row, rec);

	if (!*own || *other || !text_in_list((*own)->qualifier, row->says.codes))
		return;
	*other = *own;
	*own = NULL;
}

static bool unfold_row(const struct form *form, const struct row *row, void *rec, struct arena *arena, struct fault *fault)
{
	switch (row->how) {
	case HOW_WRAPPED:
		return wrap_up(form, row, rec, arena, fault);
	case HOW_APART:
		take_apart(form, row, rec);
		return true;
	case HOW_INSTEAD:
		put_instead(form, row, rec);
		return true;
	case HOW_RENAMED:
	case HOW_CODES:
		return true;
	}
	__builtin_unreachable();
}

static bool unfold(const struct form *form, const void *rec, struct arena *arena, void **out, struct fault *fault)
{
	void *copy = *out = arena_alloc(arena, form->record.size);

	if (!copy)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	memcpy(copy, rec, form->of ? form->of->size : form->record.size);
	for (size_t i = 0; form->of && i < ROWS; i++)
		if (rows[i].record == form->of && !unfold_row(form, &rows[i], copy, arena, fault))
			return false;
	for (size_t i = 0; i < form->record.n; i++) {
		const struct field *field = &form->record.fields[i];
		void **group = field_at(field, copy);

		if (field->kind == FIELD_GROUP && *group && form_at(field->of)->folds &&
			!unfold(form_at(field->of), *group, arena, group, fault))
			return fault_under(fault, field_name(field), -1);
	}
	return true;
}

bool profile_unfold(enum ncpdp_version version, const struct script_message *message, struct arena *arena, const void **out,
	struct fault *fault)
{
	const struct record *record = profile_message(version);
	void *copy = NULL;

	*out = message;
	if (record == &script_message_record)
		return true;
	if (!unfold(form_at(record), message, arena, &copy, fault))
		return false;
	*out = copy;
	return true;
}
