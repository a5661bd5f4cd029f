/* SPDX-License-Identifier: Apache-2.0 */
/* The payer's decision as a PAS 2.2.1 response bundle: the ClaimResponse first, then the resources of the request that it
   points to, untouched. */
#include "fhir-bridge/fhir.h"
#include "fhir-bridge/find.h"
#include "fhir-bridge/make.h"

/* Which process note says why: the first one made. The payer's further note stands alone. */
#define REASON_NOTE "1"

static void echo(struct make *make, struct fhir_bundle *response, const struct fhir_bundle *request,
	const struct fhir_reference *reference)
{
	const struct fhir_entry *entry = fhir_find(request, reference);

	if (!entry)
		return;
	for (size_t i = 0; i < response->entry_n; i++)
		if (response->entry[i].resource == entry->resource)
			return;
	*make_push(make, response->entry, response->entry_n) = *entry;
	if (entry->resource->practitioner_role) {
		echo(make, response, request, entry->resource->practitioner_role->practitioner);
		echo(make, response, request, entry->resource->practitioner_role->organization);
	}
}

static void add_adjudication(struct make *make, struct fhir_response_item *item, const struct fhir_decision *decision)
{
	struct fhir_adjudication *adjudication = make_push(make, item->adjudication, item->adjudication_n);
	struct fhir_extension *review, *part;

	adjudication->category = make_concept(make, HL7_CODES "adjudication", text_lit("submitted"), TEXT_NONE);
	review = make_extension(make, &adjudication->extension, &adjudication->extension_n, PAS "extension-reviewAction");
	part = make_extension(make, &review->extension, &review->extension_n, PAS "extension-reviewActionCode");
	part->concept = make_concept(make, X12("306"), decision->action, TEXT_NONE);
	if (text_there(decision->preauth_ref) && !text_is(decision->action, "A4")) {
		part = make_extension(make, &review->extension, &review->extension_n, "number");
		part->string = decision->preauth_ref;
	}
}

static void fill_item(struct make *make, struct fhir_response_item *item, const struct fhir_item *asked,
	const struct fhir_decision *decision, int64_t wall_ms)
{
	const struct fhir_extension *trace = fhir_extension(asked->extension, asked->extension_n, PAS "extension-itemTraceNumber");
	struct fhir_extension *extension;

	if (trace)
		*make_push(make, item->extension, item->extension_n) = *trace;
	if (text_in_list(decision->action, "A1 A2 A6")) {
		extension = make_extension(make, &item->extension, &item->extension_n, PAS "extension-itemPreAuthIssueDate");
		extension->date = clock_format_date(wall_ms, make->arena);
	}
	if (text_there(decision->effective_date) || text_there(decision->expiration_date)) {
		extension = make_extension(make, &item->extension, &item->extension_n, PAS "extension-itemPreAuthPeriod");
		extension->period = make_new(make, struct fhir_period);
		*extension->period = (struct fhir_period){ decision->effective_date, decision->expiration_date };
	}
	/* a pended item has no authorization yet, only the payer's number of the case (PAS 2.2.1, A4) */
	if (text_there(decision->preauth_ref) && text_is(decision->action, "A4")) {
		extension = make_extension(make, &item->extension, &item->extension_n, PAS "extension-administrationReferenceNumber");
		extension->string = decision->preauth_ref;
	}
	item->item_sequence = asked->sequence;
	if (text_there(decision->reason))
		item->note_number = text_lit("[" REASON_NOTE "]");
	add_adjudication(make, item, decision);
}

static void add_note(struct make *make, struct fhir_claim_response *response, const char *number, struct text words)
{
	struct fhir_process_note *note = make_push(make, response->process_note, response->process_note_n);

	note->number = text_of(number);
	note->text = words;
}

struct fhir_bundle *fhir_response_of(const struct fhir_bundle *request, const struct fhir_decision *decision,
	struct text identifier, int64_t wall_ms, struct arena *arena)
{
	struct fhir_claim_response *response;
	struct fhir_bundle *bundle;
	struct fhir_claim_view view;
	struct make make;
	struct fault fault;
	struct text url;

	if (!fhir_claim_read(request, arena, &view, &fault) || !view.claim->insurer)
		return NULL;
	make_init(&make, arena);
	response = make_new(&make, struct fhir_claim_response);
	bundle = make_bundle(&make, PAS "profile-pas-response-bundle", identifier, wall_ms);
	make_entry(&make, bundle, "ClaimResponse", &response->id, &url)->claim_response = response; /* 2.2.1 ClaimResponseFirst */
	response->meta = make_meta(&make, PAS "profile-claimresponse");
	make_identifier(&make, &response->identifier, &response->identifier_n, SYSTEM_OURS "decision", identifier);
	response->status = text_lit("active");
	response->type = view.claim->type;
	response->use = text_lit("preauthorization");
	response->patient = view.claim->patient;
	response->created = clock_format(wall_ms, false, arena);
	response->insurer = view.claim->insurer;
	response->requestor = view.claim->provider;
	response->request = make_new(&make, struct fhir_reference);
	for (size_t i = 0; i < request->entry_n; i++)
		if (request->entry[i].resource->claim == view.claim)
			response->request->reference = request->entry[i].full_url;
	response->outcome = text_lit("complete");
	for (size_t i = 0; i < view.claim->item_n; i++)
		fill_item(&make, make_push(&make, response->item, response->item_n), &view.claim->item[i], decision, wall_ms);
	if (text_there(decision->reason))
		add_note(&make, response, REASON_NOTE, decision->reason);
	if (text_there(decision->note))
		add_note(&make, response, "2", decision->note);
	echo(&make, bundle, request, view.claim->patient);
	echo(&make, bundle, request, view.claim->insurer);
	echo(&make, bundle, request, view.claim->provider);
	return make_done(&make) ? bundle : NULL;
}
