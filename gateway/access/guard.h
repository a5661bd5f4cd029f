/* SPDX-License-Identifier: Apache-2.0 */
/* The edge's doorkeeper: gives registered clients access tokens for signed assertions, says who a request comes from and what it may do, and
   tells clients where to ask. Everything that has no row saying otherwise is refused. */
#pragma once

#include "base/http.h"
#include "gateway/access/assertion.h"
#include "gateway/bus/family.h"
#include "gateway/bus/role.h"
#include "gateway/access/token.h"
#include "gateway/edge/web.h"

enum {
	GUARD_URL_MAX = 600,  /* bytes */
	GUARD_LINES_MAX = 50, /* log lines a second about who was not let in: a stranger must not fill the disk */
};

struct guard {
	struct arena arena; /* of the configuration in force */
	struct registry *registry;
	struct token_keys keys;
	struct seen *seen;
	struct assertion_budget budget;
	char url[GUARD_URL_MAX]; /* how clients reach us: "https://gateway.example.org" */
	char own_key[GUARD_URL_MAX * 2]; /* file with the key of tokens when none is configured; "": no file */
	struct text jwks;        /* our own public key, as a set */
	bool open;
	uint64_t given, refused; /* tokens */
	int64_t lines_second;    /* of the mono clock */
	int lines;               /* in it */
};

/* Takes a zeroed one. Reads what the configuration names; used ids, and a key of tokens when none is configured, are in
   the run directory when there is one. `config` must live until the
   next guard_configure or guard_done. Faults are the operator's: FAULT_FILE and others with the key as path. */
bool guard_start(struct guard *guard, const struct role_setup *setup, struct now now, struct fault *fault) fault_check;
/* Another configuration in place of the one before; false: all stays as it was. */
bool guard_configure(struct guard *guard, const struct config *config, struct fault *fault) fault_check;
void guard_done(struct guard *guard);

/* May this request go on to a worker? *out says who asks, in texts that live as long as the arena and the configuration. FAULT_TOKEN, FAULT_SCOPE or FAULT_HTTP when not; *challenge is then a WWW-Authenticate line, or "". */
bool guard_check(struct guard *guard, enum family family, const struct http_request *request, struct now now, struct arena *arena,
	struct caller *out, const char **challenge, struct fault *fault) fault_check;

/* The same, knowing what is needed: as in a web_route; NULL: any good token will do. */
bool guard_admit(struct guard *guard, const char *need, const struct http_request *request, struct now now, struct arena *arena,
	struct caller *out, const char **challenge, struct fault *fault) fault_check;

/* May one more line be written in this second about somebody who was not let in? The others are counted only. */
bool guard_tells(struct guard *guard, struct now now);

/* POST /oauth/token (RFC 6749 4.4, RFC 7523 2.2): fills an OUT_REPLY but for its connection. */
void guard_token(struct guard *guard, const struct http_request *request, struct text trace, struct now now, struct arena *arena, struct out *out);
/* .well-known/smart-configuration and .well-known/jwks.json; the same. */
void guard_smart_configuration(const struct guard *guard, struct arena *arena, struct out *out);
void guard_jwks(const struct guard *guard, struct arena *arena, struct out *out);

/* For /cds-services (CDS Hooks 2.0, "Trusting CDS Clients"): the request's bearer token is one that a registered client signed for this very
   service, `path` as called. As guard_check; *out names the client. */
bool cds_client_check(struct guard *guard, struct text path, const struct http_request *request, struct now now, struct arena *arena,
	struct caller *out, const char **challenge, struct fault *fault) fault_check;
