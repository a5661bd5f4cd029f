/* SPDX-License-Identifier: Apache-2.0 */
/* Makes keys and a certificate with OpenSSL and writes them where a test wants them. */
#include "test/certificate.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test/case.h"

static FILE *create_file(const char *name)
{
	FILE *file = fopen(name, "we");

	cr_assert_not_null(file);
	return file;
}

void make_files(struct files *files)
{
	EVP_PKEY *key = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();
	FILE *file;

	strcpy(files->folder, "/tmp/dualtrack-tls-XXXXXX");
	cr_assert_not_null(mkdtemp(files->folder));
	snprintf(files->certificate, sizeof(files->certificate), "%s/cert.pem", files->folder);
	snprintf(files->key, sizeof(files->key), "%s/key.pem", files->folder);
	snprintf(files->other_key, sizeof(files->other_key), "%s/other.pem", files->folder);
	snprintf(files->locked_key, sizeof(files->locked_key), "%s/locked.pem", files->folder);
	X509_set_version(certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC, (const unsigned char *)"localhost",
		-1, -1, 0);
	X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
	X509_set_pubkey(certificate, key);
	cr_assert(X509_sign(certificate, key, EVP_sha256()));
	file = create_file(files->certificate);
	PEM_write_X509(file, certificate);
	fclose(file);
	file = create_file(files->key);
	PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
	fclose(file);
	file = create_file(files->other_key);
	PEM_write_PrivateKey(file, other, NULL, NULL, 0, NULL, NULL);
	fclose(file);
	file = create_file(files->locked_key);
	PEM_write_PrivateKey(file, key, EVP_aes_128_cbc(), (const unsigned char *)"secret", 6, NULL, NULL);
	fclose(file);
	X509_free(certificate);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
}

void remove_files(const struct files *files)
{
	unlink(files->certificate);
	unlink(files->key);
	unlink(files->other_key);
	unlink(files->locked_key);
	rmdir(files->folder);
}
