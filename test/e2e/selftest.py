#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`dualtrack selftest`: the sandbox passes it. With "faults": it fails what it should, shown by a proxy that breaks one rule after the other on the way.
usage: selftest.py DUALTRACK [faults]"""
import http.client
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading

from gateway import Failed, Gateway, check, free_port

COVERAGE = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"


def run(program, *arguments):
    """(exit status, verdicts by id, what it said)"""
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        done = subprocess.run([program, "selftest", "--quiet", "--json", out.name, *arguments], capture_output=True, text=True, timeout=100, check=False)
        text = out.read()
    check(text, f"verdicts are written: {done.stderr}")
    found = json.loads(text)
    return done.returncode, {row["id"]: row for row in found["requirements"]}, done.stdout


def ids(verdicts, verdict):
    return {name for name, row in verdicts.items() if row["verdict"] == verdict}


# -- faults: what is broken, of which request (by its path and how many of them came before), and which requirements see it --

def claim_response(answer):
    return answer["entry"][0]["resource"]


def review(answer, code):
    for item in claim_response(answer)["item"]:
        for extension in item["adjudication"][0]["extension"]:
            for part in extension.get("extension", []):
                if part["url"].endswith("reviewActionCode"):
                    part["valueCodeableConcept"]["coding"][0]["code"] = code


def other_names(answer):
    patient = next(entry for entry in answer["entry"] if entry["resource"]["resourceType"] == "Patient")
    text = json.dumps(answer).replace(patient["resource"]["id"], "00000000-0000-4000-8000-00000000000a")
    answer.clear()
    answer.update(json.loads(text))


def drop_item(answer):
    claim_response(answer)["item"].pop()


def renumber(answer):
    claim_response(answer)["item"][0]["itemSequence"] = 9


def no_focus(notification):
    for parameter in notification["entry"][0]["resource"]["parameter"]:
        if parameter["name"] == "notification-event":
            parameter["part"] = [part for part in parameter["part"] if part["name"] != "focus"]


def rename_return(answer):
    for parameter in answer["parameter"]:
        parameter["name"] = "result"


def turn_round(answer):
    answer["parameter"][0]["resource"]["entry"].reverse()


def first_information(answer):
    return next(e for e in answer["systemActions"][0]["resource"]["extension"] if e["url"] == COVERAGE)


def drop_part(name):
    def change(answer):
        information = first_information(answer)
        information["extension"] = [part for part in information["extension"] if part["url"] != name]
    return change


def put(*path_and_value):
    """Puts a value at a path of names and indices."""
    *path, last, value = path_and_value

    def change(answer):
        for step in path:
            answer = answer[step]
        answer[last] = value
    return change


def drop(*path):
    *path, last = path

    def change(answer):
        for step in path:
            answer = answer[step]
        del answer[last]
    return change


SUBMIT, INQUIRE, PACKAGE, NEXT = "/fhir/Claim/$submit", "/fhir/Claim/$inquire", "/fhir/Questionnaire/$questionnaire-package", "/fhir/Questionnaire/$next-question"
FAULTS = [
    # path, which of them, change of the answer (or (status, media)), requirements that fail
    ("/.well-known/smart-configuration", [0], drop("token_endpoint"), {"smart/well-known-members"}),
    ("/oauth/token", [0], put("token_type", "mac"), {"smart/token-body"}),
    ("/oauth/token", [1], (200, None), {"smart/replay"}),
    ("/fhir/Subscription", [0], put("status", "off"), {"pas/subscription/created"}),
    (SUBMIT, [2, 3], lambda answer: review(answer, "A2"), {"pas/approval/decision"}),
    (SUBMIT, [5], other_names, {"pas/echo"}),
    (SUBMIT, [6], (None, "text/html"), {"pas/pended/submit"}),
    ("/selftest", [1], no_focus, {"pas/pended/notification", "pas/pended/notification-pas"}),
    (SUBMIT, [9], renumber, {"pas/update/sequence"}),
    (SUBMIT, [10], drop_item, {"pas/update/results"}),
    (SUBMIT, [11], drop("entry", 0, "resource", "status"), {"pas/update/modify-cancel/answer"}),
    (SUBMIT, [12], drop("entry", 2), {"pas/update/cancel-all/answer"}),
    (INQUIRE, [1], rename_return, {"pas/inquire/operation", "pas/inquire/answer"}),
    (SUBMIT, [16], lambda answer: answer.clear(), {"pas/error/submit"}),
    (INQUIRE, [6], (200, None), {"pas/error/inquire"}),
    (SUBMIT, [17], lambda answer: answer["issue"].append(answer["issue"][0]), {"pas/error/not-json"}),
    (SUBMIT, [18], drop("issue", 0, "expression"), {"pas/error/profile"}),
    ("/cds-services", [0], drop("services", 0, "description"), {"crd/services"}),
    ("/cds-services/order-sign", [0], put("systemActions", 0, "type", "create"), {"crd/order-sign/coverage-valid", "crd/coverage-elements"}),
    ("/cds-services/order-select", [0], put("cards", 0, "summary", "x" * 140), {"crd/order-select/answer", "crd/order-select/instructions", "crd/order-select/external", "crd/hook/answer"}),
    ("/cds-services/order-dispatch", [0], put("systemActions", 0, "resource", "status", "stopped"),
     {"crd/order-dispatch/coverage-valid", "crd/coverage-elements"}),
    ("/cds-services/appointment-book", [0], drop("systemActions"),
     {"crd/appointment-book/coverage", "crd/every-order"}),
    ("/cds-services/order-sign", [2], put("cards", [{}]), {"crd/cards-max"}),
    ("/cds-services/order-sign", [3], drop_part("date"), {"crd/unknown-option"}),
    ("/cds-services/encounter-start", [1], put("cards", 0, "source", {}), {"crd/encounter-start/answer", "crd/encounter-start/instructions"}),
    (PACKAGE, [0], turn_round, {"dtr/static/answer", "dtr/input-order", "dtr/first"}),
    (PACKAGE, [2], put("parameter", 0, "name", "bundle"), {"dtr/input-canonical"}),
    (NEXT, [0], put("contained", 0, "extension", []), {"dtr/adaptive/next"}),
    (NEXT, [-1], (200, None), {"dtr/invalid-response"}),
]


class Proxy:
    """Between the self-test and the gateway, both ways: calls to the gateway, notifications to the self-test."""

    def __init__(self, listener_port, faults):
        self.gateway_port = None
        self.came, self.used, self.faults = {}, set(), faults
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                told = self.path.startswith("/selftest")
                if told:
                    body = proxy.broken(self.path, 200, "", body)[2]
                connection = http.client.HTTPConnection("127.0.0.1", listener_port if told else proxy.gateway_port, timeout=30)
                headers = {name: value for name, value in self.headers.items() if name.lower() in ("content-type", "authorization", "accept")}
                connection.request(self.command, self.path, body or None, headers)
                answer = connection.getresponse()
                status, media, back = answer.status, answer.headers.get("Content-Type", ""), answer.read()
                connection.close()
                if not told:
                    status, media, back = proxy.broken(self.path, status, media, back)
                self.send_response(status)
                if media:
                    self.send_header("Content-Type", media)
                self.send_header("Content-Length", str(len(back)))
                self.end_headers()
                self.wfile.write(back)

            do_GET = do_POST = do_PUT = do_DELETE = forward

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def broken(self, path, status, media, body):
        number = self.came[path] = self.came.get(path, -1) + 1
        for index, (where, which, change, _) in enumerate(self.faults):
            # -1: the first that the gateway itself refuses
            if where != path or (number not in which and not (-1 in which and status >= 400)):
                continue
            self.used.add(index)
            if callable(change):
                answer = json.loads(body)
                change(answer)
                body = json.dumps(answer).encode()
            else:
                status, media = change[0] or status, change[1] or media
        return status, media, body


def the_sandbox_passes(program):
    status, verdicts, said = run(program)
    failed = ids(verdicts, "fail")
    check(status == 0 and not failed, f"the sandbox passes: {[(name, verdicts[name].get('seen')) for name in failed]}")
    check(len(ids(verdicts, "pass")) > 250, f"and most of it is played: {len(ids(verdicts, 'pass'))}")
    check("; " in said.splitlines()[-1] and "0 failed" in said.splitlines()[-1], "the last line counts")
    check(all(verdicts[name].get("seen") for name in ids(verdicts, "skipped") | ids(verdicts, "cannot")), "what was not checked says why not")
    status, verdicts, _ = run(program, "--open", "--only", "smart,dtr")
    check(status == 0 and "smart/token" in ids(verdicts, "skipped"), "without tokens nothing is said of them")


def wrong_usage_is_told(program):
    for arguments, status, words in ((["--only", "everything"], 2, "--only takes smart"), (["http://127.0.0.1:1"], 2, "--key"),
                                     (["--key", "/nowhere"], 2, "one URL"), (["http://127.0.0.1:1", "--open"], 3, "no answer"),
                                     (["--values", "/nowhere"], 3, "/nowhere")):
        done = subprocess.run([program, "selftest", "--quiet", *arguments], capture_output=True, text=True, timeout=60, check=False)
        check(done.returncode == status and words in done.stderr, f"{arguments}: {done.returncode} {done.stderr}")


def each_fault_is_seen(program, folder):
    key, port = os.path.join(folder, "client"), free_port()
    subprocess.run([program, "key", "client", key], capture_output=True, timeout=30, check=True)
    proxy = Proxy(port, FAULTS)
    config = (f"public_url = {proxy.url}\n[client]\nid = tester\njwks = {key}.jwks.json\nscopes = system/*.cruds\norganization = EXAMPLE\n"
              f"endpoint = {proxy.url}\n")
    with Gateway(program, config) as gateway:
        proxy.gateway_port = gateway.port
        status, verdicts, _ = run(program, proxy.url, "--key", key + ".pem", "--client", "tester", "--listen", f"127.0.0.1:{port}",
                                  "--listen-url", proxy.url + "/selftest", "--only", "smart,pas,crd,dtr")
    wanted = set().union(*(fault[3] for fault in FAULTS))
    unused = [fault[0] for index, fault in enumerate(FAULTS) if index not in proxy.used]
    failed = ids(verdicts, "fail")
    check(not unused, f"each fault was planted: {unused}")
    check(wanted <= failed, f"each is seen: {wanted - failed}")
    check(failed <= wanted, f"and nothing else is: {[(name, verdicts[name].get('seen')) for name in failed - wanted]}")
    check(status == 1, "the exit status says so")


def main():
    program = os.path.abspath(sys.argv[1])
    try:
        if sys.argv[2:] == ["faults"]:
            with tempfile.TemporaryDirectory(prefix="dualtrack-e2e-") as folder:
                each_fault_is_seen(program, folder)
            done = f"{len(FAULTS)} broken rules are seen, and nothing else"
        else:
            wrong_usage_is_told(program)
            the_sandbox_passes(program)
            done = "the sandbox passes the self-test"
    except Failed as fault:
        print(f"not ok {fault}")
        return 1
    print(f"ok {done}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
