#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""End to end: what a request costs in the whole gateway.

CPU a request is given as a ratio to an nginx that answers the same bodies, measured in turn with the gateway in the same run, because
machines change speed under a measurement; nginx against itself is the control that says how far to trust it.

The formulary is of national size, made once and kept in FORMULARY-DIR, and each request asks for another of its products: `rtpb` for any
of them, a tenth of which have alternatives, `rtpb_alternatives` only for those that have, whose answers are seven times as long. `coverage` asks
/formulary/v1 about any of them, `products` searches for one by its name. The word `sandbox` instead asks for one product of the built-in formulary, which has alternatives.

usage: end_to_end.py DUALTRACK LOAD FORMULARY-DIR|sandbox EXAMPLES-DIR [--national PROGRAM --sandbox DIR] [--rounds N] [--seconds S]
       [--flat N] [--build TYPE]
"""
import argparse
import contextlib
import json
import os
import pathlib
import random
import re
import resource
import shutil
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from gateway import Failed, Gateway, Message, check, fresh_id, free_port, wait_for  # noqa: E402
from pas_bundle import EXAMPLE, actions, call, submit  # noqa: E402

HZ = os.sysconf("SC_CLK_TCK")


def figure(name, value, unit):
    print(f"figure {name} {value:.2f} {unit}" if isinstance(value, float) else f"figure {name} {value} {unit}", flush=True)


def spread(name, values, unit):
    figure(f"{name}_min", float(min(values)), unit)
    figure(f"{name}_median", float(statistics.median(values)), unit)
    figure(f"{name}_max", float(max(values)), unit)


class Nginx:
    """nginx with one worker that reads a POST and returns a fixed body from memory."""

    def __init__(self, folder, body):
        self.port = free_port()
        self.folder = folder
        parts, sets = [], []
        text = body.decode().replace("\\", "\\\\").replace('"', '\\"').replace("$", "${dollar}")
        for at in range(0, len(text), 3000):
            sets.append(f'set $part{len(parts)} "{text[at:at + 3000]}";')
            parts.append(f"$part{len(parts)}")
        conf = f"""
            worker_processes 1; daemon off; error_log /dev/null; pid {folder}/nginx.pid;
            events {{ worker_connections 1024; }}
            http {{ access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
              uwsgi_temp_path {folder}; scgi_temp_path {folder}; client_body_buffer_size 64k; keepalive_requests 100000000;
              geo $dollar {{ default "$"; }}
              server {{ listen 127.0.0.1:{self.port}; location / {{ default_type application/xml; {' '.join(sets)}
                return 200 "{''.join(parts)}"; }} }} }}"""
        path = os.path.join(folder, "nginx.conf")
        with open(path, "w", encoding="utf-8") as out:
            out.write(conf)
        self.process = subprocess.Popen(["nginx", "-c", path, "-p", folder], stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        check(self.process.poll() is None, "nginx starts")

    def pids(self):
        found = [self.process.pid]
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    with open(f"/proc/{entry}/stat", encoding="utf-8") as stat:
                        if int(stat.read().rsplit(")", 1)[1].split()[1]) == self.process.pid:
                            found.append(int(entry))
                except OSError:
                    pass
        return found

    def cpu_seconds(self):
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
                after = stat.read().rsplit(")", 1)[1].split()
            total += int(after[11]) + int(after[12])
        return total / HZ

    def close(self):
        self.process.terminate()
        self.process.wait()


class Bodies:
    """What is posted: a file of so many bodies of one length."""

    def __init__(self, path, file, count=1):
        self.path, self.file, self.count = path, file, count

    def first(self):
        whole = pathlib.Path(self.file).read_bytes()
        return whole[:len(whole) // self.count]


def load(program, port, bodies, seconds, connections=16, rate=None):
    command = [program, str(port), bodies.path, bodies.file, "--bodies", str(bodies.count), "--connections", str(connections),
               "--seconds", str(seconds)]
    if rate:
        command += ["--rate", str(rate)]
    out = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = re.match(r"requests (\d+) errors (\d+) seconds ([\d.]+) rate (\d+) p50_us (\d+) p99_us (\d+) max_us (\d+)", out)
    check(found, f"the load generator reports ({out!r})")
    keys = ("requests", "errors", "seconds", "rate", "p50_us", "p99_us", "max_us")
    return dict(zip(keys, (float(value) for value in found.groups())))


def cpu_per_request(server, *args, **kwargs):
    before = server.cpu_seconds()
    result = load(*args, **kwargs)
    return (server.cpu_seconds() - before) / max(1, result["requests"]) * 1e6, result


def latency_at_70(gateway, args, name, bodies, connections):
    """Highest closed-loop rate, then 70 % of it as an open loop."""
    top = load(args.load, gateway.port, bodies, args.seconds, connections)
    check(top["errors"] == 0, f"{name}: no request of {top['requests']:.0f} fails at full load")
    figure(f"{name}_top_rate", top["rate"], "requests/s")
    p99 = []
    for _ in range(3):
        calm = load(args.load, gateway.port, bodies, args.seconds, connections, rate=top["rate"] * 0.7)
        check(calm["errors"] == 0, f"{name}: no request fails at 70 % load")
        figure(f"{name}_p50_at_70", calm["p50_us"] / 1000, "ms")
        p99.append(calm["p99_us"] / 1000)
    spread(f"{name}_p99_at_70", p99, "ms")


def role_cpu(gateway):
    """Role -> seconds so far."""
    found = {}
    for name, pid in {"supervisor": gateway.process.pid, **gateway.roles()}.items():
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            after = stat.read().rsplit(")", 1)[1].split()
        kind = name.split(".")[0]
        found[kind] = found.get(kind, 0) + (int(after[11]) + int(after[12])) / HZ
    return found


def first_answer(gateway, name, bodies):
    """Of the first of the bodies, which must be a good one."""
    if bodies.path.startswith("/fhir/"):
        status, answer, _ = submit(gateway.port, bodies.first().replace(b"@" * 16, fresh_id()[:16].encode()))
        check(status == 200 and actions(answer) == ["A1"], f"{name} is approved, not {answer!r}")
        return json.dumps(answer, separators=(",", ":")).encode()
    if bodies.path.startswith("/cds-services/"):
        status, answer, _ = call(gateway.port, "POST", bodies.path, bodies.first())
        check(status == 200 and len(answer["systemActions"]) == 2, f"{name} is answered for both orders, not {answer!r}")
        return json.dumps(answer, separators=(",", ":")).encode()
    if bodies.path != "-":
        status, answer = gateway.post(bodies.path, bodies.first())
        check(status == 200 and Message(answer).text("EstimatedPatientFinancialResponsibility"),
              f"{name} is answered with a price, not {answer!r}")
        return answer
    target = bodies.first().split(b" ")[1].decode()
    with urllib.request.urlopen(f"http://127.0.0.1:{gateway.port}{target}") as reply:
        answer = reply.read()
    check(answer.count(b'"listed":true') or answer.count(b'"matches":['), f"{name} is answered with a product, not {answer!r}")
    return answer


def cost_beside_nginx(gateway, args, folder, name, bodies):
    """`name`_...; nginx gives the answer to the first of the bodies."""
    answer = first_answer(gateway, name, bodies)
    figure(f"{name}_first_answer", len(answer), "bytes")
    nginx = Nginx(folder, answer)
    try:
        ratios, controls, per_role, requests = [], [], role_cpu(gateway), 0
        for _ in range(args.rounds):
            first, _ = cpu_per_request(nginx, args.load, nginx.port, bodies, args.seconds)
            ours, run = cpu_per_request(gateway, args.load, gateway.port, bodies, args.seconds)
            check(run["errors"] == 0, f"{name}: no request fails")
            again, _ = cpu_per_request(nginx, args.load, nginx.port, bodies, args.seconds)
            ratios.append(ours / ((first + again) / 2))
            controls.append(first / again)
            requests += run["requests"]
            figure(f"{name}_cpu", ours, "us/request")
            figure("nginx_cpu", (first + again) / 2, "us/request")
        for kind, seconds in role_cpu(gateway).items():
            if seconds > per_role[kind]:
                figure(f"{name}_cpu_{kind}", (seconds - per_role[kind]) / requests * 1e6, "us/request")
        spread(f"{name}_cpu_over_nginx", ratios, "ratio")
        spread(f"{name}_nginx_over_nginx", controls, "ratio")
    finally:
        nginx.close()


def pss_bytes(gateway):
    """Memory with what processes share counted once."""
    total = 0
    for pid in [gateway.process.pid, *gateway.roles().values()]:
        with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as rollup:
            total += sum(int(line.split()[1]) * 1024 for line in rollup if line.startswith("Pss:"))
    return total


def one_rss(pid):
    with open(f"/proc/{pid}/statm", encoding="utf-8") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def idle_connections(args, folder, count=1000):
    """What each of a thousand clients that wait costs the edge, after each was answered once."""
    certificate, key = os.path.join(folder, "certificate.pem"), os.path.join(folder, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    os.chmod(key, 0o600)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4 * count)), hard))
    port = free_port()
    context = ssl.create_default_context(cafile=certificate)
    context.check_hostname = False

    def open_one(tls):
        plain = socket.create_connection(("127.0.0.1", port if tls else gateway.port))
        client = context.wrap_socket(plain) if tls else plain
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        check(client.recv(4096).startswith(b"HTTP/1.1 200"), "an idle connection is answered first")
        return client

    with Gateway(args.dualtrack, f"log = error\nlisten_tls = 127.0.0.1:{port}\ncertificate = {certificate}\nkey = {key}") as gateway:
        edge = gateway.roles()["edge.0"]
        for tls in (False, True):
            with contextlib.ExitStack() as closing:
                for _ in range(10):  # what the first connections cost once
                    closing.enter_context(open_one(tls))
                before = one_rss(edge)
                for _ in range(count):
                    closing.enter_context(open_one(tls))
                time.sleep(0.5)
                figure("idle_tls_connection" if tls else "idle_plain_connection", (one_rss(edge) - before) / count / 1024, "KB")


NATIONAL_PLANS, NATIONAL_PRODUCTS = 220, 5000  # as in national.h


def national_formulary(args):
    """Makes the formulary unless there is one."""
    if os.path.exists(os.path.join(args.formulary, "CURRENT")):
        return
    os.makedirs(args.formulary, exist_ok=True)
    plan = os.path.join(args.formulary, "plan.jsonl")
    print(f"making a formulary of {NATIONAL_PLANS * NATIONAL_PRODUCTS} products in {args.formulary}; about a minute, once", flush=True)
    subprocess.run([args.national, os.path.join(args.sandbox, "plan.jsonl"), plan], check=True)
    print(f"loading {os.path.getsize(plan) / 1e6:.0f} MB", flush=True)
    begun = time.monotonic()
    try:
        subprocess.run([args.dualtrack, "formulary", "load", plan, "--into", args.formulary], check=True)
    finally:
        os.unlink(plan)
    figure("national_load", time.monotonic() - begun, "s")


def national_payer(args, folder):
    """The sandbox's payer file with the national plans and one member of each."""
    house = json.loads(pathlib.Path(args.sandbox, "payer.json").read_text(encoding="utf-8"))
    model = house["plans"][0]
    tiers = model["tiers"] + [dict(tier, tier=4) for tier in model["tiers"] if tier["tier"] == 3]
    member = next(one for one in house["members"] if one["plan"] == model["name"])
    for i in range(NATIONAL_PLANS):
        name = f"NATIONAL-{i:05}"
        house["plans"].append(dict(model, name=name, tiers=tiers))
        house["members"].append(dict(member, plan=name, cardholder_id="EXN0001", person_code="01"))
    path = os.path.join(folder, "payer.json")
    pathlib.Path(path).write_text(json.dumps(house), encoding="utf-8")
    return path, member


def national_requests(args, folder, member, alternatives, count=20000):
    """The example request for another product and plan each time: of those with alternatives, or of all, where the first has none."""
    text = pathlib.Path(args.examples, "rtpb-request.xml").read_text(encoding="utf-8")
    for element, value in (("GroupID", ""), ("CardholderID", "EXN0001"), ("DateOfBirth", member["date_of_birth"])):
        text, found = re.subn(f"<{element}>[^<]*</{element}>", f"<{element}>{value}</{element}>" if value else "", text)
        check(found == 1, f"the example has one {element}")
    choice = random.Random(1)
    path = os.path.join(folder, f"national-{alternatives}.xml")
    with open(path, "w", encoding="utf-8") as out:
        for _ in range(count):
            plan = choice.randrange(NATIONAL_PLANS)
            product = choice.randrange(NATIONAL_PRODUCTS // 10) * 10 + 3 if alternatives else choice.randrange(NATIONAL_PRODUCTS)
            out.write(text.replace("EXPCN", f"NATIONAL-{plan:05}").replace("99999000303", f"99999{product:06}"))
    return Bodies("/ncpdp/rtpb", path, count)


def questions(folder, name, targets):
    """Whole GET requests of one length, which is that of the longest: a header pads the others."""
    requests = [f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\nX-Pad: \r\n\r\n" for target in targets]
    longest = max(len(request) for request in requests)
    path = os.path.join(folder, f"{name}.http")
    with open(path, "w", encoding="utf-8", newline="") as out:
        for request in requests:
            out.write(request.replace("X-Pad: ", "X-Pad: " + "x" * (longest - len(request))))
    return Bodies("-", path, len(requests))


def formulary_questions(folder, national, count=20000):
    choice = random.Random(2)
    if not national:
        return {"coverage": questions(folder, "coverage", ["/formulary/v1/coverage?bin=999999&pcn=EXPCN&group=EXGRP&ndc=99999000303"]),
                "products": questions(folder, "products", ["/formulary/v1/products?q=samplastatin+1&plan=EXAMPLE-COMMERCIAL"])}
    return {"coverage": questions(folder, "coverage", [
        f"/formulary/v1/coverage?plan=NATIONAL-{choice.randrange(NATIONAL_PLANS):05}&ndc=99999{choice.randrange(NATIONAL_PRODUCTS):06}"
        for _ in range(count)])}


def read_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("dualtrack")
    parser.add_argument("load")
    parser.add_argument("formulary")
    parser.add_argument("examples")
    parser.add_argument("--national", help="program that writes the national plan file")
    parser.add_argument("--sandbox", help="folder with the sandbox's plan and payer file")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--only", default="", help="comma-separated of: memory, cpu, rtpb, pa, pas, crd, idle")
    parser.add_argument("--flat", type=int, default=0, help="post so many RTPB requests more and report growth of memory")
    parser.add_argument("--build", default="", help="build type of the program; figures of any but `release` are not comparable")
    return parser.parse_args()


def stay_flat(gateway, args, rtpb):
    """Memory over many requests, counted from when the caches have filled: a tenth of them."""
    sizes = []
    for part in range(11):
        subprocess.run([args.load, str(gateway.port), rtpb.path, rtpb.file, "--bodies", str(rtpb.count), "--count", str(args.flat // 10),
                        "--seconds", "3600"], check=True, stdout=subprocess.DEVNULL)
        sizes.append(gateway.rss_bytes())
        figure(f"rss_after_{(part + 1) * (args.flat // 10)}_requests", sizes[-1] / 1e6, "MB")
    figure("rss_growth_over_requests", (sizes[-1] - sizes[0]) / 1e6, "MB")


def measure(args, folder):
    def wanted(part):
        return not args.only or part in args.only.split(",")

    options, config = [], "log = error"
    kinds = {"rtpb": Bodies("/ncpdp/rtpb", os.path.join(args.examples, "rtpb-request.xml"))}
    kinds.update(formulary_questions(folder, args.formulary != "sandbox"))
    if args.formulary != "sandbox":
        national_formulary(args)
        payer, member = national_payer(args, folder)
        config += f"\npayer = {payer}"
        kinds = {"rtpb": national_requests(args, folder, member, False),
                 "rtpb_alternatives": national_requests(args, folder, member, True), "coverage": kinds["coverage"]}
        options = ["--formulary", args.formulary]
    if wanted("memory"):
        with Gateway(args.dualtrack, "log = error") as sandbox:
            figure("idle_sandbox_rss", sandbox.rss_bytes() / 1e6, "MB")
            figure("idle_sandbox_pss", pss_bytes(sandbox) / 1e6, "MB")
    if wanted("cpu") or wanted("rtpb") or wanted("pa") or args.flat:
        with Gateway(args.dualtrack, config, options=options) as gateway:
            for name, bodies in kinds.items():
                if wanted("cpu"):
                    cost_beside_nginx(gateway, args, folder, name, bodies)
            if wanted("rtpb"):
                latency_at_70(gateway, args, "rtpb", kinds["rtpb"], 16)
            if wanted("pa"):
                latency_at_70(gateway, args, "durable_pa_15k", Bodies("/ncpdp/script", large_pa(args.examples, folder)), 32)
            if args.flat:
                stay_flat(gateway, args, kinds["rtpb"])
    if wanted("pas"): # a durable commit of the submission, and one of its decision, before the answer
        with Gateway(args.dualtrack, "log = error\nopen = true") as gateway:
            bodies = pas_submission(folder)
            cost_beside_nginx(gateway, args, folder, "pas_submit", bodies)
            latency_at_70(gateway, args, "pas_submit", bodies, 32)
    if wanted("crd"):
        with Gateway(args.dualtrack, "log = error\nopen = true") as gateway:
            bodies = order_signed(args.examples, folder)
            cost_beside_nginx(gateway, args, folder, "crd_order_sign", bodies)
            latency_at_70(gateway, args, "crd_order_sign", bodies, 32)
    if wanted("idle"):
        idle_connections(args, folder)


def main():
    args = read_arguments()
    if not shutil.which("nginx"):
        print("end_to_end: needs nginx (apt-get install nginx-light)", file=sys.stderr)
        return 77
    if args.build and args.build != "release":
        print(f"this is a {args.build} build: its figures are not comparable (meson setup build-release --buildtype=release)")
    folder = tempfile.mkdtemp(prefix="dualtrack-bench-")
    try:
        measure(args, folder)
    except Failed as failed:
        print(f"FAILED {failed}")
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def pas_submission(folder):
    """A PAS request bundle under an identifier of its own in every request."""
    path = os.path.join(folder, "pas-submit.json")
    pathlib.Path(path).write_text(json.dumps(EXAMPLE, separators=(",", ":")).replace("EXAMPLE-PAS-1", "BENCH" + "@" * 16), encoding="utf-8")
    return Bodies("/fhir/Claim/$submit", path)


def order_signed(examples, folder):
    """The CRD example without white space: two drugs."""
    path = os.path.join(folder, "crd-order-sign.json")
    example = json.loads(pathlib.Path(examples, "crd-order-sign.json").read_text(encoding="utf-8"))
    pathlib.Path(path).write_text(json.dumps(example, separators=(",", ":")), encoding="utf-8")
    return Bodies("/cds-services/order-sign", path)


def large_pa(examples, folder):
    """A PARequest of 15 KB with ids of its own in every request: the unsolicited example with a long comment of the prescriber."""
    text = pathlib.Path(examples, "pa-request-medical.xml").read_text(encoding="utf-8")
    text = re.sub(r"<MessageID>[^<]*</MessageID>", "<MessageID>BENCH@@@@@@@@@@@@@@@@</MessageID>", text, count=1)
    text = re.sub(r"<PAReferenceID>[^<]*</PAReferenceID>", "<PAReferenceID>REF@@@@@@@@@@@@@@@@</PAReferenceID>", text, count=1)
    pad = 15 * 1024 - len(text)
    notes = "".join(f"<!-- {'x' * 1000} -->" for _ in range(max(0, pad // 1010)))
    text = text.replace("</Message>", notes + "</Message>")
    path = os.path.join(folder, "pa-15k.xml")
    pathlib.Path(path).write_text(text, encoding="utf-8")
    return path


if __name__ == "__main__":
    sys.exit(main())
