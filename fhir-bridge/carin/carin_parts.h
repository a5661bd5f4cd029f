/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the CARIN benefit check share. */
#pragma once

#include "fhir-bridge/carin/carin.h"
#include "fhir-bridge/make.h"

#define CARIN_PROFILE(name) CARIN "StructureDefinition/" name

#define SYSTEM_NCPDP_ID "http://terminology.hl7.org/CodeSystem/NCPDPProviderIdentificationNumber"
#define SYSTEM_PHARMACY_TYPE "http://terminology.hl7.org/CodeSystem/NCPDPPharmacyType"

/* A billing unit as NCIt has it; TEXT_NONE: none that pharmacies bill in. */
struct text carin_unit(const struct fhir_quantity *quantity);
/* The billing unit that an NCIt unit is counted in, as the guide writes it. Tablets, vials and all that is not weighed or measured is counted. */
struct text carin_billing_unit(struct text ncit);

/* What one item and one addItem have in common. */
struct carin_line {
	struct fhir_extension **extension;
	size_t *extension_n;
	struct fhir_adjudication **adjudication;
	size_t *adjudication_n;
	struct text *notes; /* JSON array */
};

struct carin_making {
	struct make make;
	const struct carin_request *request;
	const struct carin_answering *how;
	const struct rtpb_response *said;
	struct fhir_bundle *bundle;
	struct fhir_claim_response *response;
	const struct pricing_and_coverage *asked; /* the pricing that the item tells; NULL: none is */
	bool echoed; /* the pharmacy that was asked about is in the bundle */
	struct pharmacy_made {
		const struct rtpb_pharmacy *pharmacy;
		struct text url;
	} *made;
	size_t made_n;
};

/* All that one price says. */
void carin_add_pricing(struct carin_making *a, const struct carin_line *line, const struct pricing_and_coverage *pricing);
/* Covered, perhaps, but nobody knows for how much: FHIR's way to say that a value that must be there is not known. */
void carin_add_unknown_total(struct carin_making *a, const struct carin_line *line);
/* The note with these words, made when it is not there yet: *notes becomes the JSON array that points to it. */
void carin_point_to_note(struct carin_making *a, struct text words, struct text *notes);
