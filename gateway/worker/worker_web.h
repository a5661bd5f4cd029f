/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that have their question in method, path and query, as the worker answers them: a table of routes, each with the function that
   answers it. A part of the gateway that serves such requests has a table of its own, and a line in worker_web.c. */
#pragma once

#include "base/query.h"
#include "gateway/edge/problem.h"
#include "gateway/worker/worker.h"

enum { WEB_PARTS_MAX = 4 }; /* {...} in the path of a route */

/* What a route may need beside a scope: nothing, when it holds nothing of a patient; or a token that a client signed for this CDS service. */
#define WEB_OPEN "open"
#define WEB_CDS "cds"

struct web;

struct web_route {
	enum family family;
	const char *method; /* GET POST PUT DELETE */
	const char *path;   /* "/formulary/v1/plans/{plan}": {...} stands for any one segment that is not empty */
	/* Answers with web_answer and returns true, or says why not: the refusal is then written in the form of the family. */
	bool (*serve)(struct web *web, struct fault *fault);
	const char *doc;
	/* What the access token of a request at /fhir must allow, such as "Claim.c", or WEB_OPEN, or WEB_CDS. Without it nobody may ask: the edge looks here.
	   Routes at /formulary have none: those are for anybody. */
	const char *need;
};

/* One request in hand. */
struct web {
	struct worker *worker;
	const struct input *input;
	struct now now;
	struct outbox *out;
	struct arena *arena; /* of the request: the worker's */
	enum family family;
	const struct web_route *route;
	struct web_request request;
	struct query query;
	struct text parts[WEB_PARTS_MAX]; /* what stands for each {...}, escapes undone */
	bool in_body; /* the path of a fault leads into a JSON body */
	int refused; /* status of the refusal when it is not the one of the fault table; 0: it is */
};

/* What goes back; the body stands in the arena of the outbox. */
struct web_answer {
	int status; /* 0: 200 */
	const char *media;
	struct text body;
	struct text etag, location;
	int64_t cache_s;        /* as in the envelope */
	enum fault_code fault;  /* that the body tells of; FAULT_NONE: none */
};
/* One answer to the request. With an etag that If-None-Match lists it becomes 304 without the body. A body that did not fit its buffer
   (TEXT_NONE) is FAULT_TOO_LARGE. */
bool web_answer(struct web *web, const struct web_answer *answer, struct fault *fault) fault_check;

/* A REQUEST of a family that is not of NCPDP. */
void worker_web(struct worker *worker, const struct input *input, enum family family, struct now now, struct outbox *out);
/* The route for this method (HEAD: that of GET) and path; NULL when there is none. */
const struct web_route *worker_web_find(enum family family, struct text method, struct text path);
/* The routes of the n-th table; NULL after the last. For the manual, and for what tells clients what is served. */
const struct web_route *worker_web_routes(size_t table, size_t *n);

/* -- worker_metadata.c -- */
extern const struct web_route metadata_routes[];
extern const size_t metadata_routes_n;

/* -- worker_formulary.c -- */
extern const struct web_route formulary_routes[];
extern const size_t formulary_routes_n;

/* -- worker_carin.c -- */
extern const struct web_route carin_routes[];
extern const size_t carin_routes_n;

/* -- worker_dtr.c -- */
extern const struct web_route dtr_routes[];
extern const size_t dtr_routes_n;

/* -- worker_pas.c -- */
extern const struct web_route pas_routes[];
extern const size_t pas_routes_n;
/* -- worker_pdex.c -- */
extern const struct web_route pdex_routes[];
extern const size_t pdex_routes_n;
/* Whether a path at /fhir is one of this table. */
bool worker_pdex_serves(struct text path);

/* -- worker_notify.c -- */
extern const struct web_route notify_routes[];
extern const size_t notify_routes_n;

/* -- worker_cds.c -- */
extern const struct web_route cds_routes[];
extern const size_t cds_routes_n;

/* -- worker_route_web.c -- */
extern const struct web_route route_routes[];
extern const size_t route_routes_n;
