/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a message may come in: who sends it, whether we are meant, and what was agreed with that partner. */
#include "gateway/worker/worker.h"

#include "gateway/config/route.h"
#include "gateway/config/schemas.h"

enum { PARTNER_MAX = 120 }; /* characters, of case_message.partner */

/* Qualifier and id as in the configuration: "D:1234567893"; an id without qualifier stands alone. */
static struct text party(struct text qualifier, struct text id, struct arena *arena)
{
	struct buffer name;

	buffer_init(&name, arena, qualifier.n + id.n + 1);
	if (qualifier.n) {
		buffer_add(&name, qualifier);
		buffer_add_char(&name, ':');
	}
	buffer_add(&name, id);
	return buffer_text(&name);
}

static void read_parties(struct work *work)
{
	struct arena *arena = &work->worker->arena;

	if (work->family == NCPDP_SCRIPT) {
		const struct script_header *header = work->message.script->header;

		work->partner = party(header->from->qualifier, header->from->id, arena);
		work->receiver = party(header->to->qualifier, header->to->id, arena);
	} else {
		const struct rtpb_header *header = work->message.rtpb->header;

		work->partner = party(header->from->primary->qualifier, header->from->primary->identification, arena);
		work->receiver = party(header->to->primary->qualifier, header->to->primary->identification, arena);
	}
	work->known = partner_of(work->worker->partners, work->partner);
}

/* -- what each message is held to -- */

static bool short_enough(const struct work *work)
{
	return text_characters(work->partner) <= PARTNER_MAX;
}

static bool known_sender(const struct work *work)
{
	return work->known || !work->worker->config->known_only || backend_from(work->worker->config, work->partner);
}

/* What is forwarded is for somebody else; a remote backend writes to what we call ourselves before it. */
static bool for_us(const struct work *work)
{
	struct text agreed = work->known && work->known->receiver.n ? work->known->receiver : work->worker->config->receiver_id;
	const struct backend *backend = backend_from(work->worker->config, work->partner);

	if (work->forwarded || (backend && text_equal(backend->our_id, work->receiver)))
		return true;
	return !agreed.n || text_equal(agreed, work->receiver);
}

/* By the BIN and PCN of the coverage that is asked; a message without one asks about no plan. */
static bool agreed_plan(const struct work *work)
{
	struct ncpdp_coverage coverage;

	if (!work->known || !work->known->plans_n)
		return true;
	ncpdp_coverage(&work->message, &coverage);
	return (!coverage.bin.n && !coverage.pcn.n) || partner_may_use(work->known, coverage.bin, coverage.pcn);
}

static bool agreed_version(const struct work *work)
{
	return work->family != NCPDP_SCRIPT || !work->known || partner_may_send(work->known, work->message.version);
}

static const struct {
	bool (*good)(const struct work *work);
	enum fault_code fault;
	const char *script, *rtpb; /* where, in each standard */
} terms[] = {
	{ short_enough, FAULT_TOO_LONG, "Header/From", "Header/From" },
	{ known_sender, FAULT_UNKNOWN_SENDER, "Header/From", "Header/From" },
	{ for_us, FAULT_UNKNOWN_RECEIVER, "Header/To", "Header/To" },
	{ agreed_version, FAULT_NOT_AGREED, "TransactionVersion", "" },
	{ agreed_plan, FAULT_NOT_AGREED, "BenefitsCoordination/PayerIdentification", "Header/To" },
};

bool worker_admit(struct work *work, struct fault *fault)
{
	read_parties(work);
	for (size_t i = 0; i < sizeof(terms) / sizeof(*terms); i++)
		if (!terms[i].good(work))
			return fault_set(fault, terms[i].fault, work->family == NCPDP_SCRIPT ? terms[i].script : terms[i].rtpb);
	return true;
}

bool worker_fits_schema(struct work *work, struct fault *fault)
{
	return work->family != NCPDP_SCRIPT || !work->known ||
	       schemas_fit(work->worker->schemas, work->known->xsd, work->input->payload, &work->worker->arena, fault);
}
