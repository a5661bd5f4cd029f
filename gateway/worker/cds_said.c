/* SPDX-License-Identifier: Apache-2.0 */
/* What our CRD service said of an order while it was written comes back with the request for authorization: the order has its coverage-information
   still, and the id in it is one that only we can make. So nothing need be stored, and nobody can make up what we said. */
#include "base/log.h"
#include "fhir-bridge/crd/coverage_info.h"
#include "fhir-bridge/find.h"
#include "gateway/worker/cds_ids.h"
#include "gateway/worker/worker_pas.h"
#include "routing/evidence.h"

struct text cds_about(struct work *work, struct text member, struct text ndc)
{
	struct text digest;

	if (!member.n || !ndc.n)
		return TEXT_NONE;
	digest = worker_digest(work, 'C', member, ndc);
	return (struct text){ digest.at, digest.n < 34 ? digest.n : 34 };
}

/* Is it an answer of ours, about this member and this drug? */
static bool ours(struct work *work, const struct fhir_extension *extension, struct text about, struct cds_assertion *out)
{
	const struct fhir_extension *id;

	if (!text_is(extension->url, COVERAGE_INFORMATION))
		return false;
	id = fhir_extension(extension->extension, extension->extension_n, "coverage-assertion-id");
	return id && id->string.n && cds_id_open(work->worker->cds_key, id->string, &work->worker->arena, out) && out->about.n &&
	       text_equal(out->about, about);
}

static bool recall(struct work *work, const struct fhir_extension *extensions, size_t n, struct text about, struct route_question *out)
{
	for (size_t i = 0; i < n; i++) {
		struct cds_assertion said;
		struct route_said *item;

		if (!ours(work, &extensions[i], about, &said) || !text_in_list(said.track, "PHARMACY MEDICAL NOT_COVERED"))
			continue;
		item = arena_push(&work->worker->arena, (void **)&out->said, &out->said_n, sizeof(*item));
		if (!item)
			return false;
		*item = (struct route_said){ .kind = text_of(evidence_row(EVIDENCE_EARLIER)->name), .member = text_lit("hint"), .value = said.track,
			.date = said.said, .citation = text_lit("coverage-information of the order") };
		log_event(LEVEL_INFO, "crd.recalled", log_id("trace", work->input->envelope->trace), log_id("track", said.track));
		return true; /* the same was said of the same drug */
	}
	return true;
}

bool cds_recall(struct work *work, const struct fhir_bundle *bundle, struct text member, struct text ndc, struct route_question *out)
{
	struct text about = cds_about(work, member, ndc);
	size_t before = out->said_n;

	for (size_t i = 0; text_there(about) && out->said_n == before && i < bundle->entry_n; i++) {
		const struct fhir_resource *resource = bundle->entry[i].resource;

		if (resource && resource->medication_request &&
			!recall(work, resource->medication_request->extension, resource->medication_request->extension_n, about, out))
			return false;
	}
	return true;
}
