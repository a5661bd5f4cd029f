/* SPDX-License-Identifier: Apache-2.0 */
/* TLS 1.3 (and 1.2 with AEAD) on a non-blocking socket. With base/crypto.h the only home of OpenSSL. */
#pragma once

#include "base/fault.h"

struct tls_server; /* certificate and key, shared by all connections */
struct tls;        /* one connection */

/* Reads a PEM certificate chain and key. FAULT_CONFIG names which of the two is unusable. */
bool tls_server_new(const char *certificate_file, const char *key_file, struct tls_server **out,
	struct fault *fault) fault_check;
void tls_server_free(struct tls_server *server);

struct tls *tls_accept(struct tls_server *server, int fd);
void tls_free(struct tls *tls);

enum tls_state { TLS_OK, TLS_WANT_READ, TLS_WANT_WRITE, TLS_CLOSED, TLS_BROKEN };
/* Like read and write; *done is the number of bytes moved when TLS_OK. The handshake happens inside. */
enum tls_state tls_read(struct tls *tls, char *at, size_t n, size_t *done);
enum tls_state tls_write(struct tls *tls, const char *at, size_t n, size_t *done);
/* The handshake is over. */
bool tls_ready(const struct tls *tls);
/* Bytes decrypted and waiting inside, which poll cannot see. */
size_t tls_waiting(const struct tls *tls);
/* Sends close_notify as far as the socket takes it. */
void tls_shutdown(struct tls *tls);
