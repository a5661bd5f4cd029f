/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that check a configuration share. */
#pragma once

#include "gateway/config/config.h"
#include "ncpdp/ncpdp.h"

struct checking {
	const struct config *config;
	const char *file; /* NULL: none */
	const struct config_file_report *report;
	struct config_problems *problems;
};

/* The line of a key, 0 when it is in none. list NULL: a key of the whole file, else of its item (from 0). time: which of several, for a
   key that may come again. */
int config_line(const struct checking *c, const char *list, size_t item, const char *key, size_t time);
/* One more problem, there. */
void config_say(struct checking *c, const char *list, size_t item, const char *key, size_t time, const char *what);

/* config_backend.c: remote backends and routes. */
void config_check_backends(struct checking *c);
/* config_payer.c: of them, what is asked in FHIR, and routes of medical coverages. */
void config_check_payer(struct checking *c, size_t backend);
void config_check_medical(struct checking *c, size_t route);
/* A client id that may stand in log lines, headers and tokens. */
bool config_client_id(struct text id);
/* config_client.c: clients, and what lets them in. */
void config_check_clients(struct checking *c);
/* An https:// address, or http:// on this host, without a user name. */
bool config_url(struct text t);
