/* SPDX-License-Identifier: Apache-2.0 */
/* Posting to partners: libcurl's multi interface behind one descriptor. */
#include "gateway/courier/call.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
	ANSWER_MAX = 1 << 20,    /* bytes; a Status is under 2 KB, the largest SCRIPT message we take is as large as this */
	CONNECT_MS = 5000,
	URL_MAX = 2001,          /* bytes with the NUL, as in config.def */
	MEDIA_MAX = 200,         /* bytes with the NUL */
	HEADER_MAX = 8192,       /* bytes with the NUL; an access token is at most half of this, a line of a Subscription 2000 */
	CONNECTIONS_MAX = 64,
	CONNECTIONS_PER_HOST = 8,
};

struct one_call {
	struct one_call *next;
	CURL *easy;
	struct curl_slist *headers;
	uint64_t number;
	char *answer;
	char media[MEDIA_MAX];
	size_t answer_n, answer_room;
	int status;
	char body[];
};

struct calls {
	CURLM *multi;
	int poll_fd;
	int64_t timer_ms; /* mono time at which libcurl wants to be called; 0: it does not */
	int64_t now_ms;
	struct one_call *done, *given; /* ended and not told; told last */
	struct one_call *running;
};

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct calls *calls = arg;
	struct epoll_event event = { .data.fd = fd };

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(calls->poll_fd, EPOLL_CTL_DEL, fd, NULL);
		curl_multi_assign(calls->multi, fd, NULL);
		return 0;
	}
	event.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
	/* The number of a closed socket can come back before libcurl said that it is gone. */
	if (epoll_ctl(calls->poll_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event))
		epoll_ctl(calls->poll_fd, known ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
	curl_multi_assign(calls->multi, fd, calls);
	return 0;
}

static int on_timer(CURLM *multi, long wait_ms, void *arg)
{
	struct calls *calls = arg;

	(void)multi;
	calls->timer_ms = wait_ms < 0 ? 0 : calls->now_ms + wait_ms;
	return 0;
}

struct calls *calls_new(void)
{
	struct calls *calls = calloc(1, sizeof(*calls));

	if (!calls || curl_global_init(CURL_GLOBAL_DEFAULT))
		abort();
	calls->poll_fd = epoll_create1(EPOLL_CLOEXEC);
	calls->multi = curl_multi_init();
	if (calls->poll_fd < 0 || !calls->multi)
		abort();
	curl_multi_setopt(calls->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(calls->multi, CURLMOPT_SOCKETDATA, calls);
	curl_multi_setopt(calls->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(calls->multi, CURLMOPT_TIMERDATA, calls);
	curl_multi_setopt(calls->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)CONNECTIONS_MAX);
	curl_multi_setopt(calls->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)CONNECTIONS_PER_HOST);
	return calls;
}

static void call_free(struct one_call *call)
{
	if (!call)
		return;
	curl_easy_cleanup(call->easy);
	curl_slist_free_all(call->headers);
	free(call->answer);
	free(call);
}

void calls_free(struct calls *calls)
{
	struct one_call *call;

	if (!calls)
		return;
	while ((call = calls->running)) {
		calls->running = call->next;
		curl_multi_remove_handle(calls->multi, call->easy);
		call_free(call);
	}
	while ((call = calls->done)) {
		calls->done = call->next;
		call_free(call);
	}
	call_free(calls->given);
	curl_multi_cleanup(calls->multi);
	close(calls->poll_fd);
	curl_global_cleanup();
	free(calls);
}

int calls_fd(const struct calls *calls)
{
	return calls->poll_fd;
}

static size_t on_answer(char *bytes, size_t size, size_t n, void *arg)
{
	struct one_call *call = arg;

	assert(size == 1);
	(void)size;
	if (n > ANSWER_MAX - call->answer_n)
		return 0; /* ends the transfer: an answer of that size is none of ours */
	if (call->answer_n + n > call->answer_room) {
		call->answer_room = (call->answer_n + n) * 2;
		call->answer = realloc(call->answer, call->answer_room);
		if (!call->answer)
			abort();
	}
	memcpy(call->answer + call->answer_n, bytes, n);
	call->answer_n += n;
	return n;
}

/* Moves a call that ended from the running ones to the done ones. */
static void ended(struct calls *calls, struct one_call *call, int status)
{
	struct one_call **at = &calls->running, **last = &calls->done;

	while (*at != call)
		at = &(*at)->next;
	*at = call->next;
	while (*last)
		last = &(*last)->next;
	*last = call;
	call->next = NULL;
	call->status = status;
}

/* GET and DELETE without a body; whatever else sends its payload as POST does. */
static bool choose_method(CURL *easy, const char *method)
{
	if (!method)
		return !curl_easy_setopt(easy, CURLOPT_POST, 1L);
	if (strcmp(method, "GET") == 0)
		return !curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
	return (strcmp(method, "DELETE") == 0 ? !curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L) : !curl_easy_setopt(easy, CURLOPT_POST, 1L)) &&
		!curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
}

static void add_header(struct one_call *call, struct text name, struct text value)
{
	char line[HEADER_MAX];

	if (name.n + value.n >= sizeof(line))
		return; /* the table of whoever asks for it does not let one be as long */
	memcpy(line, name.at, name.n);
	memcpy(line + name.n, value.at, value.n);
	line[name.n + value.n] = '\0';
	call->headers = curl_slist_append(call->headers, line);
}

/* https, or http for a partner's system on this very host (checked when the configuration was read). No redirect is followed, since it
   could lead anywhere, and no proxy that the environment may name sees the messages. What libcurl does by itself unless told is said
   here nevertheless: who is there must prove it. */
static bool prepare(struct one_call *call, const struct out *out, struct now now)
{
	char url[URL_MAX];
	CURL *easy = call->easy;
	long left = out->deadline_ms ? (long)(out->deadline_ms - now.mono_ms) : 0;

	if (!easy || out->url.n >= sizeof(url) || (out->deadline_ms && left <= 0)) /* 0 would be no limit to libcurl */
		return false;
	if (!out->method || strcmp(out->method, "GET") != 0)
		add_header(call, text_lit("Content-Type: "), out->media ? text_of(out->media) : text_lit("application/xml"));
	add_header(call, text_lit("Expect:"), text_lit("")); /* no waiting for 100 Continue */
	for (struct text rest = out->extra ? text_of(out->extra) : TEXT_NONE; text_there(rest) && rest.n;)
		add_header(call, text_lit(""), text_cut(&rest, '\n'));
	return call->headers && !curl_easy_setopt(easy, CURLOPT_URL, text_to_z(out->url, url, sizeof(url))) &&
		!curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") &&
		!curl_easy_setopt(easy, CURLOPT_PROXY, "") && !curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) &&
		!curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) &&
		!curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) && !curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) && !curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) &&
		!curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
		!curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)out->payload.n) &&
		!curl_easy_setopt(easy, CURLOPT_POSTFIELDS, &call->body[0]) && choose_method(easy, out->method) &&
		!curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers) &&
		!curl_easy_setopt(easy, CURLOPT_USERAGENT, "dualtrack/" DUALTRACK_VERSION) &&
		!curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS) &&
		!curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, left) && !curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer) &&
		!curl_easy_setopt(easy, CURLOPT_WRITEDATA, call) && !curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
}

void calls_start(struct calls *calls, const struct out *out, struct now now)
{
	struct one_call *call = calloc(1, sizeof(*call) + out->payload.n + 1);

	if (!call)
		abort();
	calls->now_ms = now.mono_ms;
	call->number = out->call;
	if (out->payload.n)
		memcpy(call->body, out->payload.at, out->payload.n);
	call->easy = curl_easy_init();
	call->next = calls->running;
	calls->running = call;
	if (!prepare(call, out, now) || curl_multi_add_handle(calls->multi, call->easy))
		ended(calls, call, 0);
}

static void work(struct calls *calls, struct now now)
{
	struct epoll_event events[32];
	int running, n = epoll_wait(calls->poll_fd, events, 32, 0), left;
	CURLMsg *message;

	calls->now_ms = now.mono_ms;
	for (int i = 0; i < n; i++) {
		int what = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
			(events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
			(events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);

		curl_multi_socket_action(calls->multi, events[i].data.fd, what, &running);
	}
	if (calls->timer_ms && now.mono_ms >= calls->timer_ms) {
		calls->timer_ms = 0;
		curl_multi_socket_action(calls->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	while ((message = curl_multi_info_read(calls->multi, &left))) {
		struct one_call *call = NULL;
		long status = 0;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
		if (message->data.result == CURLE_OK) {
			const char *media = NULL;

			curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
			curl_easy_getinfo(message->easy_handle, CURLINFO_CONTENT_TYPE, &media);
			text_to_z(text_of(media), call->media, sizeof(call->media));
		}
		curl_multi_remove_handle(calls->multi, call->easy);
		ended(calls, call, (int)status);
	}
}

bool calls_next(struct calls *calls, struct now now, struct input *input)
{
	struct one_call *call;

	call_free(calls->given);
	calls->given = NULL;
	if (!calls->done)
		work(calls, now);
	call = calls->given = calls->done;
	if (!call)
		return false;
	calls->done = call->next;
	*input = (struct input){ .kind = IN_ANSWER, .call = call->number, .status = call->status };
	if (*call->media)
		input->media = text_of(call->media);
	if (call->status)
		input->payload = (struct text){ call->answer ? call->answer : "", call->answer_n };
	return true;
}

int64_t calls_tick(const struct calls *calls, struct now now)
{
	return calls->done ? now.mono_ms : calls->timer_ms;
}
