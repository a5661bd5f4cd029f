#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bad input to a real gateway: each kind gets the documented refusal in its own standard, costs little, and harms nothing else.
usage: bad_input.py DUALTRACK"""
import http.client
import os
import re
import socket
import sys

from gateway import Failed, Gateway, Message, check, example, fresh_id

CPU_MAX_S = 0.05  # of all processes together, for one request
SLOWER = 8 if os.environ.get("DUALTRACK_SANITIZED") else 1


def without(text, element):
    changed = re.sub(f"<{element}>.*?</{element}>", "", text, count=1, flags=re.S)
    check(changed != text, f"the example has {element}")
    return changed


def entity_bomb(text):
    lines = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    return text.replace("<Message", f'<!DOCTYPE Message [<!ENTITY e0 "x">{lines}]><Message', 1)


def cases():
    """name, path, body, SCRIPT Error/Code, words the description must have"""
    script, rtpb = example("pa-initiation-request", reference="REF-" + fresh_id()), example("rtpb-request")
    many = "".join(f' a{n}="1"' for n in range(32000))
    yield "nothing at all", "", "900", ""
    yield "not XML", "this is not XML", "900", "well-formed"
    yield "a wrong end tag", script.replace("</Prescriber>", "</Prescribe>", 1), "900", "well-formed"
    yield "DOCTYPE", script.replace("<Message", "<!DOCTYPE Message><Message", 1), "900", "refused"
    yield "an entity bomb", entity_bomb(script), "900", "refused"
    yield "an external entity", script.replace("<Message", '<!DOCTYPE Message [<!ENTITY x SYSTEM "file:///etc/hostname">]><Message', 1), "900", "refused"
    yield "32,000 attributes", script.replace("<Message", "<Message" + many, 1), "900", ""
    yield "5,000 levels", script.replace("<DrugDescription>", "<a>" * 5000 + "</a>" * 5000 + "<DrugDescription>", 1), "900", ""
    yield "UTF-7", script.replace('encoding="UTF-8"', 'encoding="UTF-7"', 1), "900", ""
    yield "UTF-16", script.encode("utf-16"), "900", ""
    yield "Latin-1 bytes", script.replace("<LastName>", "<LastName>\u00e9").encode("latin-1"), "900", ""
    yield "a NUL byte", script.replace("<LastName>", "<LastName>\0", 1), "900", ""
    yield "no version", re.sub(r' \w+Version="[^"]*"', "", script), "900", "version"
    yield "the wrong version", script.replace("20170715", "20991231"), "900", "version"
    yield "no prescriber", without(script, "Prescriber"), "900", "missing"
    yield "no PAReferenceID", without(script, "PAReferenceID"), "900", "missing"
    yield "an unknown gender", re.sub("<Gender>.</Gender>", "<Gender>Q</Gender>", script), "900", "code list"
    yield "a date that is none", re.sub("<Date>[^<]*</Date>", "<Date>1980-02-30</Date>", script, count=1), "900", "date"
    yield "a text too long", re.sub("<LastName>[^<]*", "<LastName>" + "X" * 36, script, count=1), "900", "longer"
    yield "a repeated element", script.replace("</PAReferenceID>", "</PAReferenceID><PAReferenceID>1</PAReferenceID>", 1), "900", "more often"
    yield "an unknown message", re.sub("PAInitiationRequest>", "NewRx>", script), "601", "not supported"
    yield "an unknown case", example("pa-request", reference="REF-" + fresh_id(), case_id="PA-NONE"), "900", "case"


def rtpb_cases():
    rtpb = example("rtpb-request")
    yield "nothing at all", ""
    yield "not XML", "<"
    yield "DOCTYPE", rtpb.replace("<Message", "<!DOCTYPE Message><Message", 1)
    yield "no patient", without(rtpb, "Patient")
    yield "no product code", without(rtpb, "DrugCoded")
    yield "a quantity that is no number", re.sub("<Value>[^<]*", "<Value>many", rtpb, count=1)
    yield "an unknown BIN", rtpb.replace("<Identification>999999<", "<Identification>999998<", 1)
    yield "an unknown member", re.sub("<CardholderID>[^<]*", "<CardholderID>NOBODY", rtpb, count=1)
    yield "an unknown product", re.sub("<NDC>[^<]*", "<NDC>99999999999", rtpb, count=1)


def refused_script(gateway, name, body, code, words):
    before = gateway.cpu_seconds()
    times = 5
    for _ in range(times):
        status, answer = gateway.post("/ncpdp/script", body if isinstance(body, bytes) else body.encode())
    used = (gateway.cpu_seconds() - before) / times
    message = Message(answer)
    check(status in (200, 400, 413), f"the status is not {status}")
    check(message.kind == "Error", f"it is an Error, not {message.kind}")
    check(message.text("Code") == code, f"its code is {message.text('Code')}, not {code}")
    check(words in message.text("Description"), f"it says why: {message.text('Description')!r}")
    check(used <= CPU_MAX_S * SLOWER, f"it costs {used * 1000:.0f} ms of CPU")


def refused_rtpb(gateway, name, body):
    status, answer = gateway.post("/ncpdp/rtpb", body)
    message = Message(answer)
    check(status in (200, 400), f"the status is not {status}")
    check(message.kind == "RTPBResponse" and message.reject_codes(), "it is an RTPBResponse with a reject code")


def too_large(gateway):
    """a body of 2 MB is refused with a SCRIPT body and the connection is closed"""
    body = example("pa-initiation-request").replace("</Body>", "<!--" + "x" * 2000000 + "--></Body>").encode()
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)
    try:
        connection.request("POST", "/ncpdp/script", body, {"Content-Type": "application/xml"})
    except (BrokenPipeError, ConnectionResetError):
        pass  # refused while still sending: the answer is there to be read
    answer = connection.getresponse()
    check(answer.status == 413 and Message(answer.read()).kind == "Error", "413 with a SCRIPT Error")
    connection.close()


def cut_short(gateway):
    """a message cut at any byte is refused, and none of the pieces is taken for a whole one"""
    body = example("pa-initiation-request", reference="REF-" + fresh_id()).encode()
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)
    for at in range(0, len(body.rstrip()), 7 if SLOWER == 1 else 61):
        connection.request("POST", "/ncpdp/script", body[:at], {"Content-Type": "application/xml"})
        answer = connection.getresponse()
        got = Message(answer.read())
        check(got.kind == "Error" and answer.status in (200, 400), f"cut at {at}: {answer.status} {got.kind}")
    connection.close()


def bad_http(gateway):
    """malformed HTTP at a SCRIPT address is answered with a SCRIPT body and the connection is closed"""
    for head in (b"POST /ncpdp/script HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
                 b"POST /ncpdp/script HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                 b"POST /ncpdp/script HTTP/1.1\r\nHost: x\r\nContent-Length : 1\r\n\r\n",
                 b"POST /ncpdp/script HTTP/1.1\r\nHost: x\r\n folded: 1\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", gateway.port), 10) as raw:
            raw.sendall(head)
            answer = b""
            while chunk := raw.recv(65536):
                answer += chunk
        check(answer.startswith(b"HTTP/1.1 400") and b"<Error>" in answer, f"{head!r} is refused: {answer[:200]!r}")


def main():
    failed = 0
    with Gateway(sys.argv[1], "log = error") as gateway:
        pids = gateway.roles()

        def attempt(name, what, *args):
            nonlocal failed
            try:
                what(gateway, *args)
                print(f"ok {name}", flush=True)
            except Exception as fault:
                failed += 1
                print(f"not ok {name}: {type(fault).__name__}: {fault}", flush=True)
        for name, body, code, words in cases():
            attempt(f"SCRIPT: {name}", refused_script, name, body, code, words)
        for name, body in rtpb_cases():
            attempt(f"RTPB: {name}", refused_rtpb, name, body)
        for what in (too_large, cut_short, bad_http):
            attempt(what.__doc__, what)
        if gateway.roles() != pids:
            failed += 1
            print("not ok no process died")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
