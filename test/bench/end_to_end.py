#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""End to end: what a request costs in the whole gateway.

CPU a request is given as a ratio to an nginx that answers the same bodies, measured in turn with the gateway in the same run, because
machines change speed under a measurement; nginx against itself is the control that says how far to trust it.

usage: end_to_end.py DUALTRACK LOAD FORMULARY-DIR EXAMPLES-DIR [--rounds N] [--seconds S]
"""
import argparse
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from gateway import Failed, Gateway, Message, check, wait_for  # noqa: E402

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


def free_port():
    import socket
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def load(program, port, path, body_file, seconds, connections=16, rate=None):
    command = [program, str(port), path, body_file, "--connections", str(connections), "--seconds", str(seconds)]
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


def latency_at_70(gateway, args, name, path, body_file, connections):
    """Highest closed-loop rate, then 70 % of it as an open loop."""
    top = load(args.load, gateway.port, path, body_file, args.seconds, connections)
    check(top["errors"] == 0, f"{name}: no request of {top['requests']:.0f} fails at full load")
    figure(f"{name}_top_rate", top["rate"], "requests/s")
    p99 = []
    for _ in range(3):
        calm = load(args.load, gateway.port, path, body_file, args.seconds, connections, rate=top["rate"] * 0.7)
        check(calm["errors"] == 0, f"{name}: no request fails at 70 % load")
        figure(f"{name}_p50_at_70", calm["p50_us"] / 1000, "ms")
        p99.append(calm["p99_us"] / 1000)
    spread(f"{name}_p99_at_70", p99, "ms")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dualtrack")
    parser.add_argument("load")
    parser.add_argument("formulary")
    parser.add_argument("examples")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--flat", type=int, default=0, help="post so many RTPB requests more and report growth of memory")
    args = parser.parse_args()
    if not shutil.which("nginx"):
        print("end_to_end: needs nginx (apt-get install nginx-light)", file=sys.stderr)
        return 77
    folder = tempfile.mkdtemp(prefix="dualtrack-bench-")
    options = ["--formulary", args.formulary] if args.formulary != "sandbox" else []
    rtpb = os.path.join(args.examples, "rtpb-request.xml")
    try:
        with Gateway(args.dualtrack, "log = error", options=options) as gateway:
            figure("idle_rss", gateway.rss_bytes() / 1e6, "MB")
            status, answer = gateway.post("/ncpdp/rtpb", pathlib.Path(rtpb).read_bytes())
            check(status == 200 and Message(answer).text("EstimatedPatientFinancialResponsibility"), "RTPB is answered with a price")
            figure("rtpb_answer", len(answer), "bytes")
            nginx = Nginx(folder, answer)
            again = None
            try:
                ratios, controls = [], []
                for _ in range(args.rounds):
                    first, _ = cpu_per_request(nginx, args.load, nginx.port, "/ncpdp/rtpb", rtpb, args.seconds)
                    ours, run = cpu_per_request(gateway, args.load, gateway.port, "/ncpdp/rtpb", rtpb, args.seconds)
                    check(run["errors"] == 0, "no RTPB request fails")
                    again, _ = cpu_per_request(nginx, args.load, nginx.port, "/ncpdp/rtpb", rtpb, args.seconds)
                    ratios.append(ours / ((first + again) / 2))
                    controls.append(first / again)
                    figure("rtpb_cpu", ours, "us/request")
                    figure("nginx_cpu", (first + again) / 2, "us/request")
                spread("rtpb_cpu_over_nginx", ratios, "ratio")
                spread("nginx_over_nginx", controls, "ratio")
            finally:
                nginx.close()
            latency_at_70(gateway, args, "rtpb", "/ncpdp/rtpb", rtpb, 16)
            latency_at_70(gateway, args, "durable_pa_15k", "/ncpdp/script", large_pa(args.examples, folder), 32)
            if args.flat:
                load(args.load, gateway.port, "/ncpdp/rtpb", rtpb, 5)
                before = gateway.rss_bytes()
                subprocess.run([args.load, str(gateway.port), "/ncpdp/rtpb", rtpb, "--count", str(args.flat), "--seconds", "3600"],
                               check=True, stdout=subprocess.DEVNULL)
                figure("rss_growth_over_requests", (gateway.rss_bytes() - before) / 1e6, "MB")
    except Failed as failed:
        print(f"FAILED {failed}")
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


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
