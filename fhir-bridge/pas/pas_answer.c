/* SPDX-License-Identifier: Apache-2.0 */
/* A payer's decision as a PAS response bundle. */
#include "fhir-bridge/pas/pas_answer.h"

#include "fhir-bridge/find.h"
#include "fhir-bridge/make.h"
#include "fhir-bridge/resolve.h"
#include "fhir-bridge/walk.h"

#include <stdio.h>

/* Which actions give an authorization that runs from one day to another (X12 306). */
#define AUTHORIZES "A1 A2 A6"
#define REPORT_SUPPORTING "77" /* X12 755: support data for verification */

static const struct {
	const char *code, *follow_up, *words;
} troubles[] = {
#define TROUBLE(name, code, follow_up, words) { code, follow_up, words },
#include "fhir-bridge/def/trouble.def"
#undef TROUBLE
};

struct answering {
	struct make make;
	const struct fhir_bundle *request;
	const struct fhir_claim *claim;
	size_t claim_at; /* its entry */
	const struct pas_answer *answer;
	enum pas_version version;
	struct resolve resolve; /* of the request */
	bool *echoed;           /* by entry of the request */
	struct fhir_bundle *bundle;
	struct fhir_claim_response *response;
};

/* -- echoes -- */

static void echo_all(struct answering *a, const struct record *record, const void *rec);

/* The resource a reference means, and whatever it points to, goes along as it came. */
static void echo(struct answering *a, const struct fhir_reference *reference)
{
	int at = reference && reference->reference.n ? resolve_find(&a->resolve, reference->reference) : -1;
	const struct fhir_entry *entry = at < 0 ? NULL : &a->request->entry[at];
	struct fhir_held held;

	if (!entry || a->echoed[at] || entry->resource->other || entry->resource->claim)
		return;
	a->echoed[at] = true;
	*make_push(&a->make, a->bundle->entry, a->bundle->entry_n) = *entry;
	held = fhir_held(entry->resource);
	echo_all(a, held.record, held.resource);
}

static void echo_all(struct answering *a, const struct record *record, const void *rec)
{
	if (record == &fhir_reference_record)
		echo(a, rec);
	for (size_t i = 0; i < record->n; i++) {
		const struct field *field = &record->fields[i];

		if (!field->of || field->of == &fhir_resource_record || !field_there(field, rec))
			continue;
		if (field->kind == FIELD_GROUP)
			echo_all(a, field->of, *(void *const *)field_at(field, rec));
		for (size_t k = 0; field->kind == FIELD_LIST && k < *field_count_at(field, rec); k++)
			echo_all(a, field->of, *(const char *const *)field_at(field, rec) + k * field->of->size);
	}
}

/* -- items -- */

static const struct pas_line *line_of(const struct answering *a, struct text sequence)
{
	const struct pas_line *every = NULL;

	for (size_t i = 0; i < a->answer->lines_n; i++) {
		if (text_equal(a->answer->lines[i].sequence, sequence) && sequence.n)
			return &a->answer->lines[i];
		if (!text_there(a->answer->lines[i].sequence))
			every = &a->answer->lines[i];
	}
	return every;
}

static struct text add_note(struct answering *a, struct text words)
{
	struct fhir_process_note *note;
	char number[16];

	note = make_push(&a->make, a->response->process_note, a->response->process_note_n);
	snprintf(number, sizeof(number), "%zu", a->response->process_note_n);
	note->number = make_text(&a->make, text_of(number), TEXT_NONE, TEXT_NONE);
	note->text = words;
	return note->number;
}

/* One reason of several items is one note. */
static struct text add_reason(struct answering *a, struct text words)
{
	for (size_t i = 0; i < a->response->process_note_n; i++)
		if (text_equal(a->response->process_note[i].text, words))
			return a->response->process_note[i].number;
	return add_note(a, words);
}

static void add_review(struct answering *a, struct fhir_adjudication **list, size_t *n, struct text action, struct text number, struct text reason)
{
	struct make *make = &a->make;
	struct fhir_adjudication *adjudication = make_item(make, (void **)list, n, sizeof(*adjudication));
	struct fhir_extension *review, *part;

	adjudication->category = make_concept(make, HL7_CODES "adjudication", text_lit("submitted"), TEXT_NONE);
	review = make_extension(make, &adjudication->extension, &adjudication->extension_n, PAS "extension-reviewAction");
	part = make_extension(make, &review->extension, &review->extension_n, PAS "extension-reviewActionCode");
	part->concept = make_concept(make, X12("306"), action, TEXT_NONE);
	if (number.n) {
		part = make_extension(make, &review->extension, &review->extension_n, "number");
		part->string = number;
	}
	if (reason.n) {
		part = make_extension(make, &review->extension, &review->extension_n, "reasonCode");
		part->concept = make_concept(make, X12_REASONS, reason, TEXT_NONE);
	}
}

static void add_string(struct make *make, struct fhir_extension **list, size_t *n, const char *url, struct text value)
{
	if (value.n)
		make_extension(make, list, n, url)->string = value;
}

/* What stands both on an item and on what takes its place: trace numbers, dates, period. */
static void add_line_extensions(struct answering *a, struct fhir_extension **list, size_t *n, const struct fhir_item *asked, const struct pas_line *line)
{
	struct make *make = &a->make;

	for (size_t i = 0; i < asked->extension_n; i++)
		if (text_is(asked->extension[i].url, PAS "extension-itemTraceNumber"))
			*(struct fhir_extension *)make_item(make, (void **)list, n, sizeof(struct fhir_extension)) = asked->extension[i];
	if (text_in_list(line->action, AUTHORIZES))
		make_extension(make, list, n, PAS "extension-itemPreAuthIssueDate")->date = clock_format_date(a->answer->wall_ms, make->arena);
	if (line->effective_date.n || line->expiration_date.n) {
		struct fhir_extension *period = make_extension(make, list, n, PAS "extension-itemPreAuthPeriod");

		period->period = make_new(make, struct fhir_period);
		*period->period = (struct fhir_period){ line->effective_date, line->expiration_date };
	}
}

/* The payer's number of the case. The extension of 2.0.1 may only stand on the whole answer, whatever its profile says of items. */
static void add_reference(struct answering *a, struct fhir_response_item *item, struct text reference)
{
	static const char url[] = PAS "extension-administrationReferenceNumber";

	if (a->version == PAS_2_2_1)
		add_string(&a->make, &item->extension, &item->extension_n, url, reference);
	else if (!fhir_extension(a->response->extension, a->response->extension_n, url))
		add_string(&a->make, &a->response->extension, &a->response->extension_n, url, reference);
}

/* PAS 2.2.1 spec-36, spec-37 */
static void add_instead(struct answering *a, const struct fhir_item *asked, const struct pas_line *line)
{
	struct make *make = &a->make;
	struct fhir_add_item *item = make_push(make, a->response->add_item, a->response->add_item_n);

	add_line_extensions(a, &item->extension, &item->extension_n, asked, line);
	item->item_sequence = make_text(make, text_lit("["), asked->sequence, text_lit("]"));
	item->product_or_service = asked->product_or_service;
	item->modifier = asked->modifier;
	item->modifier_n = asked->modifier_n;
	item->serviced_date = asked->serviced_date;
	item->serviced_period = asked->serviced_period;
	item->location = asked->location;
	item->quantity = asked->quantity;
	if (line->instead.quantity.n) {
		item->quantity = make_new(make, struct fhir_quantity);
		if (asked->quantity)
			*item->quantity = *asked->quantity;
		item->quantity->value = line->instead.quantity;
		if (line->instead.unit.n)
			*item->quantity = (struct fhir_quantity){ .value = line->instead.quantity, .unit = line->instead.unit };
	}
	add_review(a, &item->adjudication, &item->adjudication_n, text_lit("A1"), line->number, TEXT_NONE);
}

static void add_item(struct answering *a, const struct fhir_item *asked)
{
	struct make *make = &a->make;
	static const struct pas_line cancelled = { .action = { "C", 1 } }, pended = { .action = { "A4", 2 } };
	const struct pas_line *line = line_of(a, asked->sequence);
	struct fhir_response_item *item = make_push(make, a->response->item, a->response->item_n);

	if (!line)
		line = pas_item_cancelled(asked) ? &cancelled : &pended;
	add_line_extensions(a, &item->extension, &item->extension_n, asked, line);
	add_string(make, &item->extension, &item->extension_n, PAS "extension-authorizationNumber", line->previous);
	add_reference(a, item, line->reference);
	item->item_sequence = asked->sequence;
	if (line->reason.n)
		item->note_number = make_text(make, text_lit("["), add_reason(a, line->reason), text_lit("]"));
	add_review(a, &item->adjudication, &item->adjudication_n, line->action, line->number, line->reason_code);
	if (a->version == PAS_2_2_1 && text_is(line->action, "A6"))
		add_instead(a, asked, line);
}

/* -- the answer around them -- */

static struct text part_of(const struct fhir_extension *extension, const char *name)
{
	const struct fhir_extension *part = extension ? fhir_extension(extension->extension, extension->extension_n, name) : NULL;

	return part ? part->string : TEXT_NONE;
}

static void add_transmission(struct answering *a)
{
	/* who sent receives */
	static const char *const turned[][2] = { { "applicationSenderCode", "applicationReceiverCode" },
		{ "applicationReceiverCode", "applicationSenderCode" }, { "interchangeSenderID", "interchangeReceiverID" },
		{ "interchangeReceiverID", "interchangeSenderID" } };
	const struct fhir_extension *ids = fhir_extension(a->claim->extension, a->claim->extension_n, PAS "extension-TransmissionIdentifiers");
	struct fhir_extension *extension;

	if (!ids)
		return;
	extension = make_extension(&a->make, &a->response->extension, &a->response->extension_n, PAS "extension-TransmissionIdentifiers");
	for (size_t i = 0; i < sizeof(turned) / sizeof(*turned); i++)
		add_string(&a->make, &extension->extension, &extension->extension_n, turned[i][0], part_of(ids, turned[i][1]));
}

static void add_reviewer(struct answering *a)
{
	struct fhir_extension *extension, *flag;

	if (a->answer->reviewer == PAS_REVIEWER_NOT_SAID)
		return;
	extension = make_extension(&a->make, &a->response->extension, &a->response->extension_n, PAS "extension-claimResponseReviewer");
	flag = make_extension(&a->make, &extension->extension, &extension->extension_n, "wasHumanReviewedFlag");
	flag->boolean = a->answer->reviewer == PAS_REVIEWED_BY_PERSON ? text_lit("true") : text_lit("false");
}

/* The period of the whole is said when all that is authorized has the same. */
static void add_period(struct answering *a)
{
	const struct pas_line *first = NULL;

	for (size_t i = 0; i < a->answer->lines_n; i++) {
		const struct pas_line *line = &a->answer->lines[i];

		if (!text_in_list(line->action, AUTHORIZES))
			continue;
		if (first && (!text_equal(line->effective_date, first->effective_date) || !text_equal(line->expiration_date, first->expiration_date)))
			return;
		first = line;
	}
	if (!first || (!first->effective_date.n && !first->expiration_date.n))
		return;
	a->response->pre_auth_period = make_new(&a->make, struct fhir_period);
	*a->response->pre_auth_period = (struct fhir_period){ first->effective_date, first->expiration_date };
}

static void add_errors(struct answering *a)
{
	struct make *make = &a->make;

	a->response->outcome = text_lit("error");
	for (size_t i = 0; i < a->answer->errors_n; i++) {
		const struct pas_error *from = &a->answer->errors[i];
		struct fhir_response_error *error = make_push(make, a->response->error, a->response->error_n);
		struct fhir_extension *extension;
		struct text words = from->words.n ? from->words : text_of(troubles[from->trouble].words);

		extension = make_extension(make, &error->extension, &error->extension_n, PAS "extension-errorFollowupAction");
		extension->concept = make_concept(make, X12("889"), text_of(troubles[from->trouble].follow_up), TEXT_NONE);
		if (a->version == PAS_2_2_1)
			add_string(make, &error->extension, &error->extension_n, PAS "extension-errorPath", from->path);
		error->code = make_concept(make, X12("901"), text_of(troubles[from->trouble].code), TEXT_NONE);
		error->code->text = words;
		add_note(a, words);
	}
}

static const struct fhir_item *item_of(const struct answering *a, struct text sequence)
{
	for (size_t i = 0; i < a->claim->item_n; i++)
		if (text_equal(a->claim->item[i].sequence, sequence))
			return &a->claim->item[i];
	return NULL;
}

/* The number that the answer to a question goes by: the item's trace number, which DTR takes as its context (PAS 2.2.1 ainfo-3); else the claim's. */
static const struct fhir_identifier *question_number(const struct answering *a, const struct fhir_item *item)
{
	const struct fhir_extension *trace =
		item ? fhir_extension(item->extension, item->extension_n, PAS "extension-itemTraceNumber") : NULL;

	if (trace && trace->identifier)
		return trace->identifier;
	return a->claim->identifier_n ? &a->claim->identifier[0] : NULL;
}

static void add_question(struct answering *a, size_t i)
{
	struct make *make = &a->make;
	const struct pas_question *from = &a->answer->questions[i];
	struct fhir_communication_request *request = make_new(make, struct fhir_communication_request);
	const struct fhir_item *item = item_of(a, from->sequence);
	const struct fhir_identifier *number = question_number(a, item);
	struct fhir_communication_payload *payload;
	char kind[48];
	struct text url;

	snprintf(kind, sizeof(kind), "CommunicationRequest/%zu", i);
	make_entry(make, a->bundle, kind, &request->id, &url)->communication_request = request;
	request->meta = make_meta(make, PAS "profile-communicationrequest");
	if (item)
		make_extension(make, &request->extension, &request->extension_n, PAS "extension-serviceLineNumber")->positive = item->sequence;
	if (number)
		*make_push(make, request->identifier, request->identifier_n) = *number;
	request->status = text_lit("active");
	*make_push(make, request->category, request->category_n) = *make_concept(make, X12("755"), text_lit(REPORT_SUPPORTING), TEXT_NONE);
	payload = make_push(make, request->payload, request->payload_n);
	payload->string = from->loinc;
	request->requester = a->claim->insurer;
	*make_push(make, a->response->communication_request, a->response->communication_request_n) = *make_reference(make, url);
}

static void fill_response(struct answering *a)
{
	struct make *make = &a->make;
	struct fhir_claim_response *response = a->response;

	response->meta = make_meta(make, PAS "profile-claimresponse");
	if (a->version == PAS_2_2_1) {
		add_transmission(a);
		add_reviewer(a);
	}
	make_identifier(make, &response->identifier, &response->identifier_n, SYSTEM_OURS "decision", a->answer->identifier);
	response->status = text_lit("active");
	response->type = a->claim->type;
	response->use = text_lit("preauthorization");
	response->patient = a->claim->patient;
	response->created = clock_format(a->answer->wall_ms, false, make->arena);
	response->insurer = a->claim->insurer;
	response->requestor = a->claim->provider;
	response->request = make_reference(make, a->request->entry[a->claim_at].full_url);
	response->outcome = text_lit("complete");
	if (a->answer->errors_n) {
		add_errors(a);
		return;
	}
	add_period(a);
	for (size_t i = 0; i < a->claim->item_n; i++)
		add_item(a, &a->claim->item[i]);
	if (!a->claim->item_n) /* an update that cancels the whole authorization may come without items */
		add_review(a, &response->adjudication, &response->adjudication_n, line_of(a, TEXT_NONE) ? line_of(a, TEXT_NONE)->action : text_lit("C"),
			TEXT_NONE, TEXT_NONE);
	if (a->answer->note.n)
		add_note(a, a->answer->note);
}

struct fhir_bundle *pas_answer_of(const struct fhir_bundle *request, const struct pas_answer *answer, enum pas_version version, struct arena *arena)
{
	struct answering a = { .request = request, .answer = answer, .version = version };
	struct text url;

	while (a.claim_at < request->entry_n && !request->entry[a.claim_at].resource->claim)
		a.claim_at++;
	if (a.claim_at == request->entry_n)
		return NULL;
	a.claim = request->entry[a.claim_at].resource->claim;
	if (!a.claim->insurer)
		return NULL;
	a.echoed = arena_alloc(arena, request->entry_n * sizeof(*a.echoed));
	if (!a.echoed || !resolve_init(&a.resolve, request, arena))
		return NULL;
	make_init(&a.make, arena);
	a.bundle = make_bundle(&a.make, PAS "profile-pas-response-bundle", answer->identifier, answer->wall_ms);
	a.response = make_new(&a.make, struct fhir_claim_response);
	make_entry(&a.make, a.bundle, "ClaimResponse", &a.response->id, &url)->claim_response = a.response; /* 2.2.1 ClaimResponseFirst */
	fill_response(&a);
	echo(&a, a.claim->patient);
	echo(&a, a.claim->insurer);
	echo(&a, a.claim->provider);
	for (size_t i = 0; !answer->errors_n && i < answer->questions_n; i++)
		add_question(&a, i);
	return make_done(&a.make) ? a.bundle : NULL;
}

struct fhir_parameters *pas_inquiry_answer_of(struct fhir_bundle *const *answers, size_t n, struct arena *arena)
{
	struct fhir_parameters *parameters;
	struct make make;

	make_init(&make, arena);
	parameters = make_new(&make, struct fhir_parameters);
	for (size_t i = 0; i < n; i++) {
		struct fhir_parameter *parameter = make_push(&make, parameters->parameter, parameters->parameter_n);
		struct fhir_claim_response *response = answers[i]->entry_n ? answers[i]->entry[0].resource->claim_response : NULL;

		if (!response) {
			(void)make_done(&make);
			return NULL;
		}
		answers[i]->meta = make_meta(&make, PAS "profile-pas-inquiry-response-bundle");
		response->meta = make_meta(&make, PAS "profile-claiminquiryresponse");
		parameter->name = text_lit("return");
		parameter->resource = make_new(&make, struct fhir_resource);
		parameter->resource->bundle = answers[i];
	}
	return make_done(&make) ? parameters : NULL;
}

void pas_write_parameters(const struct fhir_parameters *parameters, struct buffer *out)
{
	struct fhir_document document = { .parameters = (struct fhir_parameters *)parameters };

	json_write(&fhir_document_record, &document, out);
}
