/* SPDX-License-Identifier: Apache-2.0 */
/* A question set of SCRIPT as a FHIR Questionnaire: each question an item, with the answers that enable it. */
#include "fhir-bridge/dtr/questionnaire.h"

#include "base/crypto.h"
#include "fhir-bridge/dtr/fill.h"
#include "fhir-bridge/make.h"
#include "ncpdp/decimal.h"

#include <stdio.h>

#define DTR "http://hl7.org/fhir/us/davinci-dtr/StructureDefinition/"
#define SDC "http://hl7.org/fhir/uv/sdc/StructureDefinition/"

enum { WORDS_MAX = 2000 }; /* characters of an answer in words, an1..2000 in SCRIPT */

/* One Questionnaire being made. */
struct asking {
	const struct question_form *form;
	struct questions set;
	struct make *make;
	struct loss *loss;
};

/* -- names -- */

struct text form_uri(struct make *make, const char *prefix, struct text id)
{
	struct buffer uri;

	buffer_init(&uri, make->arena, 64);
	buffer_add(&uri, text_of(prefix));
	for (size_t i = 0; i < id.n; i++) {
		unsigned char c = (unsigned char)id.at[i];

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_' || c == '~')
			buffer_add_char(&uri, (char)c);
		else
			buffer_format(&uri, "%%%02X", c);
	}
	return make_written(make, &uri);
}

struct text form_version(const struct question_form *form, struct make *make)
{
	enum { DIGITS = 16 };
	struct question_set set = { .header = (struct question_set_header *)form->header, .questions = (struct question *)form->questions,
		.questions_n = form->n };
	unsigned char hash[SHA256_BYTES];
	struct buffer all;
	struct text hex;

	buffer_init(&all, make->arena, 4096);
	record_pack(&question_set_record, &set, &all);
	for (size_t i = 0; i < form->n; i++)
		buffer_format(&all, "%c%.*s %.*s", form->optional && form->optional[i] ? 'o' : 'n', TEXT_ARGS(form->fills ? form->fills[i].loinc : TEXT_NONE),
			TEXT_ARGS(form->fills ? form->fills[i].unit : TEXT_NONE));
	crypto_sha256(make_written(make, &all), hash);
	hex = crypto_hex(hash, sizeof(hash), make->arena);
	make->failed |= !text_there(hex);
	return hex.n >= DIGITS ? (struct text){ hex.at, DIGITS } : TEXT_NONE;
}

struct text form_canonical(const struct question_form *form, struct make *make)
{
	return make_text(make, form->url, text_lit("|"), form_version(form, make));
}

static struct questions set_of(const struct question_form *form)
{
	return questions_asked(form->questions, form->n);
}

int form_question(const struct question_form *form, struct text link_id)
{
	for (size_t i = 0; i < form->n; i++)
		if (text_equal(form->questions[i].question_id, link_id))
			return (int)i;
	return QUESTION_END;
}

/* The linkId of what stands with a question: no question is called so. */
static struct text link_with(struct asking *a, struct text id, const char *kind)
{
	struct text link = make_text(a->make, id, text_of(kind), TEXT_NONE);

	while (!a->make->failed && form_question(a->form, link) != QUESTION_END)
		link = make_text(a->make, link, text_lit("+"), TEXT_NONE);
	return link;
}

/* R4 code: no space but single ones between other characters. */
static bool is_code(struct text id)
{
	bool space = true;

	for (size_t i = 0; i < id.n; i++) {
		unsigned char c = (unsigned char)id.at[i];

		if (c <= ' ' && (c != ' ' || space))
			return false;
		space = c == ' ';
	}
	return id.n && !space;
}

struct text form_choice_code(const struct choice *choices, size_t n, size_t index, struct make *make)
{
	struct buffer name;
	struct text code;
	bool taken = true;

	if (is_code(choices[index].choice_id))
		return choices[index].choice_id;
	buffer_init(&name, make->arena, 16);
	buffer_format(&name, "choice-%zu", index + 1);
	code = make_written(make, &name);
	while (taken && !make->failed) {
		taken = false;
		for (size_t i = 0; i < n; i++)
			taken |= text_equal(choices[i].choice_id, code);
		if (taken)
			code = make_text(make, code, text_lit("+"), TEXT_NONE);
	}
	return code;
}

static struct fhir_coding *choice_coding(struct asking *a, const struct choice *choices, size_t n, size_t index)
{
	struct fhir_coding *coding = make_new(a->make, struct fhir_coding);

	coding->system = form_uri(a->make, SYSTEM_OURS "QuestionSet:", a->form->header->question_set_id);
	coding->code = form_choice_code(choices, n, index, a->make);
	coding->display = choices[index].choice_text;
	return coding;
}

/* -- what enables a question -- */

static const struct {
	const char *script, *fhir;
} operators[] = { { "EQ", "=" }, { "LT", "<" }, { "LE", "<=" }, { "GT", ">" }, { "GE", ">=" } };

static void add_when(struct asking *a, struct fhir_question_item *item, const struct enabled_when *when)
{
	struct question_ways ways = question_ways(&a->set, when->question);
	struct fhir_enable_when *out = make_push(a->make, item->enable_when, item->enable_when_n);

	out->question = ways.id;
	switch (when->kind) {
	case ENABLED_CHOICE:
		out->comparison = text_lit("=");
		for (size_t i = 0; i < ways.choices_n; i++)
			if (text_equal(ways.choices[i].choice_id, when->value))
				out->coding = choice_coding(a, ways.choices, ways.choices_n, i);
		break;
	case ENABLED_NUMBER:
		for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++)
			if (text_is(when->comparison, operators[i].script))
				out->comparison = text_of(operators[i].fhir);
		out->decimal = when->value;
		break;
	case ENABLED_ANSWERED:
	case ENABLED_UNANSWERED:
		out->comparison = text_lit("exists");
		out->boolean = when->kind == ENABLED_ANSWERED ? text_lit("true") : text_lit("false");
		break;
	}
}

static void add_clause(struct asking *a, struct fhir_question_item *item, const struct enabled_clause *clause, const char *behavior)
{
	for (size_t i = 0; i < clause->n; i++)
		add_when(a, item, &clause->whens[i]);
	if (item->enable_when_n > 1)
		item->enable_behavior = text_of(behavior);
}

/* An item has one word for all its conditions, "any" or "all"; what needs both gets a group around it for each further one. */
static struct fhir_question_item *enabled_item(struct asking *a, struct fhir_question_item **items, size_t *n, const struct enabled *enabled, struct text id)
{
	struct fhir_question_item *item;
	struct enabled_clause ones = { 0 };
	size_t several = 0;

	for (size_t i = 0; i < enabled->n; i++) {
		if (enabled->clauses[i].n == 1)
			*make_push(a->make, ones.whens, ones.n) = enabled->clauses[i].whens[0];
		else
			several++;
	}
	item = make_item(a->make, (void **)items, n, sizeof(*item));
	for (size_t i = 0, seen = 0; i < enabled->n; i++) {
		char kind[24];

		if (enabled->clauses[i].n == 1)
			continue;
		add_clause(a, item, &enabled->clauses[i], "any");
		if (++seen == several && !ones.n)
			return item;
		snprintf(kind, sizeof(kind), "/when%zu", seen);
		item->link_id = link_with(a, id, kind);
		item->text = text_lit("Asked only after certain answers");
		item->type = text_lit("group");
		item = make_push(a->make, item->item, item->item_n);
	}
	add_clause(a, item, &ones, "all");
	return item;
}

/* -- one question -- */

/* Code systems of SCRIPT that have a URI in FHIR. */
static const struct {
	const char *qualifier, *system;
} systems[] = {
	{ "LD", "http://snomed.info/sct" },
	{ "ABF", SYSTEM_ICD10 },
	{ "LOINC", "http://loinc.org" },
	{ "NDC", SYSTEM_NDC },
	{ "SCD", SYSTEM_RXNORM },
	{ "SBD", SYSTEM_RXNORM },
	{ "GPK", SYSTEM_RXNORM },
	{ "BPK", SYSTEM_RXNORM },
	{ "CVX", "http://hl7.org/fhir/sid/cvx" },
	{ "UCUM", SYSTEM_UCUM },
	{ "HCPCS", SYSTEM_HCPCS },
	{ "UNII", "http://fdasis.nlm.nih.gov" },
};

static void add_codes(struct asking *a, struct fhir_question_item *item, const struct question *question, size_t index)
{
	for (size_t i = 0; i < question->coded_references_n; i++) {
		const struct coded_reference *from = &question->coded_references[i];
		const char *system = NULL;

		for (size_t k = 0; k < sizeof(systems) / sizeof(*systems); k++)
			if (text_is(from->qualifier, systems[k].qualifier))
				system = systems[k].system;
		if (system && is_code(from->code))
			*make_push(a->make, item->code, item->code_n) = (struct fhir_coding){ .system = text_of(system),
				.version = from->code_system_version, .code = from->code, .display = from->description };
		else
			loss_add(a->loss, a->make, "Question[%zu]/CodedReference[%zu]", index, i);
	}
}

/* The words that go with a choice, asked below it. */
static void add_words(struct asking *a, struct fhir_question_item *item, const struct question_ways *ways, size_t index, const char *indicator,
	const char *kind)
{
	struct enabled_clause clause = { 0 };
	struct fhir_question_item *words;

	for (size_t i = 0; i < ways->choices_n; i++)
		if (text_is(ways->choices[i].additional_free_text_indicator, indicator))
			*make_push(a->make, clause.whens, clause.n) =
				(struct enabled_when){ .question = index, .kind = ENABLED_CHOICE, .value = ways->choices[i].choice_id };
	if (!clause.n)
		return;
	words = make_push(a->make, item->item, item->item_n);
	words->link_id = link_with(a, ways->id, kind);
	words->text = text_lit("Further words to this choice");
	words->type = text_lit("text");
	words->max_length = WORDS_MAX;
	add_clause(a, words, &clause, "any");
	/* It stands below each of several choices that were made: demanded of one it would be demanded of all. */
	words->required = text_is(text_of(indicator), "M") && (!ways->several || clause.n == ways->choices_n);
	for (size_t i = 0; text_is(text_of(indicator), "M") && !words->required && i < ways->choices_n; i++)
		if (text_is(ways->choices[i].additional_free_text_indicator, "M"))
			loss_add(a->loss, a->make, "Question[%zu]/QuestionType/Select/Choice[%zu]/AdditionalFreeTextIndicator", index, i);
}

static void add_choices(struct asking *a, struct fhir_question_item *item, const struct question_ways *ways, size_t index)
{
	item->repeats = ways->several;
	for (size_t i = 0; i < ways->choices_n; i++) {
		make_push(a->make, item->answer_option, item->answer_option_n)->coding = choice_coding(a, ways->choices, ways->choices_n, i);
		if (ways->choices[i].coded_references_n)
			loss_add(a->loss, a->make, "Question[%zu]/QuestionType/Select/Choice[%zu]/CodedReference", index, i);
	}
	add_words(a, item, ways, index, "M", "/text");
	add_words(a, item, ways, index, "O", "/words");
}

static const char *const types[] = {
	[QUESTION_WANTS_NOTHING] = "display",
	[QUESTION_WANTS_CHOICES] = "choice",
	[QUESTION_WANTS_DATE] = "date",
	[QUESTION_WANTS_TIME] = "dateTime",
	[QUESTION_WANTS_NUMBER] = "decimal",
	[QUESTION_WANTS_WORDS] = "text",
};

static void fill_item(struct asking *a, struct fhir_question_item *item, size_t index)
{
	const struct question *question = &a->form->questions[index];
	struct question_ways ways = question_ways(&a->set, index);

	item->link_id = question->question_id;
	item->prefix = question->question_level;
	item->text = question->question_text;
	item->type = text_of(types[ways.wants]);
	item->required = ways.wants != QUESTION_WANTS_NOTHING && !(a->form->optional && a->form->optional[index]);
	if (ways.wants == QUESTION_WANTS_WORDS)
		item->max_length = WORDS_MAX;
	add_codes(a, item, question, index);
	fill_item_in(a->form, index, item, a->make);
	if (ways.wants == QUESTION_WANTS_CHOICES)
		add_choices(a, item, &ways, index);
}

/* The document that must come with the answers. */
static void add_document(struct asking *a, struct fhir_questionnaire *out)
{
	const struct question_set_header *header = a->form->header;
	struct fhir_question_item *item;

	if (!text_is(header->attachment_required, "Y"))
		return;
	item = make_push(a->make, out->item, out->item_n);
	item->link_id = link_with(a, text_lit(FORM_DOCUMENT), "");
	item->text = header->attachment_notes.n ? header->attachment_notes : text_lit("A document must come with the answers");
	item->type = text_lit("attachment");
	item->required = true;
}

/* -- the whole -- */

static void add_telecom(struct asking *a, struct fhir_contact_detail *contact, const char *system, struct text value, struct text extension)
{
	struct fhir_contact *to = make_push(a->make, contact->telecom, contact->telecom_n);

	to->system = text_of(system);
	to->value = extension.n ? make_text(a->make, value, text_lit(";ext="), extension) : value; /* RFC 3966 3 */
}

static void add_contact(struct asking *a, struct fhir_questionnaire *out)
{
	const struct contact_numbers *numbers = a->form->header->contact;
	struct fhir_contact_detail *contact;

	if (!numbers)
		return;
	contact = make_push(a->make, out->contact, out->contact_n);
	if (numbers->primary_telephone)
		add_telecom(a, contact, "phone", numbers->primary_telephone->number, numbers->primary_telephone->extension);
	for (size_t i = 0; i < numbers->electronic_mail_n; i++)
		add_telecom(a, contact, "email", numbers->electronic_mail[i], TEXT_NONE);
	for (size_t i = 0; i < numbers->faxes_n; i++)
		add_telecom(a, contact, "fax", numbers->faxes[i].number, numbers->faxes[i].extension);
	for (size_t i = 0; i < numbers->other_telephones_n; i++)
		add_telecom(a, contact, "phone", numbers->other_telephones[i].number, numbers->other_telephones[i].extension);
	if (numbers->direct_address.n)
		loss_add(a->loss, a->make, "Header/QuestionSetContactCommunicationNumber/DirectAddress");
}

/* Words as XHTML: DTR 2.0.1 wants a narrative, and the title says it. */
static struct fhir_narrative *narrative_of(struct text words, struct make *make)
{
	struct fhir_narrative *out = make_new(make, struct fhir_narrative);
	struct buffer div;

	buffer_init(&div, make->arena, words.n + 64);
	buffer_lit(&div, "<div xmlns=\"http://www.w3.org/1999/xhtml\">");
	for (size_t i = 0; i < words.n; i++) {
		if (words.at[i] == '<' || words.at[i] == '>' || words.at[i] == '&')
			buffer_format(&div, "&#%d;", words.at[i]);
		else
			buffer_add_char(&div, words.at[i]);
	}
	buffer_lit(&div, "</div>");
	out->status = text_lit("generated");
	out->div = make_written(make, &div);
	return out;
}

static struct fhir_questionnaire *begin(struct asking *a, const char *profile)
{
	const struct question_form *form = a->form;
	struct fhir_questionnaire *out = make_new(a->make, struct fhir_questionnaire);

	out->meta = make_meta(a->make, profile);
	/* FHIRPath of how two versions compare; 0: it cannot be said which is newer, and of hashes it cannot */
	make_extension(a->make, &out->extension, &out->extension_n, "http://hl7.org/fhir/StructureDefinition/artifact-versionAlgorithm")->string =
		text_lit("0");
	out->url = form->url;
	out->version = form_version(form, a->make);
	make_identifier(a->make, &out->identifier, &out->identifier_n, SYSTEM_OURS "QuestionSetID", form->header->question_set_id);
	out->title = form->header->title;
	out->text = narrative_of(out->title, a->make);
	out->description = form->header->description;
	out->status = text_lit("active");
	*make_push(a->make, out->subject_type, out->subject_type_n) = text_lit("Patient");
	add_contact(a, out);
	fill_questionnaire(form, out, a->make);
	if (text_there(form->deadline)) {
		out->effective_period = make_new(a->make, struct fhir_period);
		out->effective_period->end = form->deadline;
	}
	return out;
}

/* Indices by SequenceNumber; of the same number, as they stand. */
static size_t *by_sequence(struct asking *a)
{
	size_t *order = make_bytes(a->make, (a->form->n + 1) * sizeof(*order));

	for (size_t i = 0; i < a->form->n; i++) {
		size_t at = i;

		for (; at > 0 && decimal_compare(a->form->questions[order[at - 1]].sequence_number, a->form->questions[i].sequence_number) > 0; at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
	return order;
}

static void make_adaptive(struct asking *a, struct fhir_questionnaire *out, struct text url)
{
	make_extension(a->make, &out->extension, &out->extension_n, SDC "sdc-questionnaire-questionnaireAdaptive")->url_value = url;
}

struct fhir_questionnaire *form_questionnaire(const struct question_form *form, struct text adaptive_url, struct make *make, bool *adaptive,
	struct loss *loss)
{
	struct asking a = { .form = form, .set = set_of(form), .make = make, .loss = loss };
	struct fhir_questionnaire *out;
	struct enabled *enabled;
	size_t *order;

	*adaptive = !enabled_of(&a.set, form->optional, make, &enabled);
	out = begin(&a, *adaptive ? DTR "dtr-questionnaire-adapt-search" : DTR "dtr-std-questionnaire");
	if (*adaptive) {
		make_adaptive(&a, out, adaptive_url);
		return out;
	}
	order = by_sequence(&a);
	for (size_t i = 0; i < form->n; i++) {
		size_t index = order[i];

		if (enabled[index].never)
			loss_add(loss, make, "Question[%zu]", index);
		else
			fill_item(&a, enabled_item(&a, &out->item, &out->item_n, &enabled[index], form->questions[index].question_id), index);
	}
	add_document(&a, out);
	return out;
}

struct fhir_questionnaire *form_asked(const struct question_form *form, const size_t *asked, size_t asked_n, struct text adaptive_url,
	struct make *make, struct loss *loss)
{
	struct asking a = { .form = form, .set = set_of(form), .make = make, .loss = loss };
	struct fhir_questionnaire *out = begin(&a, DTR "dtr-questionnaire-adapt");

	make_adaptive(&a, out, adaptive_url);
	*make_push(make, out->derived_from, out->derived_from_n) = form_canonical(form, make);
	for (size_t i = 0; i < asked_n; i++)
		fill_item(&a, make_push(make, out->item, out->item_n), asked[i]);
	return out;
}
