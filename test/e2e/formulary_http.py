#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""/formulary/v1 over real sockets: what HTTP itself asks of it. What it answers is compared by documented.py.
usage: formulary_http.py DUALTRACK"""
import http.client
import json
import sys

from gateway import Failed, Gateway, check

COVERAGE = "/formulary/v1/coverage?plan=EXAMPLE-COMMERCIAL&ndc=99999000303"


def ask(gateway, method, target, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)
    connection.request(method, target, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def is_problem(answer, body, status, code):
    check(answer.status == status and answer.getheader("Content-Type") == "application/problem+json", f"{code}: {answer.status} {body!r}")
    problem = json.loads(body)
    check((problem["status"], problem["code"]) == (status, code), f"{code}: {problem}")
    check(problem["trace"] == answer.getheader("X-Trace-ID"), "the trace is that of the header")
    check(answer.getheader("Cache-Control") == "no-store", "a refusal is not kept")


def get_and_head(gateway):
    answer, body = ask(gateway, "GET", COVERAGE)
    check(answer.status == 200 and json.loads(body)["listed"], f"an answer, not {body!r}")
    check(answer.getheader("Cache-Control") == "public, max-age=60", "it may be kept")
    head, nothing = ask(gateway, "HEAD", COVERAGE)
    check(head.status == 200 and nothing == b"", f"HEAD has no body, not {nothing!r}")
    for name in ("Content-Length", "Content-Type", "ETag"):
        check(head.getheader(name) == answer.getheader(name), f"HEAD has the {name} of GET")
    return answer.getheader("ETag")


def not_modified(gateway, tag):
    for listed in (tag, f'"other", W/{tag}', "*"):
        answer, body = ask(gateway, "GET", COVERAGE, If_None_Match=listed)
        check(answer.status == 304 and body == b"" and answer.getheader("ETag") == tag, f"{listed}: {answer.status} {body!r}")
    answer, body = ask(gateway, "GET", COVERAGE, If_None_Match='"other"')
    check(answer.status == 200 and body, "another tag gets the answer")


def refusals(gateway):
    is_problem(*ask(gateway, "GET", COVERAGE, Accept="text/html"), 406, "ACCEPT")
    check(ask(gateway, "GET", COVERAGE, Accept="text/html, */*;q=0.1")[0].status == 200, "anything else is JSON too")
    answer, body = ask(gateway, "POST", COVERAGE)
    is_problem(answer, body, 405, "METHOD")
    check(answer.getheader("Allow") == "GET, HEAD", f"405 says what may be used, not {answer.getheader('Allow')}")
    is_problem(*ask(gateway, "GET", "/formulary/v1/nothing"), 404, "NOT_FOUND")
    is_problem(*ask(gateway, "GET", COVERAGE + "&q=%zz"), 400, "HTTP")
    is_problem(*ask(gateway, "GET", COVERAGE + "&day=20260230"), 400, "BAD_DATE")
    is_problem(*ask(gateway, "GET", "/formulary/v1/products?" + "&".join(["q=a"] * 65)), 400, "TOO_DEEP")
    answer, body = ask(gateway, "GET", "/formulary/v1/products?q=" + "a" * 5000)
    check(answer.status in (400, 413, 414), f"a query of 5000 bytes is refused by HTTP itself, not {answer.status}")


def main():
    try:
        with Gateway(sys.argv[1], "") as gateway:
            not_modified(gateway, get_and_head(gateway))
            refusals(gateway)
            metrics = ask(gateway, "GET", "/metrics")[1].decode()
            check('dualtrack_requests_total{family="formulary",result="answered"} 7\n' in metrics, "what was answered is counted")
            check("EXAMPLE-COMMERCIAL" not in gateway.read_log() and "99999000303" not in gateway.read_log(), "no question is in the log")
        with Gateway(sys.argv[1], "formulary_closed = true\n") as gateway:
            is_problem(*ask(gateway, "GET", COVERAGE), 404, "NOT_FOUND")
            check(ask(gateway, "GET", "/healthz")[0].status == 200, "the rest is open")
        print("ok /formulary/v1 does what HTTP asks of it")
    except Failed as fault:
        print(f"not ok {fault}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
