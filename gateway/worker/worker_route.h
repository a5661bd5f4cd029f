/* SPDX-License-Identifier: Apache-2.0 */
/* An order that came to /route, read and decided. Shared by the files of the worker that serve it. */
#pragma once

#include "formulary/answer.h"
#include "gateway/worker/worker_web.h"

struct worker_route {
	struct work work;
	struct order_request request;
	struct route_question stated; /* what the request says, for the router */
	struct list_ids lists;
	struct worker_order order;
	struct order_answer answer;
};

/* Reads the body of the request, strictly, looks the drug up and decides; fills *out, all of it in the worker's arena. */
bool worker_route_read(struct web *web, struct worker_route *out, struct fault *fault) fault_check;
/* What would settle a track that is not settled; TEXT_NONE: nothing, or it is. */
struct text worker_route_ask(const struct route_decision *decision);

/* -- worker_preflight.c -- */
bool worker_preflight(struct web *web, struct fault *fault) fault_check;
