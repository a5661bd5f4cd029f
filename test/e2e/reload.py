#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fifty reloads under load, some with mistakes in the file, some with another table of ten thousand routing rules: every request is answered
well, and each good reload is in force when it is said to be. usage: reload.py DUALTRACK"""
import os
import re
import signal
import subprocess
import sys
import threading
import time

from gateway import Gateway, Message, check, example, fresh_id, wait_for

RELOADS = 50
ALWAYS = "[partner]\nname = always\nid = D:1999999001\n\n"
SOMETIMES = "[partner]\nname = sometimes\nid = D:1999999019\n\n"
RULES = 10000
MARKED = "99999000310"
MISTAKES = (
    ("lissten = 127.0.0.1:1\n", "did you mean listen?"),
    ("rules = /nowhere/rules\n", "the file cannot be read"),
    ("rules = {folder}/wrong-rules\n", "wrong-rules:1"),
    ("workers = 7\n", "needs a restart"),
    ("open = true\n", "needs a restart"),
    (ALWAYS, "has the same id"),
)


class Load:
    """Careful nobody: each request is sent once and has to be answered well."""

    def __init__(self, gateway):
        self.gateway, self.stop, self.answered, self.wrong = gateway, threading.Event(), 0, []
        self.threads = [threading.Thread(target=self.run, args=(kind,)) for kind in ("rtpb", "script", "rtpb", "script")]

    def once(self, kind):
        if kind == "rtpb":
            text, want = example("rtpb-request", sender="D:1999999001"), "RTPBResponse"
        else:
            text, want = example("pa-initiation-request", reference=fresh_id("R-"), sender="D:1999999001"), "Status"
        text = re.sub('(<Identification Qualifier="D">)[^<]*', r"\g<1>1999999001", text)
        status, body = self.gateway.post(f"/ncpdp/{kind}", text)
        message = Message(body)
        return status == 200 and message.kind == want and not message.reject_codes(), body

    def run(self, kind):
        while not self.stop.is_set():
            try:
                good, body = self.once(kind)
            except Exception as fault:  # a broken connection is a lost request
                good, body = False, repr(fault)
            self.answered += good
            if not good:
                self.wrong.append(body)
                return

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()


def reload(gateway):
    done = subprocess.run([gateway.program, "reload", "--config", gateway.config_file], capture_output=True, text=True, timeout=60,
                          check=False)
    return done.returncode, done.stderr


def allowed(gateway):
    """Is the partner that comes and goes let in?"""
    message = Message(gateway.post("/ncpdp/script", example("pa-initiation-request", reference=fresh_id("R-"), sender="D:1999999019"))[1])
    check(message.kind in ("Status", "Error"), "an answer")
    return message.kind == "Status"


def write_rules(gateway):
    """Two tables of ten thousand rows for plans that nobody has, before the rules that are built in; one of them excludes a drug."""
    shown = subprocess.run([gateway.program, "print", "rules"], capture_output=True, text=True, timeout=60, check=True).stdout
    rows = "".join(f"r{i} | plan=P{i % 97},P{i % 89} hcpcs=J{1000 + i % 7000}* place_of_service={(11, 12, 19, 22)[i % 4]} | "
                   f"{('PHARMACY', 'MEDICAL')[i % 2]} | house | formulary | | made up\n" for i in range(RULES))
    for name, row in (("with", f"marked | ndc={MARKED} | NOT_COVERED | house | no | made up | The table of today excludes it.\n"), ("without", "")):
        with open(f"{gateway.folder}/rules-{name}", "w", encoding="utf-8") as out:
            out.write(row + rows + shown.split("```")[1].partition("\n")[2])


def excluded(gateway):
    """Is the drug excluded that only one of the tables excludes?"""
    text = example("rtpb-request", sender="D:1999999001").replace("99999000303", MARKED, 1)
    text = re.sub('(<Identification Qualifier="D">)[^<]*', r"\g<1>1999999001", text)
    status, body = gateway.post("/ncpdp/rtpb", text)
    check(status == 200 and Message(body).kind == "RTPBResponse", f"an answer: {body}")
    return b"The table of today excludes it." in body


def rewrite(gateway, base, before, after):
    with open(gateway.config_file + ".new", "w", encoding="utf-8") as out:
        out.write(before + base + after)
    os.replace(gateway.config_file + ".new", gateway.config_file)


def main():
    with Gateway(sys.argv[1], "known_only = true\n\n" + ALWAYS) as gateway:
        with open(gateway.config_file, encoding="utf-8") as source:
            base = source.read()
        with open(f"{gateway.folder}/wrong-rules", "w", encoding="utf-8") as out:
            out.write("no rule\n")
        write_rules(gateway)
        roles = gateway.roles()
        inside, mistakes, took, tables = False, 0, [], 0
        with Load(gateway) as load:
            wait_for(lambda: load.answered > 20 or load.wrong)
            for number in range(RELOADS):
                if number % 5 == 4:
                    mistake, said = MISTAKES[mistakes % len(MISTAKES)]
                    mistakes += 1
                    section = mistake.startswith("[")
                    rewrite(gateway, base if section or "workers" not in mistake else base.replace("workers = 2", ""),
                            "" if section else mistake.format(folder=gateway.folder), mistake if section else "")
                    code, text = reload(gateway)
                    check(code == 2 and said in text and "nothing was changed" in text, f"the mistake is named: {said}: {code} {text}")
                else:
                    inside = not inside
                    table = ("with", "without", None)[number % 3]
                    tables += table is not None
                    rewrite(gateway, base, f"rules = {gateway.folder}/rules-{table}\n" if table else "", SOMETIMES if inside else "")
                    began = time.monotonic()
                    code, text = reload(gateway)
                    took.append(time.monotonic() - began)
                    check(code == 0 and "is in force, in 6 roles" in text, f"a good file is taken: {code} {text}")
                    check(excluded(gateway) == (table == "with"), f"the table is in force: {table}")
                check(allowed(gateway) == inside, "what is in force is what was last said to be")
                check(not load.wrong, f"every request is answered well: {load.wrong[:1]}")
            inside = not inside
            rewrite(gateway, base, "", SOMETIMES if inside else "")
            gateway.process.send_signal(signal.SIGHUP)
            wait_for(lambda: allowed(gateway) == inside)
            # what is in force, not what is being edited, is what a role starts with
            rewrite(gateway, base, "lissten = 1\n", "")
        check(not load.wrong and load.answered > 100, f"{load.answered} answered well, wrong: {load.wrong[:1]}")
        check(gateway.roles() == roles, "no role was started again")
        gateway.kill("worker.0")
        gateway.kill("worker.1")
        wait_for(lambda: len(gateway.roles()) == len(roles))
        gateway.wait_ready()
        check(allowed(gateway) == inside, "a role that starts again has the configuration in force")
        check(gateway.stop() == 0, "and it stops as ever")
        code, text = reload(gateway)
        check(code == 3 and "no gateway runs" in text, "a gateway that is gone is said to be")
        print(f"{RELOADS + 1} reloads, {mistakes} with a mistake, {tables} with a table of {RULES} rules, {load.answered} requests answered well, none lost; "
              f"a reload took {1000 * sum(took) / len(took):.0f} ms, at most {1000 * max(took):.0f}")


main()
