#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a real-time benefit request costs in the whole gateway when the lists of a country (or a plan file of its size) are loaded, beside the same
gateway with those of one plan: both run, and are asked in turn, so that the ratio of each round is taken at one speed of the machine. Two gateways with the small set are the
control. Each request asks for another product, of another plan where there are several.

usage: lists_end_to_end.py DUALTRACK LOAD NATIONAL-FILE FORMULARY-DIR EXAMPLES-DIR SANDBOX-DIR [--set lists|plan_file] [--rows N] [--rounds N] [--seconds S]
"""
import argparse
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

from end_to_end import Bodies, Failed, Gateway, Message, check, cpu_per_request, figure, load, role_cpu, spread

# What a set is made of: rows of one plan, products of it, and what its n-th plan is called; as in national_lists.h and national.h
SETS = {"lists": (40000, 20000, "EXPBM:PLAN{}"), "plan_file": (5000, 5000, "NATIONAL-{:05}")}


def formulary(args, families):
    """Directory with so many families of lists; made once."""
    into = f"{args.formulary}-{args.set}-{families}"
    if not os.path.exists(os.path.join(into, "CURRENT")):
        os.makedirs(into, exist_ok=True)
        lists = os.path.join(into, "national")
        made = ["lists", lists, str(families)] if args.set == "lists" else ["/dev/null", lists, str(families * SETS[args.set][0])]
        try:
            subprocess.run([args.national, *made], check=True)
            subprocess.run([args.dualtrack, "formulary", "load", lists, "--into", into], check=True, stdout=subprocess.DEVNULL)
        finally:
            os.unlink(lists)
    return into


def payer(args, folder, families):
    """The sandbox's payer file with a plan for each family and a member of it."""
    house = json.loads(pathlib.Path(args.sandbox, "payer.json").read_text(encoding="utf-8"))
    model = house["plans"][0]
    member = next(one for one in house["members"] if one["plan"] == model["name"])
    tiers = model["tiers"] + [dict(tier, tier=4) for tier in model["tiers"] if tier["tier"] == 3]
    for i in range(families):
        name = SETS[args.set][2].format(i)
        house["plans"].append(dict(model, name=name, tiers=tiers))
        house["members"].append(dict(member, plan=name, cardholder_id="EXN0001", person_code="01"))
    path = os.path.join(folder, f"payer-{families}.json")
    pathlib.Path(path).write_text(json.dumps(house), encoding="utf-8")
    return path, member


def requests(args, folder, member, families, count=20000):
    text = pathlib.Path(args.examples, "rtpb-request.xml").read_text(encoding="utf-8")
    for element, value in (("GroupID", ""), ("CardholderID", "EXN0001"), ("DateOfBirth", member["date_of_birth"])):
        text, found = re.subn(f"<{element}>[^<]*</{element}>", f"<{element}>{value}</{element}>" if value else "", text)
        check(found == 1, f"the example has one {element}")
    choice = random.Random(1)
    path = os.path.join(folder, f"requests-{families}.xml")
    with open(path, "w", encoding="utf-8") as out:
        for _ in range(count):
            product, plan = choice.randrange(SETS[args.set][1]), choice.randrange(families)
            out.write(text.replace("EXPCN", f"NATIONAL-{plan:05}").replace("99999000303", f"99999{product:06}"))
    return Bodies("/ncpdp/rtpb", path, count)


def start(args, folder, families, plans):
    house, member = payer(args, folder, plans)  # the same for all: it is the formulary that is measured
    gateway = Gateway(args.dualtrack, f"log = error\npayer = {house}\nformulary = {formulary(args, families)}").start()
    bodies = requests(args, folder, member, families)
    status, answer = gateway.post(bodies.path, bodies.first())
    message = Message(answer)
    check(status == 200 and message.kind == "RTPBResponse" and message.all("CoverageStatusCode"), f"a request is answered, not {answer!r}")
    figure(f"{args.set}_{families}_first_answer", len(answer), "bytes")
    return gateway, bodies


def measure(args, folder):
    families = max(1, args.rows // SETS[args.set][0])
    sides = {name: start(args, folder, families if name == "national" else 1, families) for name in ("national", "small", "control")}
    try:
        ratios, controls, roles, times = [], [], {}, {name: [] for name in sides}
        for turn in range(args.rounds + 1):
            cost = {}
            for name in list(sides) if turn % 2 else reversed(sides):
                gateway, bodies = sides[name]
                before = role_cpu(gateway)
                cost[name], run = cpu_per_request(gateway, args.load, gateway.port, bodies, args.seconds)
                check(run["errors"] == 0, f"{name}: no request fails")
                for kind, seconds in role_cpu(gateway).items():
                    roles[name, kind] = roles.get((name, kind), 0) + (seconds - before[kind]) / run["requests"] * 1e6 / (args.rounds + 1)
                if turn:
                    times[name].append(run["p50_us"])
            if turn:  # the first round warms up
                ratios.append(cost["national"] / cost["small"])
                controls.append(cost["control"] / cost["small"])
                for name, value in cost.items():
                    figure(f"{args.set}_{name}_cpu", value, "us/request")
        spread(f"{args.set}_national_over_small", ratios, "ratio")
        spread(f"{args.set}_small_over_small", controls, "ratio")
        for name, values in times.items():
            spread(f"{args.set}_{name}_p50_full_load", values, "us")
        for (name, kind), value in roles.items():
            if value >= 1:
                figure(f"{args.set}_{name}_cpu_{kind}", value, "us/request")
        gateway, bodies = sides["national"]
        calm = load(args.load, gateway.port, bodies, args.seconds, connections=4, rate=200)
        figure(f"{args.set}_national_p99_calm", calm["p99_us"] / 1000, "ms")
    finally:
        for gateway, _ in sides.values():
            gateway.close()


def main():
    parser = argparse.ArgumentParser()
    for name in ("dualtrack", "load", "national", "formulary", "examples", "sandbox"):
        parser.add_argument(name)
    parser.add_argument("--set", choices=SETS, default="lists")
    parser.add_argument("--rows", type=int, default=10000000)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=3)
    args = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="dualtrack-bench-")
    try:
        measure(args, folder)
    except Failed as failed:
        print(f"FAILED {failed}")
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
