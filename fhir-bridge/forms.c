/* SPDX-License-Identifier: Apache-2.0 */
/* One walk over a resource and all that is in it, for what holds everywhere. */
#include "fhir-bridge/forms.h"

#include "fhir-bridge/systems.h"

enum { DEPTH = 40 }; /* levels; the reader lets no more than BUILD_DEPTH through, resources within resources included */

static const struct {
	struct text name;
	enum fhir_form form;
} forms[] = {
#define FORM(name, form) { { "" name, sizeof(name) - 1 }, FORM_##form },
#include "fhir-bridge/def/forms.def"
#undef FORM
};

/* Modifier extensions that this gateway knows the meaning of. */
static const char *const known_modifiers[] = { PAS "modifierextension-infoCancelled" };

static bool fails(struct forms_check *check, const struct field *field, int index, const char *below, enum fault_code code)
{
	struct where here = check->where;

	where_down(&here, field->wire, index);
	if (below)
		where_down(&here, text_of(below), -1);
	return where_fault(&here, TEXT_NONE, code, check->fault);
}

static enum fault_code fault_of(enum fhir_form form)
{
	switch (form) {
	case FORM_INTEGER:
	case FORM_UNSIGNED:
	case FORM_POSITIVE:
	case FORM_POSITIVES:
		return FAULT_BAD_NUMBER;
	case FORM_DATE:
	case FORM_DATE_TIME:
	case FORM_INSTANT:
		return FAULT_BAD_DATE;
	case FORM_BOOLEAN:
	case FORM_GENDER:
		return FAULT_BAD_CODE;
	case FORM_NONE:
		return FAULT_RULE;
	case FORM_ID:
	case FORM_URI:
	case FORM_BASE64:
		return FAULT_BAD_TEXT;
	}
	__builtin_unreachable();
}

static bool value_holds(struct forms_check *check, const struct field *field, struct text value, int index)
{
	/* asked of every value: most rows are told apart by their length and first letter */
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		if (forms[i].name.n == field->wire.n && forms[i].name.at[0] == field->wire.at[0] &&
			text_same_bytes(forms[i].name.at, field->wire.at, field->wire.n))
			return fhir_has_form(value, forms[i].form) || fails(check, field, index, NULL, fault_of(forms[i].form));
	return true;
}

static bool modifiers_hold(struct forms_check *check, const struct field *field, const struct fhir_extension *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool known = false;

		for (size_t k = 0; k < sizeof(known_modifiers) / sizeof(*known_modifiers); k++)
			known |= text_is(items[i].url, known_modifiers[k]);
		if (!known)
			return fails(check, field, (int)i, "url", FAULT_RULE);
	}
	return true;
}

static bool is_contained(const struct forms_check *check, struct text id)
{
	for (size_t i = 0; i < check->contained_n; i++)
		if (text_equal(fhir_held(&check->contained[i]).id, id))
			return true;
	return false;
}

/* PAS 2.2.1 spec-13: all that is referenced is in the bundle. */
static bool reference_holds(struct forms_check *check, const struct fhir_reference *reference)
{
	struct text to = reference->reference;

	if (!check->resolve || !to.n)
		return true;
	if (to.at[0] == '#' ? to.n == 1 || is_contained(check, (struct text){ to.at + 1, to.n - 1 }) : resolve_find(check->resolve, to) >= 0)
		return true;
	return where_fault(&check->where, text_lit("resolve()"), FAULT_MISSING, check->fault);
}

/* What may point out of the bundle: the request that is answered, the claim that an already updated one updates (PAS 2.2.1 spec-66), the
   claim that a task is about; and who a role is of, since the guide's own example of a surgical request leaves that out. */
static bool points_out(const struct record *record, const struct field *field)
{
	return (record == &fhir_claim_response_record && text_is(field->wire, "request")) ||
	       (record == &fhir_related_record && text_is(field->wire, "claim")) ||
	       (record == &fhir_task_record && text_is(field->wire, "reasonReference")) || record == &fhir_practitioner_role_record;
}

static bool below(struct forms_check *check, const struct record *record, const struct field *field, const void *rec, int index)
{
	struct forms_check outer = *check;
	size_t before;
	bool good;

	if (field->of == &fhir_bundle_record) /* an answer inside a notification is looked at by itself */
		return true;
	if (++check->depth > DEPTH)
		return fails(check, field, index, NULL, FAULT_TOO_DEEP);
	if (points_out(record, field))
		check->resolve = NULL;
	/* the kind of a resource is a row of ours, not a step of FHIRPath */
	before = record == &fhir_resource_record ? check->where.n : where_down(&check->where, field->wire, index);
	good = (field->of != &fhir_reference_record || reference_holds(check, rec)) &&
	       (field->of != &fhir_extension_record || extension_check(rec, &check->where, check->fault)) && forms_check(check, field->of, rec);
	where_back(&check->where, before);
	check->resolve = outer.resolve;
	check->contained = outer.contained;
	check->contained_n = outer.contained_n;
	check->depth = outer.depth;
	return good;
}

static bool list_holds(struct forms_check *check, const struct record *record, const struct field *field, const void *rec)
{
	const char *items = *(const char *const *)field_at(field, rec);
	size_t n = *field_count_at(field, rec);

	if (text_is(field->wire, "contained")) {
		check->contained = (const struct fhir_resource *)(const void *)items;
		check->contained_n = n;
	}
	if (text_is(field->wire, "modifierExtension") && !modifiers_hold(check, field, (const struct fhir_extension *)(const void *)items, n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!below(check, record, field, items + i * field->of->size, (int)i))
			return false;
	return true;
}

static bool field_holds(struct forms_check *check, const struct record *record, const struct field *field, const void *rec)
{
	const void *at = field_at(field, rec);

	switch (field->kind) {
	case FIELD_TEXT:
	case FIELD_DECIMAL:
	case FIELD_RAW:
		return value_holds(check, field, *(const struct text *)at, -1);
	case FIELD_TEXTS:
		for (size_t i = 0; i < *field_count_at(field, rec); i++)
			if (!value_holds(check, field, (*(const struct text *const *)at)[i], (int)i))
				return false;
		return true;
	case FIELD_GROUP:
		return below(check, record, field, *(void *const *)at, -1);
	case FIELD_LIST:
		return list_holds(check, record, field, rec);
	case FIELD_CODE:
	case FIELD_DIGITS:
	case FIELD_DATE:
	case FIELD_TIME:
	case FIELD_FLAG:
	case FIELD_COUNT:
	case FIELD_CODES:
		return true; /* held to their tables by record_check */
	}
	__builtin_unreachable();
}

bool forms_check(struct forms_check *check, const struct record *record, const void *rec)
{
	for (size_t i = 0; i < record->n; i++)
		if (field_there(&record->fields[i], rec) && !field_holds(check, record, &record->fields[i], rec))
			return false;
	return true;
}
