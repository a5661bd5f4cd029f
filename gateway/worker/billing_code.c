/* SPDX-License-Identifier: Apache-2.0 */
/* Which product of a plan a billing code stands for, by the crosswalks that are loaded. */
#include "gateway/worker/worker.h"

#include "formulary/hcpcs.h"
#include "formulary/ndc.h"

enum { PRODUCTS_MAX = 20 /* of one code that are looked up */ };

bool worker_billed_product(const struct worker *worker, const struct worker_order *order, struct text code, struct arena *arena,
	struct billed_product *out, struct fault *fault)
{
	struct text plan = formulary_plan(worker->formulary, order->payer.bin, order->payer.pcn, order->payer.group), policy = TEXT_NONE;
	struct hcpcs_answer crosswalk;
	bool found;

	*out = (struct billed_product){ .ndc = TEXT_NONE, .one_policy = true };
	if (!text_there(plan))
		plan = order->plan;
	if (!text_there(plan) || !code.n)
		return true;
	if (!formulary_hcpcs_products(worker->formulary, code, arena, &crosswalk, &found, fault))
		return false;
	for (size_t i = 0; found && i < crosswalk.hcpcs_n; i++) {
		struct text product = crosswalk.hcpcs[i].row->other;
		struct coverage coverage = { 0 };
		bool listed = false;

		if (i == PRODUCTS_MAX) {
			out->one_policy = false; /* nobody has looked at the rest */
			break;
		}
		if (product.n != 1 + NDC_DIGITS || product.at[0] != 'N')
			continue;
		product = (struct text){ product.at + 1, NDC_DIGITS };
		if (!formulary_lookup(worker->formulary, plan, product, arena, &coverage, &listed, fault))
			return false;
		if (!listed)
			continue;
		if (!out->ndc.n) {
			out->ndc = product;
			policy = coverage.policy;
		}
		out->one_policy &= text_equal(policy, coverage.policy);
	}
	return true;
}
