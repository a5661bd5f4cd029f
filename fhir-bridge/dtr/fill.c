/* SPDX-License-Identifier: Apache-2.0 */
/* Questions that a record system may answer itself: CQL for each kind of them, and the same as ELM, which is what the translator of the CQL
   project makes of it. FHIRHelpers is named because compilers of CQL want it where codes are compared; the ELM calls nothing of it. */
#include "fhir-bridge/dtr/fill.h"

#include "base/base64url.h"
#include "fhir-bridge/make.h"

#include <string.h>

#define SDC "http://hl7.org/fhir/uv/sdc/StructureDefinition/"
#define NAME "DualtrackQuestions"
#define LOINC "http://loinc.org"

/* -- ELM, in parts: '$' is the code, '^' the unit -- */

#define TEXT_OF(value) "{\"type\":\"Literal\",\"valueType\":\"{urn:hl7-org:elm-types:r1}String\",\"value\":\"" value "\"}"
#define FHIR_AS(path, type) \
	"{\"type\":\"As\",\"strict\":false,\"operand\":{\"type\":\"Property\",\"path\":\"" path "\",\"scope\":\"O\"}," \
	"\"asTypeSpecifier\":{\"type\":\"NamedTypeSpecifier\",\"name\":\"{http://hl7.org/fhir}" type "\"}}"
#define PART(path, source) "{\"type\":\"Property\",\"path\":\"" path "\",\"source\":" source "}"
#define PATIENT "{\"type\":\"ExpressionRef\",\"name\":\"Patient\"}"
#define OBSERVED \
	"{\"alias\":\"O\",\"expression\":{\"type\":\"Retrieve\",\"dataType\":\"{http://hl7.org/fhir}Observation\"," \
	"\"templateId\":\"http://hl7.org/fhir/StructureDefinition/Observation\",\"codeProperty\":\"code\",\"codeComparator\":\"~\"," \
	"\"codes\":{\"type\":\"ToList\",\"operand\":{\"type\":\"CodeRef\",\"name\":\"$\"}}}}"
#define DONE \
	"{\"type\":\"In\",\"operand\":[" PART("value", "{\"type\":\"Property\",\"path\":\"status\",\"scope\":\"O\"}") ",{\"type\":\"List\",\"element\":[" TEXT_OF( \
		"final") "," TEXT_OF("amended") "," TEXT_OF("corrected") "]}]}"
#define MEASURED(path, value) "{\"type\":\"Equal\",\"operand\":[" PART("value", PART(path, FHIR_AS("value", "Quantity"))) "," TEXT_OF(value) "]}"
#define AND(a, b) "{\"type\":\"And\",\"operand\":[" a "," b "]}"
#define ELEMENT(name, value) "{\"name\":\"" name "\",\"value\":" value "}"
#define WHEN PART("value", FHIR_AS("effective", "dateTime"))
#define LAST_BY_TIME(where, elements) \
	"{\"type\":\"Last\",\"source\":{\"type\":\"Query\",\"source\":[" OBSERVED "],\"let\":[],\"relationship\":[],\"where\":" where \
	",\"return\":{\"expression\":{\"type\":\"Tuple\",\"element\":[" ELEMENT("at", WHEN) elements "]}}," \
	"\"sort\":{\"by\":[{\"type\":\"ByColumn\",\"direction\":\"asc\",\"path\":\"at\"}]}}}"

/* The first row that fits decides. */
static const struct fill {
	const char *loinc;        /* NULL: any other code */
	enum question_wants wants;
	bool unit;                /* only where the unit is said */
	const char *name;         /* of the definition */
	const char *cql, *elm;
} fills[] = {
	{ "21112-8", QUESTION_WANTS_DATE, false, "date of birth", "Patient.birthDate.value", PART("value", PART("birthDate", PATIENT)) },
	{ "30525-0", QUESTION_WANTS_NUMBER, false, "age in years", "ToDecimal(AgeInYears())",
		"{\"type\":\"ToDecimal\",\"operand\":{\"type\":\"CalculateAge\",\"precision\":\"Year\",\"operand\":" PART("birthDate.value", PATIENT) "}}" },
	{ NULL, QUESTION_WANTS_NUMBER, true, "last $ in ^",
		"Last([Observation: \"$\"] O\n"
		"    where O.status.value in { 'final', 'amended', 'corrected' }\n"
		"      and ((O.value as FHIR.Quantity).system.value = 'http://unitsofmeasure.org' and (O.value as FHIR.Quantity).code.value = '^')\n"
		"    return Tuple { at: (O.effective as FHIR.dateTime).value, said: (O.value as FHIR.Quantity).value.value }\n"
		"    sort by at).said",
		PART("said", LAST_BY_TIME(AND(DONE, AND(MEASURED("system", "http://unitsofmeasure.org"), MEASURED("code", "^"))),
			"," ELEMENT("said", PART("value", PART("value", FHIR_AS("value", "Quantity")))))) },
	{ NULL, QUESTION_WANTS_DATE, false, "day of last $",
		"date from Last([Observation: \"$\"] O\n"
		"    where O.status.value in { 'final', 'amended', 'corrected' }\n"
		"    return Tuple { at: (O.effective as FHIR.dateTime).value }\n"
		"    sort by at).at",
		"{\"type\":\"DateFrom\",\"operand\":" PART("at", LAST_BY_TIME(DONE, "")) "}" },
};

static const struct fill *fill_of(const struct question_form *form, size_t index)
{
	const struct form_fill *from = form->fills ? &form->fills[index] : NULL;
	struct questions set = questions_asked(form->questions, form->n);
	enum question_wants wants;

	if (!from || !text_there(from->loinc))
		return NULL;
	wants = question_ways(&set, index).wants;
	for (size_t i = 0; i < sizeof(fills) / sizeof(*fills); i++)
		if (fills[i].wants == wants && (!fills[i].loinc || text_is(from->loinc, fills[i].loinc)) && (!fills[i].unit || text_there(from->unit)))
			return &fills[i];
	return NULL;
}

/* The words with the code and the unit in their places. */
static void write(struct buffer *out, const char *words, const struct form_fill *with)
{
	for (; *words; words++) {
		if (*words == '$')
			buffer_add(out, with->loinc);
		else if (*words == '^')
			buffer_add(out, with->unit);
		else
			buffer_add_char(out, *words);
	}
}

static struct text written(struct make *make, const char *words, const struct form_fill *with)
{
	struct buffer out;

	buffer_init(&out, make->arena, 128);
	write(&out, words, with);
	return make_written(make, &out);
}

/* Was the same asked of the records by an earlier question? `whole`: the same definition, or only the same code. */
static bool seen_before(const struct question_form *form, size_t index, bool whole)
{
	const struct fill *fill = fill_of(form, index);

	for (size_t i = 0; i < index; i++) {
		const struct fill *other = fill_of(form, i);

		if (other && text_equal(form->fills[i].loinc, form->fills[index].loinc) &&
			(whole ? other == fill && text_equal(form->fills[i].unit, form->fills[index].unit) : !other->loinc))
			return true;
	}
	return false;
}

static bool any(const struct question_form *form)
{
	for (size_t i = 0; i < form->n; i++)
		if (fill_of(form, i))
			return true;
	return false;
}

static struct text library_url(const struct question_form *form, struct make *make)
{
	return make_text(make, form->url, text_lit(":library"), TEXT_NONE);
}

static struct text library_canonical(const struct question_form *form, struct make *make)
{
	return make_text(make, library_url(form, make), text_lit("|"), form_version(form, make));
}

void fill_item_in(const struct question_form *form, size_t index, struct fhir_question_item *item, struct make *make)
{
	const struct fill *fill = fill_of(form, index);
	struct fhir_expression *expression;

	if (!fill)
		return;
	expression = make_new(make, struct fhir_expression);
	expression->language = text_lit("text/cql-identifier");
	expression->expression = make_text(make, text_lit("\""), written(make, fill->name, &form->fills[index]), text_lit("\""));
	expression->reference = library_canonical(form, make);
	make_extension(make, &item->extension, &item->extension_n, SDC "sdc-questionnaire-initialExpression")->expression = expression;
}

void fill_questionnaire(const struct question_form *form, struct fhir_questionnaire *out, struct make *make)
{
	struct fhir_extension *launch, *part;

	if (!any(form))
		return;
	make_extension(make, &out->extension, &out->extension_n, "http://hl7.org/fhir/StructureDefinition/cqf-library")->canonical =
		library_canonical(form, make);
	launch = make_extension(make, &out->extension, &out->extension_n, SDC "sdc-questionnaire-launchContext");
	part = make_extension(make, &launch->extension, &launch->extension_n, "name");
	part->coding = make_new(make, struct fhir_coding);
	*part->coding = (struct fhir_coding){ .system = text_lit("http://hl7.org/fhir/uv/sdc/CodeSystem/launchContext"), .code = text_lit("patient") };
	make_extension(make, &launch->extension, &launch->extension_n, "type")->code = text_lit("Patient");
}

/* -- the library -- */

static struct text cql_of(const struct question_form *form, struct make *make)
{
	struct buffer out;
	bool codes = false;

	buffer_init(&out, make->arena, 2048);
	buffer_format(&out, "library " NAME " version '%.*s'\n\nusing FHIR version '4.0.1'\n\ninclude FHIRHelpers version '4.0.1' called FHIRHelpers\n\n",
		TEXT_ARGS(form_version(form, make)));
	for (size_t i = 0; i < form->n; i++) {
		const struct fill *fill = fill_of(form, i);

		if (!fill || fill->loinc || seen_before(form, i, false))
			continue;
		if (!codes)
			buffer_lit(&out, "codesystem \"LOINC\": '" LOINC "'\n");
		codes = true;
		write(&out, "code \"$\": '$' from \"LOINC\"\n", &form->fills[i]);
	}
	buffer_lit(&out, "\ncontext Patient\n");
	for (size_t i = 0; i < form->n; i++) {
		const struct fill *fill = fill_of(form, i);

		if (!fill || seen_before(form, i, true))
			continue;
		buffer_lit(&out, "\ndefine \"");
		write(&out, fill->name, &form->fills[i]);
		buffer_lit(&out, "\":\n  ");
		write(&out, fill->cql, &form->fills[i]);
		buffer_add_char(&out, '\n');
	}
	return make_written(make, &out);
}

static struct text elm_of(const struct question_form *form, struct make *make)
{
	struct buffer out;
	bool codes = false;

	buffer_init(&out, make->arena, 8192);
	buffer_format(&out, "{\"library\":{\"identifier\":{\"id\":\"" NAME "\",\"version\":\"%.*s\"},\"schemaIdentifier\":{\"id\":\"urn:hl7-org:elm\",\"version\":\"r1\"},"
		"\"usings\":{\"def\":[{\"localIdentifier\":\"System\",\"uri\":\"urn:hl7-org:elm-types:r1\"},"
		"{\"localIdentifier\":\"FHIR\",\"uri\":\"http://hl7.org/fhir\",\"version\":\"4.0.1\"}]},", TEXT_ARGS(form_version(form, make)));
	for (size_t i = 0; i < form->n; i++) {
		const struct fill *fill = fill_of(form, i);

		if (!fill || fill->loinc || seen_before(form, i, false))
			continue;
		if (!codes)
			buffer_lit(&out, "\"codeSystems\":{\"def\":[{\"name\":\"LOINC\",\"id\":\"" LOINC "\",\"accessLevel\":\"Public\"}]},\"codes\":{\"def\":[");
		write(&out, codes ? "," : "", &form->fills[i]);
		write(&out, "{\"name\":\"$\",\"id\":\"$\",\"accessLevel\":\"Public\",\"codeSystem\":{\"name\":\"LOINC\"}}", &form->fills[i]);
		codes = true;
	}
	if (codes)
		buffer_lit(&out, "]},");
	buffer_lit(&out, "\"contexts\":{\"def\":[{\"name\":\"Patient\"}]},\"statements\":{\"def\":[{\"name\":\"Patient\",\"context\":\"Patient\",\"expression\":"
		"{\"type\":\"SingletonFrom\",\"operand\":{\"type\":\"Retrieve\",\"dataType\":\"{http://hl7.org/fhir}Patient\","
		"\"templateId\":\"http://hl7.org/fhir/StructureDefinition/Patient\"}}}");
	for (size_t i = 0; i < form->n; i++) {
		const struct fill *fill = fill_of(form, i);

		if (!fill || seen_before(form, i, true))
			continue;
		buffer_lit(&out, ",{\"name\":\"");
		write(&out, fill->name, &form->fills[i]);
		buffer_lit(&out, "\",\"context\":\"Patient\",\"accessLevel\":\"Public\",\"expression\":");
		write(&out, fill->elm, &form->fills[i]);
		buffer_add_char(&out, '}');
	}
	buffer_lit(&out, "]}}}");
	return make_written(make, &out);
}

static void add_content(struct fhir_library *library, const char *type, struct text body, struct make *make)
{
	struct fhir_attachment *content = make_push(make, library->content, library->content_n);
	struct buffer data;

	buffer_init(&data, make->arena, body.n / 3 * 4 + 8);
	base64_write(body.at, body.n, &data);
	content->content_type = text_of(type);
	content->data = make_written(make, &data);
}

struct fhir_library *form_library(const struct question_form *form, struct make *make)
{
	struct fhir_library *out;

	if (!any(form))
		return NULL;
	out = make_new(make, struct fhir_library);
	out->url = library_url(form, make);
	out->version = form_version(form, make);
	out->name = text_lit(NAME);
	out->title = form->header->title;
	out->status = text_lit("active");
	out->type = make_concept(make, "http://terminology.hl7.org/CodeSystem/library-type", text_lit("logic-library"), TEXT_NONE);
	out->description = text_lit("What a record system can fill in before the questions are asked.");
	add_content(out, "text/cql", cql_of(form, make), make);
	add_content(out, "application/elm+json", elm_of(form, make), make);
	return out;
}
