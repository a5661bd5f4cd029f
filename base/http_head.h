/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of a request's head (RFC 9112 3 to 6), once all of it is there. For base/http.c. */
#pragma once

#include "base/http.h"

/* A character of a token (RFC 9110 5.6.2), of which methods and field names are made. */
bool http_token_char(char c);
/* Value of a hexadecimal digit, -1 for any other character. */
int http_hex(char c);

/* `head` is the request line and the fields with the empty line that ends them, each line ending in CR LF. Fills all of *out
   but the body. FAULT_HTTP, FAULT_METHOD, FAULT_TOO_LARGE (more fields than HTTP_HEADERS_MAX). */
bool http_head_parse(struct text head, struct http_request *out, struct fault *fault) fault_check;
/* How long the body is (RFC 9112 6.3): chunked, or body_n bytes. FAULT_HTTP when it can be read in two ways, FAULT_TOO_LARGE
   above body_max. */
bool http_head_framing(const struct http_request *request, size_t body_max, bool *chunked, size_t *body_n,
	struct fault *fault) fault_check;
