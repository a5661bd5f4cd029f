/* SPDX-License-Identifier: Apache-2.0 */
/* The documents of a SCRIPT request, whole, as DocumentReferences that the claim points to. */
#include "fhir-bridge/script/claim_parts.h"

#include <stdio.h>

/* X12 codes are named by their list; the lists themselves need a licence and are unverified here. */
#define REPORT_SUPPORTING "77" /* 755: support data for verification */
#define TRANSMITTED "EL"       /* 756: electronically only */

#define NOTE "34109-9"         /* LOINC: note; SCRIPT says what a document is for people only */

/* Image types have another name in NCPDP. */
static const struct {
	const char *ncpdp, *fhir;
} media[] = {
	{ "application/jpeg", "image/jpeg" },
	{ "application/tiff", "image/tiff" },
	{ "application/png", "image/png" },
};

static struct text media_type(struct text ncpdp)
{
	for (size_t i = 0; i < sizeof(media) / sizeof(*media); i++)
		if (text_is(ncpdp, media[i].ncpdp))
			return text_of(media[i].fhir);
	return ncpdp;
}

struct text fhir_media_of_script(struct text fhir)
{
	for (size_t i = 0; i < sizeof(media) / sizeof(*media); i++)
		if (text_is(fhir, media[i].fhir))
			return text_of(media[i].ncpdp);
	return fhir;
}

static struct text number(struct make *make, size_t n)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%zu", n);
	return make_text(make, text_of(digits), TEXT_NONE, TEXT_NONE);
}

struct fhir_supporting_info *claim_information(struct make *make, struct fhir_claim *claim, const char *category)
{
	struct fhir_supporting_info *info = make_push(make, claim->supporting_info, claim->supporting_info_n);

	info->sequence = number(make, claim->supporting_info_n);
	info->category = make_concept(make, PAS_TEMP_CODES, text_of(category), TEXT_NONE);
	return info;
}

void claim_document_information(struct make *make, struct fhir_supporting_info *info, struct text control_number)
{
	struct fhir_extension *extension, *part;

	extension = make_extension(make, &info->extension, &info->extension_n, PAS "extension-documentInformation");
	part = make_extension(make, &extension->extension, &extension->extension_n, "reportTypeCode");
	part->concept = make_concept(make, X12("755"), text_lit(REPORT_SUPPORTING), TEXT_NONE);
	part = make_extension(make, &extension->extension, &extension->extension_n, "transmissionMethod");
	part->concept = make_concept(make, X12("756"), text_lit(TRANSMITTED), TEXT_NONE);
	if (text_there(control_number))
		make_extension(make, &extension->extension, &extension->extension_n, "controlNumber")->string = control_number;
}

/* question_id: whose answer it is; TEXT_NONE: it came with the message as a whole. */
static void add_document(struct claim_making *making, struct fhir_claim *claim, const struct attachment *from, struct text question_id)
{
	struct make *make = &making->make;
	struct fhir_document_reference *document = make_new(make, struct fhir_document_reference);
	struct fhir_supporting_info *info = claim_information(make, claim, "additionalInformation");
	struct fhir_document_content *content;
	struct text url;
	char kind[48];

	snprintf(kind, sizeof(kind), "DocumentReference/%zu", making->bundle->entry_n);
	make_entry(make, making->bundle, kind, &document->id, &url)->document_reference = document;
	info->reference = make_reference(make, url);
	claim_document_information(make, info, from->control_number);
	document->meta = make_meta(make, PAS "profile-documentreference");
	make_identifier(make, &document->identifier, &document->identifier_n, SYSTEM_OURS "QuestionID", question_id);
	document->status = text_lit("current");
	document->type = make_concept(make, "http://loinc.org", text_lit(NOTE), TEXT_NONE);
	*make_push(make, document->category, document->category_n) =
		*make_concept(make, "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category", text_lit("clinical-note"), TEXT_NONE);
	document->subject = make_reference(make, making->patient);
	document->description = from->source;
	content = make_push(make, document->content, document->content_n);
	content->attachment = make_new(make, struct fhir_attachment);
	content->attachment->content_type = media_type(from->mime_type);
	content->attachment->data = from->data;
}

/* The document that was given in the place of an answer. */
const struct attachment *claim_answer_document(const struct answered_type *type, size_t i)
{
	if (type->select)
		return i < type->select->answers_n && type->select->answers[i].by_code ? type->select->answers[i].by_code->attachment : NULL;
	if (type->date)
		return type->date->answer && type->date->answer->by_code ? type->date->answer->by_code->attachment : NULL;
	if (type->numeric)
		return type->numeric->answer && type->numeric->answer->by_code ? type->numeric->answer->by_code->attachment : NULL;
	return type->free_text && type->free_text->answer && type->free_text->answer->by_code ? type->free_text->answer->by_code->attachment : NULL;
}

void claim_documents(struct claim_making *making, struct fhir_claim *claim)
{
	const struct pa_request *request = making->request->body->pa_request;

	if (request && request->attachment)
		add_document(making, claim, request->attachment, TEXT_NONE);
	for (size_t i = 0; making->set && i < making->set->questions_n; i++) {
		const struct answered_question *question = &making->set->questions[i];
		size_t answers = question->type->select ? question->type->select->answers_n : 1;

		for (size_t k = 0; k < answers; k++) {
			const struct attachment *document = claim_answer_document(question->type, k);

			if (document)
				add_document(making, claim, document, question->question_id);
		}
	}
}
