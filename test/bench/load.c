/* SPDX-License-Identifier: Apache-2.0 */
/* A load generator for the end-to-end bench: posts one body over kept-alive connections to 127.0.0.1, either as fast as answers come
   (closed loop) or at a fixed rate (open loop: latency counts from when a request was due, not from when it could be sent, so
   a stalled server cannot hide). Every run of sixteen '@' in the body becomes a number of its own in each request. With --bodies the
   file holds so many bodies of one length, one behind the other, which are posted in turn. With PATH "-" they are whole requests, heads and all.

	load PORT PATH BODY-FILE --connections N --seconds S [--rate R] [--count N] [--bodies N]

   prints: requests N errors N seconds S rate R p50_us N p99_us N max_us N */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	CONNECTIONS_MAX = 1024,
	ANSWER_MAX = 1 << 20,
	BUCKETS = 64 * 64, /* log-linear histogram of microseconds: 32 steps in each power of two */
	MARK_N = 16,
};

struct connection {
	int fd;
	bool busy;
	int64_t due_us;
	char *send;
	size_t sent;
	char *answer;
	size_t answer_n, answer_room;
};

static struct {
	int port;
	const char *path;
	char *head, *bodies_at;
	size_t head_n, body_n, marks[16], marks_n; /* marks: where in the first body, and so in each */
	int connections;
	double seconds, rate;
	uint64_t count, bodies;
} plan = { .connections = 16, .seconds = 5, .count = UINT64_MAX, .bodies = 1 };

static uint64_t histogram[BUCKETS], answered, errors, started, serial;
static int64_t slowest_us;
static struct connection connections[CONNECTIONS_MAX];

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static size_t bucket_of(int64_t us)
{
	uint64_t value = us < 0 ? 0 : (uint64_t)us;
	unsigned power = value < 64 ? 0 : 63 - (unsigned)__builtin_clzll(value) - 5;
	size_t bucket = power * 64 + (size_t)(value >> power);

	return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

static int64_t percentile(double share)
{
	uint64_t wanted = (uint64_t)((double)answered * share), seen = 0;

	for (size_t i = 0; i < BUCKETS; i++) {
		seen += histogram[i];
		if (seen > wanted)
			return (int64_t)((i % 64) << (i / 64));
	}
	return slowest_us;
}

static void die(const char *what)
{
	perror(what);
	exit(3);
}

static char *read_bodies(const char *name, size_t *n)
{
	FILE *in = fopen(name, "rb");
	char *bodies;
	long size = 0;

	if (!in || fseek(in, 0, SEEK_END) || (size = ftell(in)) < 0 || fseek(in, 0, SEEK_SET))
		die(name);
	bodies = malloc((size_t)size + 1);
	if (!bodies || fread(bodies, 1, (size_t)size, in) != (size_t)size)
		die(name);
	fclose(in);
	bodies[size] = '\0';
	*n = (size_t)size;
	return bodies;
}

static void read_plan(int argc, char **argv)
{
	int head_n;

	if (argc < 4) {
		fputs("usage: load PORT PATH BODY-FILE [--connections N] [--seconds S] [--rate R] [--count N] [--bodies N]\n", stderr);
		exit(2);
	}
	plan.port = atoi(argv[1]);
	plan.path = argv[2];
	for (int i = 4; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--connections"))
			plan.connections = atoi(argv[i + 1]);
		else if (!strcmp(argv[i], "--seconds"))
			plan.seconds = atof(argv[i + 1]);
		else if (!strcmp(argv[i], "--rate"))
			plan.rate = atof(argv[i + 1]);
		else if (!strcmp(argv[i], "--count"))
			plan.count = strtoull(argv[i + 1], NULL, 10);
		else if (!strcmp(argv[i], "--bodies"))
			plan.bodies = strtoull(argv[i + 1], NULL, 10);
	}
	if (plan.connections < 1 || plan.connections > CONNECTIONS_MAX)
		plan.connections = 16;
	plan.bodies = plan.bodies ? plan.bodies : 1;
	plan.bodies_at = read_bodies(argv[3], &plan.body_n);
	plan.body_n /= plan.bodies;
	if (!strcmp(plan.path, "-")) {
		plan.head = strdup("");
		return;
	}
	head_n = asprintf(&plan.head,
		"POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n", plan.path, plan.port,
		strncmp(plan.path, "/fhir/", 6) == 0 ? "application/fhir+json" :
			strncmp(plan.path, "/cds-services/", 14) == 0 ? "application/json" : "application/xml", plan.body_n);
	if (head_n < 0)
		die("memory");
	plan.head_n = (size_t)head_n;
	for (char *at = plan.bodies_at; (at = strstr(at, "@@@@@@@@@@@@@@@@")) && at < plan.bodies_at + plan.body_n && plan.marks_n < 16;
		at += MARK_N)
		plan.marks[plan.marks_n++] = (size_t)(at - plan.bodies_at);
}

static void open_connection(struct connection *c)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)plan.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof(to)))
		die("connect");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
}

static void push(struct connection *c)
{
	while (c->sent < plan.head_n + plan.body_n) {
		ssize_t n = send(c->fd, c->send + c->sent, plan.head_n + plan.body_n - c->sent, MSG_NOSIGNAL);

		if (n < 0)
			return; /* EAGAIN: goes on when writable; a broken one shows when read */
		c->sent += (size_t)n;
	}
}

static void begin(struct connection *c, int64_t due_us)
{
	static uint64_t salt;
	char mark[MARK_N + 1];

	if (!salt) /* so that two runs never share a number */
		salt = (uint64_t)time(NULL) << 24 ^ (uint64_t)getpid();
	snprintf(mark, sizeof(mark), "%016llx", (unsigned long long)((salt << 20) + ++serial));
	if (!c->send) {
		c->send = malloc(plan.head_n + plan.body_n);
		if (!c->send)
			die("memory");
		memcpy(c->send, plan.head, plan.head_n);
	}
	memcpy(c->send + plan.head_n, plan.bodies_at + started % plan.bodies * plan.body_n, plan.body_n);
	for (size_t i = 0; i < plan.marks_n; i++)
		memcpy(c->send + plan.head_n + plan.marks[i], mark, MARK_N);
	c->busy = true;
	c->due_us = due_us;
	c->sent = c->answer_n = 0;
	started++;
	push(c);
}

/* True when the bytes so far are one whole answer. */
static bool whole(const struct connection *c, bool *good)
{
	const char *end = memmem(c->answer, c->answer_n, "\r\n\r\n", 4), *length;

	if (!end)
		return false;
	length = memmem(c->answer, (size_t)(end - c->answer), "Content-Length: ", 16);
	if (!length)
		return false;
	*good = memmem(c->answer, 15, " 200", 4) && !memmem(c->answer, c->answer_n, "<Error>", 7) &&
		!memmem(c->answer, c->answer_n, "\"outcome\":\"error\"", 17);
	return c->answer_n >= (size_t)(end + 4 - c->answer) + strtoul(length + 16, NULL, 10);
}

static void reopen(int poll, struct connection *c)
{
	errors++;
	close(c->fd);
	open_connection(c);
	c->busy = false;
	epoll_ctl(poll, EPOLL_CTL_ADD, c->fd, &(struct epoll_event){ .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c });
}

static void pull(int poll, struct connection *c)
{
	for (;;) {
		ssize_t n;
		bool good;

		if (c->answer_n == c->answer_room) {
			c->answer_room = c->answer_room ? c->answer_room * 2 : 16384;
			c->answer = realloc(c->answer, c->answer_room);
			assert(c->answer && c->answer_room <= ANSWER_MAX);
		}
		n = recv(c->fd, c->answer + c->answer_n, c->answer_room - c->answer_n, 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			reopen(poll, c);
			return;
		}
		c->answer_n += (size_t)n;
		if (c->busy && whole(c, &good)) {
			int64_t us = now_us() - c->due_us;

			c->busy = false;
			histogram[bucket_of(us)]++;
			answered++;
			errors += !good;
			if (us > slowest_us)
				slowest_us = us;
		}
	}
}

int main(int argc, char **argv)
{
	int64_t start, end;
	int poll = epoll_create1(EPOLL_CLOEXEC);

	read_plan(argc, argv);
	for (int i = 0; i < plan.connections; i++) {
		open_connection(&connections[i]);
		epoll_ctl(poll, EPOLL_CTL_ADD, connections[i].fd,
			&(struct epoll_event){ .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = &connections[i] });
	}
	start = now_us();
	end = start + (int64_t)(plan.seconds * 1e6);
	for (;;) {
		struct epoll_event events[64];
		int64_t now = now_us(), next_due = plan.rate > 0 ? start + (int64_t)((double)started * 1e6 / plan.rate) : now;
		bool over = now >= end || started >= plan.count, busy = false;
		int wait_ms = 1, n;

		for (int i = 0; i < plan.connections; i++) {
			struct connection *c = &connections[i];

			if (!c->busy && !over && next_due <= now) {
				begin(c, plan.rate > 0 ? next_due : now);
				next_due = plan.rate > 0 ? start + (int64_t)((double)started * 1e6 / plan.rate) : now;
				over = started >= plan.count;
			}
			busy |= c->busy;
		}
		if (over && (!busy || now > end + 5000000))
			break;
		if (plan.rate > 0 && next_due - now_us() < 1000)
			wait_ms = next_due - now_us() < 200 ? 0 : 1;
		n = epoll_wait(poll, events, 64, wait_ms);
		for (int i = 0; i < n; i++) {
			struct connection *c = events[i].data.ptr;

			if ((events[i].events & EPOLLOUT) && c->busy)
				push(c);
			if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
				pull(poll, c);
		}
	}
	end = now_us();
	printf("requests %llu errors %llu seconds %.3f rate %.0f p50_us %lld p99_us %lld max_us %lld\n",
		(unsigned long long)answered, (unsigned long long)errors, (double)(end - start) / 1e6,
		(double)answered * 1e6 / (double)(end - start), (long long)percentile(0.5), (long long)percentile(0.99),
		(long long)slowest_us);
	return errors ? 1 : 0;
}
