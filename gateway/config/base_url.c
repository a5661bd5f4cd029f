/* SPDX-License-Identifier: Apache-2.0 */
/* The address by which clients reach this gateway, as far as the configuration tells. */
#include "gateway/config/base_url.h"

#define DEFAULT_LISTEN "127.0.0.1:8080"

struct text config_base_url(const struct config *config, const char *path, struct make *make)
{
	if (config->public_url.n)
		return make_text(make, config->public_url, text_of(path), TEXT_NONE);
	return make_text(make, text_lit("http://"), config->listen.n ? config->listen : text_lit(DEFAULT_LISTEN), text_of(path));
}
