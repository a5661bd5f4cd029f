/* SPDX-License-Identifier: Apache-2.0 */
/* The server's end of TLS: OpenSSL with the few settings that matter, behind reads and writes that never block. */
#include "base/tls.h"

#include <assert.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tls_server {
	SSL_CTX *context;
};

/* The connection is OpenSSL's own object under our name. */
static SSL *ssl_of(const struct tls *tls)
{
	return (SSL *)(uintptr_t)tls;
}

/* An encrypted key would make OpenSSL ask on the terminal; a gateway has none, so it is unusable. */
static int no_password(char *out, int size, int writing, void *nothing)
{
	(void)out, (void)size, (void)writing, (void)nothing;
	return 0;
}

/* HTTP/1.1 is all that is spoken here; a client that offers other things only goes on without ALPN (RFC 7301 3.2 leaves
   the choice to us) and finds out by itself. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_n, const unsigned char *offered,
	unsigned offered_n, void *nothing)
{
	static const unsigned char spoken[] = "\x08http/1.1";
	unsigned char *chosen;

	(void)ssl, (void)nothing;
	if (SSL_select_next_proto(&chosen, out_n, spoken, sizeof(spoken) - 1, offered, offered_n) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *context_new(void)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	bool good = context && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION)
		/* RFC 9325 4.2: forward secrecy and AEAD only; all TLS 1.3 suites are both */
		&& SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");

	if (!good) {
		fputs("dualtrack: OpenSSL cannot be set up\n", stderr);
		abort();
	}
	/* No tickets and no session cache: their keys would outlive the forward secrecy, and partners keep connections open. */
	SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
	SSL_CTX_set_num_tickets(context, 0);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	/* An idle connection gives its 34 KB of buffers back; a short write may be repeated from another address. */
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* One read(2) takes a record with its header. */
	SSL_CTX_set_read_ahead(context, 1);
	SSL_CTX_set_default_passwd_cb(context, no_password);
	SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
	return context;
}

bool tls_server_new(const char *certificate_file, const char *key_file, struct tls_server **out, struct fault *fault)
{
	SSL_CTX *context = context_new();
	const char *unusable = NULL;

	if (SSL_CTX_use_certificate_chain_file(context, certificate_file) != 1)
		unusable = "certificate";
	else if (SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM) != 1
		|| SSL_CTX_check_private_key(context) != 1)
		unusable = "key";
	ERR_clear_error();
	if (unusable) {
		SSL_CTX_free(context);
		return fault_set(fault, FAULT_CONFIG, unusable);
	}
	*out = malloc(sizeof(**out));
	if (!*out)
		abort();
	(*out)->context = context;
	return true;
}

void tls_server_free(struct tls_server *server)
{
	if (!server)
		return;
	SSL_CTX_free(server->context);
	free(server);
}

struct tls *tls_accept(struct tls_server *server, int fd)
{
	SSL *ssl = SSL_new(server->context);

	if (!ssl || !SSL_set_fd(ssl, fd)) {
		fputs("dualtrack: out of memory\n", stderr);
		abort();
	}
	SSL_set_accept_state(ssl);
	return (struct tls *)ssl;
}

void tls_free(struct tls *tls)
{
	SSL_free(ssl_of(tls));
}

static enum tls_state state_after(const struct tls *tls, int result)
{
	switch (SSL_get_error(ssl_of(tls), result)) {
	case SSL_ERROR_NONE:
		return TLS_OK;
	case SSL_ERROR_WANT_READ:
		return TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_CLOSED;
	default:
		/* After this OpenSSL must not be asked to shut the connection down in good order. */
		SSL_set_shutdown(ssl_of(tls), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
		return TLS_BROKEN;
	}
}

enum tls_state tls_read(struct tls *tls, char *at, size_t n, size_t *done)
{
	assert(n > 0);
	ERR_clear_error();
	return state_after(tls, SSL_read_ex(ssl_of(tls), at, n, done));
}

enum tls_state tls_write(struct tls *tls, const char *at, size_t n, size_t *done)
{
	assert(n > 0);
	ERR_clear_error();
	return state_after(tls, SSL_write_ex(ssl_of(tls), at, n, done));
}

bool tls_ready(const struct tls *tls)
{
	return SSL_is_init_finished(ssl_of(tls));
}

size_t tls_waiting(const struct tls *tls)
{
	int ready = SSL_pending(ssl_of(tls));

	/* With read-ahead whole records may wait undecrypted: at least one byte, as far as can be told. */
	return ready > 0 ? (size_t)ready : SSL_has_pending(ssl_of(tls)) ? 1 : 0;
}

void tls_shutdown(struct tls *tls)
{
	ERR_clear_error();
	if (SSL_is_init_finished(ssl_of(tls)) && !(SSL_get_shutdown(ssl_of(tls)) & SSL_SENT_SHUTDOWN))
		SSL_shutdown(ssl_of(tls));
	ERR_clear_error();
}
