/* SPDX-License-Identifier: Apache-2.0 */
/* What a SCRIPT request says that a PAS claim has no place for: found by walking the message, so that a new row is a loss until
   someone carries it over. */
#include "fhir-bridge/claim_parts.h"

#include <stdio.h>
#include <string.h>

/* Paths below the body's message that fhir_claim_of carries over, with all that is below them. */
static const char *const carried[] = {
	"PAReferenceID",
	"PAPriorityIndicator",
	"BenefitsCoordination/PayerIdentification",
	"BenefitsCoordination/PayerName",
	"BenefitsCoordination/CardholderID",
	"BenefitsCoordination/GroupID",
	"BenefitsCoordination/PatientRelationship",
	"BenefitsCoordination/PersonCode",
	"BenefitsCoordination/GroupName",
	"BenefitsCoordination/Address",
	"BenefitsCoordination/CommunicationNumbers",
	"BenefitsCoordination/PBMMemberID",
	"Patient/HumanPatient/Identification",
	"Patient/HumanPatient/Name",
	"Patient/HumanPatient/FormerName",
	"Patient/HumanPatient/Gender",
	"Patient/HumanPatient/DateOfBirth",
	"Patient/HumanPatient/Address",
	"Patient/HumanPatient/CommunicationNumbers",
	"Prescriber/NonVeterinarian/Identification",
	"Prescriber/NonVeterinarian/Specialty",
	"Prescriber/NonVeterinarian/PracticeLocation/BusinessName",
	"Prescriber/NonVeterinarian/Name",
	"Prescriber/NonVeterinarian/FormerName",
	"Prescriber/NonVeterinarian/Address",
	"Prescriber/NonVeterinarian/CommunicationNumbers",
	"Prescriber/NonVeterinarian/PrescriberPlaceOfService",
	"MedicationPrescribed/DrugDescription",
	"MedicationPrescribed/Quantity",
	"MedicationPrescribed/DaysSupply",
	"MedicationPrescribed/Diagnosis/Primary",
	"MedicationPrescribed/Diagnosis/Secondary",
	/* of a question set the answers and the comment travel; its questions and deadline are the payer's own */
	"Request/SolicitedModel",
	"Request/UnSolicitedModel",
};

/* Rows that never travel, wherever they stand. */
static const char *const left_out[] = {
	"SupportsSMS",
	"SeeTransactionLevelAttachmentControlNumber",
	"Attachment",
};

enum { PATH_MAX_BYTES = 400 };

struct walk {
	struct claim_making *making;
	struct loss *loss;
	const char *name; /* of the message */
	char path[PATH_MAX_BYTES];
	size_t n;
};

static bool below_one_of(const char *path, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t length = strlen(list[i]);

		if (strncmp(path, list[i], length) == 0 && (path[length] == '\0' || path[length] == '/'))
			return true;
	}
	return false;
}

static bool is_left_out(struct text name)
{
	for (size_t i = 0; i < sizeof(left_out) / sizeof(*left_out); i++)
		if (text_is(name, left_out[i]))
			return true;
	return false;
}

/* Codes whose kind decides whether they have a place. */
static bool kind_carried(const struct field *field, const void *rec)
{
	if (field->of == &product_code_record)
		return text_is((*(struct product_code **)field_at(field, rec))->qualifier, "ND");
	if (field->of == &drug_db_code_record)
		return text_in_list((*(struct drug_db_code **)field_at(field, rec))->qualifier, "SCD SBD GPK BPK");
	return false;
}

/* Only those payer types that Source of Payment Typology knows travel as Coverage.type. */
static bool payer_type_carried(const struct field *field, const void *rec)
{
	return text_is(field->wire, "PayerType") && text_in_list(*(struct text *)field_at(field, rec), "A B C D E H");
}

static void add_loss(struct walk *walk)
{
	struct make *make = &walk->making->make;
	struct text head = make_text(make, text_lit("Body/"), text_of(walk->name), text_lit("/"));

	loss_once(walk->loss, make, make_text(make, head, text_of(walk->path), TEXT_NONE));
}

static void walk_record(struct walk *walk, const struct record *record, const void *rec, bool inside);

/* One coverage is asked; the others are lost as a whole. */
static void walk_list(struct walk *walk, const struct field *field, const void *rec, bool inside)
{
	for (size_t i = 0; i < *field_count_at(field, rec); i++) {
		const void *item = *(char **)field_at(field, rec) + i * field->of->size;

		if (field->of == &benefits_coordination_record && item != walk->making->benefits)
			add_loss(walk);
		else
			walk_record(walk, field->of, item, inside);
	}
}

static void walk_field(struct walk *walk, const struct field *field, const void *rec, bool inside)
{
	size_t length = walk->n;
	struct text name = field_name(field);
	bool here;

	if (!field_there(field, rec))
		return;
	walk->n += (size_t)snprintf(walk->path + length, sizeof(walk->path) - length, "%s%.*s", length ? "/" : "",
		TEXT_ARGS(name));
	if (walk->n >= sizeof(walk->path))
		walk->n = sizeof(walk->path) - 1;
	here = inside || below_one_of(walk->path, carried, sizeof(carried) / sizeof(*carried)) || kind_carried(field, rec) ||
	       payer_type_carried(field, rec);
	if (is_left_out(name))
		add_loss(walk);
	else if (field->kind == FIELD_GROUP)
		walk_record(walk, field->of, *(void **)field_at(field, rec), here);
	else if (field->kind == FIELD_LIST)
		walk_list(walk, field, rec, here);
	else if (!here)
		add_loss(walk);
	walk->n = length;
	walk->path[length] = '\0';
}

static void walk_record(struct walk *walk, const struct record *record, const void *rec, bool inside)
{
	for (size_t i = 0; i < record->n; i++)
		walk_field(walk, &record->fields[i], rec, inside);
}

void claim_losses(struct claim_making *making, const struct record *record, const void *message, const char *name,
	struct loss *loss)
{
	struct walk walk = { .making = making, .loss = loss, .name = name };

	walk_record(&walk, record, message, false);
}
