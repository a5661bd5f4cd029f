/* SPDX-License-Identifier: Apache-2.0 */
/* A self-signed certificate for "localhost" with its key, and two keys that do not fit, made on the spot. */
#pragma once

struct files {
	char folder[64], certificate[80], key[80], other_key[80], locked_key[80];
};

void make_files(struct files *files);
void remove_files(const struct files *files);
