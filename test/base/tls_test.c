/* SPDX-License-Identifier: Apache-2.0 */
/* Handshakes over a socketpair against OpenSSL's own client, with certificates made on the spot. */
#include "base/tls.h"
#include "test/case.h"
#include "test/certificate.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Both ends of a connection, with a client of at most `version` that offers `ciphers` for TLS 1.2. */
struct pair {
	struct files files;
	int ends[2];
	struct tls_server *server;
	struct tls *tls;
	SSL_CTX *context;
	SSL *client;
};

static void pair_open(struct pair *pair, int version, const char *ciphers)
{
	struct fault fault;

	make_files(&pair->files);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair->ends), 0);
	cr_assert(tls_server_new(pair->files.certificate, pair->files.key, &pair->server, &fault));
	pair->tls = tls_accept(pair->server, pair->ends[0]);
	pair->context = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_security_level(pair->context, 0);
	SSL_CTX_set_min_proto_version(pair->context, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(pair->context, version);
	if (ciphers)
		cr_assert(SSL_CTX_set_cipher_list(pair->context, ciphers));
	SSL_CTX_set_alpn_protos(pair->context, (const unsigned char *)"\x02h2\x08http/1.1", 12);
	pair->client = SSL_new(pair->context);
	SSL_set_fd(pair->client, pair->ends[1]);
	SSL_set_connect_state(pair->client);
}

static void pair_close(struct pair *pair)
{
	tls_free(pair->tls);
	tls_server_free(pair->server);
	SSL_free(pair->client);
	SSL_CTX_free(pair->context);
	close(pair->ends[0]);
	close(pair->ends[1]);
	remove_files(&pair->files);
}

/* Lets both sides go on until the client is through or the server gives up. */
static enum tls_state shake(struct pair *pair)
{
	enum tls_state state = TLS_WANT_READ;

	for (int i = 0; i < 20 && state == TLS_WANT_READ; i++) {
		char byte;
		size_t done;

		SSL_do_handshake(pair->client);
		state = tls_read(pair->tls, &byte, 1, &done);
		if (SSL_is_init_finished(pair->client))
			break;
	}
	return state;
}

static void talks(int version, const char *ciphers)
{
	struct pair pair;
	char bytes[64];
	size_t done, sent;
	const unsigned char *protocol;
	unsigned protocol_n;

	pair_open(&pair, version, ciphers);
	cr_assert_eq(shake(&pair), TLS_WANT_READ);
	cr_assert_eq(SSL_version(pair.client), version);
	SSL_get0_alpn_selected(pair.client, &protocol, &protocol_n);
	cr_expect(protocol_n == 8 && memcmp(protocol, "http/1.1", 8) == 0);

	cr_assert(SSL_write_ex(pair.client, "question", 8, &sent));
	cr_assert_eq(tls_read(pair.tls, bytes, 3, &done), TLS_OK);
	cr_expect(done == 3 && memcmp(bytes, "que", 3) == 0);
	cr_expect_eq(tls_waiting(pair.tls), 5);
	cr_assert_eq(tls_read(pair.tls, bytes, sizeof(bytes), &done), TLS_OK);
	cr_expect(done == 5 && memcmp(bytes, "stion", 5) == 0);
	cr_expect_eq(tls_waiting(pair.tls), 0);
	cr_expect_eq(tls_read(pair.tls, bytes, sizeof(bytes), &done), TLS_WANT_READ);

	cr_assert_eq(tls_write(pair.tls, "answer", 6, &done), TLS_OK);
	cr_expect_eq(done, 6);
	cr_assert(SSL_read_ex(pair.client, bytes, sizeof(bytes), &done));
	cr_expect(done == 6 && memcmp(bytes, "answer", 6) == 0);

	SSL_shutdown(pair.client);
	cr_expect_eq(tls_read(pair.tls, bytes, sizeof(bytes), &done), TLS_CLOSED);
	tls_shutdown(pair.tls);
	pair_close(&pair);
}

CASE(tls, speaks_1_3)
{
	talks(TLS1_3_VERSION, NULL);
}

CASE(tls, speaks_1_2_with_forward_secrecy_and_aead)
{
	talks(TLS1_2_VERSION, NULL);
}

CASE(tls, refuses_what_is_old)
{
	static const struct {
		int version;
		const char *ciphers;
	} rows[] = {
		{ TLS1_1_VERSION, NULL },
		{ TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA256" }, /* CBC */
		{ TLS1_2_VERSION, "AES128-GCM-SHA256" },         /* no forward secrecy */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct pair pair;

		pair_open(&pair, rows[i].version, rows[i].ciphers);
		cr_expect_eq(shake(&pair), TLS_BROKEN, "row %zu", i);
		tls_shutdown(pair.tls); /* must be harmless now */
		pair_close(&pair);
	}
}

CASE(tls, takes_no_bytes_that_are_not_tls)
{
	struct pair pair;
	char byte;
	size_t done;

	pair_open(&pair, TLS1_3_VERSION, NULL);
	cr_assert_eq(write(pair.ends[1], "GET / HTTP/1.1\r\n\r\n", 18), 18);
	cr_expect_eq(tls_read(pair.tls, &byte, 1, &done), TLS_BROKEN);
	pair_close(&pair);
}

CASE(tls, says_write_when_the_socket_is_full)
{
	struct pair pair;
	static char bytes[1 << 20];
	enum tls_state state;
	size_t done;

	pair_open(&pair, TLS1_3_VERSION, NULL);
	cr_assert_eq(shake(&pair), TLS_WANT_READ);
	do
		state = tls_write(pair.tls, bytes, sizeof(bytes), &done);
	while (state == TLS_OK);
	cr_expect_eq(state, TLS_WANT_WRITE);
	pair_close(&pair);
}

CASE(tls, says_which_file_is_unusable)
{
	struct files files;
	struct tls_server *server;
	struct fault fault;

	make_files(&files);
	cr_expect_not(tls_server_new("/nowhere/cert.pem", files.key, &server, &fault));
	cr_expect(fault.code == FAULT_CONFIG && strcmp(fault.path, "certificate") == 0);
	cr_expect_not(tls_server_new(files.key, files.key, &server, &fault));
	cr_expect_str_eq(fault.path, "certificate");
	cr_expect_not(tls_server_new(files.certificate, files.certificate, &server, &fault));
	cr_expect_str_eq(fault.path, "key");
	cr_expect_not(tls_server_new(files.certificate, files.other_key, &server, &fault));
	cr_expect_str_eq(fault.path, "key");
	cr_expect_not(tls_server_new(files.certificate, files.locked_key, &server, &fault));
	cr_expect_str_eq(fault.path, "key");
	cr_expect(tls_server_new(files.certificate, files.key, &server, &fault));
	tls_server_free(server);
	tls_server_free(NULL);
	remove_files(&files);
}
