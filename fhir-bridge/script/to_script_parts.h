/* SPDX-License-Identifier: Apache-2.0 */
/* The parts that script_request_of puts a SCRIPT message together from. Shared by to_script*.c only. */
#pragma once

#include "fhir-bridge/find.h"
#include "fhir-bridge/make.h"
#include "fhir-bridge/script/to_script.h"

#define IN_BUNDLE(type) "Bundle.entry.resource.ofType(" type ")"

enum { SCRIPT_USED_MOST = 20 };

struct script_making {
	struct make make;
	const struct fhir_bundle *bundle;
	const struct script_asking *asking;
	struct pas_request request;
	const struct fhir_item *item;               /* the first that is not cancelled, else the first */
	const struct fhir_medication_request *order; /* NULL: the claim alone says what is asked */
	const struct fhir_patient *holder;  /* of the coverage, when that is another than the patient: only the name is told */
	const void *used[SCRIPT_USED_MOST]; /* resources that the message tells of: who takes part and what is asked */
	size_t used_n;
	struct loss *loss;
	struct fault *fault;
};

/* The message tells of this resource, or of this list of it. Returns what it was given. */
const void *script_use(struct script_making *m, const void *what);

/* -- to_script_values.c -- */
/* At most so many characters: what is longer is cut and named as lost; TEXT_NONE for nothing. */
struct text script_cut(struct script_making *m, struct text value, size_t most, const char *path);
/* An identifier is whole or is not there: what is longer is named as lost. */
struct text script_id(struct script_making *m, struct text value, size_t most, const char *path);
/* False, with FAULT_MISSING at this FHIRPath. */
bool script_missing(struct script_making *m, const char *path);
/* The code of a diagnosis that SCRIPT has a qualifier for; NULL: none. */
const struct fhir_coding *script_diagnosis_coding(const struct fhir_concept *concept);
struct medication *script_drug(struct script_making *m);
/* The documents that come with it: in DocumentReferences and in answers. The first that SCRIPT has a type for; others are lost. */
struct attachment *script_attachment(struct script_making *m);

/* -- to_script_parties.c: NULL with a fault when something that SCRIPT must have is not said -- */
struct patient *script_patient(struct script_making *m);
struct prescriber *script_prescriber(struct script_making *m);
struct benefits_coordination *script_benefits(struct script_making *m);
struct person_name *script_person(struct script_making *m, const struct fhir_name *from, const char *path);
struct communication_numbers *script_numbers(struct script_making *m, const struct fhir_contact *from, size_t n, const char *path);
/* Fills the members of `rec` from identifiers of their systems; how many it found. What has no member is lost. */
struct script_id_row {
	const char *member, *system;
};
size_t script_ids(struct script_making *m, const struct record *record, void *rec, const struct script_id_row *members, size_t members_n,
	const struct fhir_identifier *from, size_t n, const char *path);

/* -- to_script_places.c: NULL when it is not said -- */
void script_insurer(struct script_making *m, struct text bin, struct benefits_coordination *out);
struct person_name *script_holder(struct script_making *m);
struct text script_order_of_payment(const struct fhir_coverage *coverage);
struct practice_location *script_practice(struct script_making *m, const struct fhir_organization *from);
struct pharmacy *script_pharmacy(struct script_making *m);

