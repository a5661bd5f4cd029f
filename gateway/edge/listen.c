/* SPDX-License-Identifier: Apache-2.0 */
/* From "127.0.0.1:8080" to a socket that listens there. */
#include "gateway/edge/listen.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024 }; /* connections the kernel holds for us while a step runs; a burst of all of a vendor's sites */

/* "host:port" or "[host]:port" into two C strings. */
static bool split(struct text address, char host[256], char port[8])
{
	size_t colon = address.n;
	struct text name;

	while (colon && address.at[colon - 1] != ':')
		colon--;
	if (!colon)
		return false;
	name = (struct text){ address.at, colon - 1 };
	if (name.n >= 2 && name.at[0] == '[' && name.at[name.n - 1] == ']')
		name = (struct text){ name.at + 1, name.n - 2 };
	if (!name.n || name.n > 255 || colon == address.n || address.n - colon > 5)
		return false;
	text_to_z(name, host, 256);
	text_to_z((struct text){ address.at + colon, address.n - colon }, port, 8);
	return strspn(port, "0123456789") == strlen(port);
}

bool listen_on(struct text address, const char *key, int *fd, struct fault *fault)
{
	static const struct addrinfo wanted = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
	struct addrinfo *found;
	char host[256], port[8];
	int one = 1;

	*fd = -1;
	if (!split(address, host, port) || getaddrinfo(host, port, &wanted, &found) != 0)
		return fault_set(fault, FAULT_CONFIG, key);
	for (const struct addrinfo *at = found; at && *fd < 0; at = at->ai_next) {
		*fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (*fd < 0)
			continue;
		/* A restarted edge takes its address back while connections of the old one linger in the kernel. */
		setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		/* Linux hands this on to accepted sockets, which saves a call for each. */
		setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (bind(*fd, at->ai_addr, at->ai_addrlen) != 0 || listen(*fd, BACKLOG) != 0) {
			close(*fd);
			*fd = -1;
		}
	}
	freeaddrinfo(found);
	return *fd >= 0 || fault_set(fault, FAULT_CONFIG, key);
}

char *listen_address(int fd, char *out, size_t size)
{
	struct sockaddr_storage at = { 0 };
	socklen_t n = sizeof(at);
	char host[64], port[8];

	if (getsockname(fd, (struct sockaddr *)&at, &n) != 0
		|| getnameinfo((struct sockaddr *)&at, n, host, sizeof(host), port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		snprintf(out, size, "?");
	else if (at.ss_family == AF_INET6)
		snprintf(out, size, "[%s]:%s", host, port);
	else
		snprintf(out, size, "%s:%s", host, port);
	return out;
}

size_t listen_files(size_t n)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return n;
	if (limit.rlim_cur < n) {
		limit.rlim_cur = n < limit.rlim_max ? n : limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
		getrlimit(RLIMIT_NOFILE, &limit);
	}
	return limit.rlim_cur;
}
