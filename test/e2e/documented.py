#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs what README.md, docs/connecting.md, docs/medical-fhir.md, docs/coverage-discovery.md, docs/questions-fhir.md and docs/benefit-check-fhir.md tell a newcomer to type, line by line and as it stands there, against a sandbox.
usage: documented.py DUALTRACK"""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile

from gateway import Failed, Message, check, wait_for

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
COMMAND = re.compile(r"^(?:curl|sed|dualtrack|build-release/gateway/dualtrack) |^\w+=\S*\$\(")
# One of the resources itself, or a Bundle that one of them is in.
FOUND = re.compile(r'^\{"resourceType":"(?:InsurancePlan|Basic|MedicationKnowledge)"|"mode":"match"')
# What the sandbox stands in for: the two programs that README.md begins with.
ELSEWHERE = re.compile(r"^\./(?:try|check) ")


def commands(page):
    """The lines of the page's indented blocks that are commands; a block with a command in it may hold nothing else."""
    with open(os.path.join(ROOT, page), encoding="utf-8") as source:
        blocks = re.findall(r"(?:^    .*\n)+", source.read(), re.M)
    found = []
    for block in blocks:
        lines = [line[4:].rstrip() for line in block.splitlines()]
        if any(COMMAND.match(line) for line in lines):
            strange = [line for line in lines if not COMMAND.match(line)]
            check(not strange, f"{page}: every line of a block of commands is run by this test, not {strange}")
            found += lines
        else:
            check(all(ELSEWHERE.match(line) for line in lines if line.startswith(("./", "$"))), f"{page}: {lines} is run somewhere")
    return found


def run(page, program, url, folder, key=""):
    """Every command must end with 0, and no answer may be a refusal."""
    lines = commands(page)
    check(len(lines) >= 4, f"{page} has commands")
    # The sandbox of the test has another port, and the program another name; nothing else is changed.
    head = ["set -e", f"cd {folder}", f"key={key}", f'dualtrack() {{ local word=$1; shift; case $word in send | token) set -- --to {url} "$@" ;; esac; "{program}" "$word" "$@"; }}']
    script = head + [f"printf '\\n=={number}\\n'; " + line.replace("http://127.0.0.1:8080", url).replace("build-release/gateway/dualtrack", "dualtrack")
                     for number, line in enumerate(lines)]
    done = subprocess.run(["bash", "-c", "\n".join(script)], capture_output=True, text=True, timeout=90, check=False,
                          env={**os.environ, "TMPDIR": folder})
    said = re.split(r"\n==\d+\n", done.stdout)[1:]
    check(done.returncode == 0, f"{page}: `{lines[max(len(said) - 1, 0)]}` ends with {done.returncode}: {said[-1:]} {done.stderr}")
    for line, answer in zip(lines, said, strict=True):
        if line.startswith(("curl ", "sed ")) and "/metrics" not in line and "/ncpdp/" in line:
            check(Message(answer.encode()).kind in ("Status", "RTPBResponse", "PAInitiationResponse", "PAResponse"), f"{page}: `{line}` is refused: {answer}")
            check("<NotProcessed>" not in answer, f"{page}: `{line}` gives no price: {answer}")
        elif page == "docs/formulary-fhir.md" and "/fhir/" in line:
            check(FOUND.search(answer), f"{page}: `{line}` finds nothing: {answer}")
        elif "/metrics" in line:
            check("dualtrack_requests_total" in answer, f"{page}: `{line}` shows metrics")
    print(f"ok {page}: {len(lines)} commands")
    return lines


def within(said, answer, where=""):
    """What the page shows of an answer is in it: a page leaves out what is not the point."""
    if isinstance(said, dict):
        check(isinstance(answer, dict), f"{where} is an object")
        for name, value in said.items():
            check(name in answer, f"{where} has {name}, not {answer}")
            within(value, answer[name], f"{where}.{name}")
    elif isinstance(said, list):
        check(isinstance(answer, list) and len(said) == len(answer), f"{where} has {len(said)} items, not {answer}")
        for at, value in enumerate(said):
            within(value, answer[at], f"{where}[{at}]")
    else:
        check(said == answer, f"{where} is {said!r}, not {answer!r}")


def answers(page, url, token=""):
    """Every command is asked of the sandbox; a block of JSON after it is what its answer holds."""
    with open(os.path.join(ROOT, page), encoding="utf-8") as source:
        parts = re.findall(r"^    (curl .*)\n|^```json\n((?:.*\n)*?)```\n", source.read(), re.M)
    check(len([command for command, _ in parts if command]) >= 3, f"{page} has commands")
    answer = command = None
    for line, said in parts:
        if line:
            command = line
            done = subprocess.run(["bash", "-c", line.replace("http://127.0.0.1:8080", url)], capture_output=True, text=True, timeout=30, check=False,
                                  env={**os.environ, "TOKEN": token})
            check(done.returncode == 0, f"{page}: `{line}` ends with {done.returncode}: {done.stderr}")
            answer = json.loads(done.stdout)
        else:
            within(json.loads(said), answer, f"{page}: `{command}`: the answer")
    print(f"ok {page}: {len(parts)} commands and answers")


def main():
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="dualtrack-e2e-") as folder:
        os.symlink(os.path.join(ROOT, "docs"), os.path.join(folder, "docs"))
        with open(os.path.join(folder, "log"), "wb") as log:
            sandbox = subprocess.Popen([program, "up", "--listen", "127.0.0.1:0"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       env={**os.environ, "TMPDIR": folder})

        def address():
            """the sandbox to be ready"""
            with open(os.path.join(folder, "log"), encoding="utf-8") as log:
                said = log.read()
            check(sandbox.poll() is None, f"the sandbox stays up: {said}")
            return re.search(r"is ready(?:.|\n)*address +(http://[\d.:]+)(?:.|\n)*Ctrl-C", said)
        try:
            url = wait_for(address, 30).group(1)
            run("README.md", program, url, folder)
            run("docs/connecting.md", program, url, folder)
            with open(os.path.join(folder, "log"), encoding="utf-8") as log:
                key = re.search(r"  client .*--key (\S+)", log.read()).group(1)
            run("docs/fhir-access.md", program, url, folder, key)
            answers("docs/formulary-api.md", url)
            token = subprocess.run([program, "token", "--to", url, "--key", key], capture_output=True, text=True, timeout=30, check=True).stdout.strip()
            answers("docs/route-api.md", url, token)
            run("docs/medical-fhir.md", program, url, folder)
            run("docs/coverage-discovery.md", program, url, folder)
            run("docs/questions-fhir.md", program, url, folder)
            run("docs/benefit-check-fhir.md", program, url, folder)
            run("docs/formulary-fhir.md", program, url, folder)
            with open(os.path.join(folder, "decision.xml"), encoding="utf-8") as decision:
                kind = Message(decision.read()).kind
            check(kind == "PAResponse", f"docs/connecting.md leads to a decision, not to a {kind}")
            for name, kind in (("appealed", "PAAppealResponse"), ("cancelled", "PACancelResponse")):
                with open(os.path.join(folder, name + ".xml"), encoding="utf-8") as answer:
                    message = Message(answer.read())
                check((message.kind, message.outcome) == (kind, "Approved"), f"docs/connecting.md: {name}.xml is {message.kind} {message.outcome}")
            print("ok docs/connecting.md leads from the first question to a decision, an appeal and a cancellation")
        except Failed as fault:
            print(f"not ok {fault}")
            return 1
        finally:
            sandbox.send_signal(signal.SIGTERM)
            sandbox.wait(20)
    return 0


if __name__ == "__main__":
    sys.exit(main())
