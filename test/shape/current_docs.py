#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/reference is what the tables say now, and every link and every file named in the documentation leads somewhere.
usage: current_docs.py SOURCE-ROOT DUALTRACK [--write]"""
import pathlib
import re
import subprocess
import sys

TABLES = ("messages", "faults", "config", "states", "rules", "clock", "formulary", "pas", "benefit-check", "route", "doors", "says", "map", "selftest")


def stale(root, program, write):
    for table in TABLES:
        printed = subprocess.run([program, "print", table], capture_output=True, text=True, check=True).stdout
        path = root / "docs" / "reference" / f"{table}.md"
        if write:
            path.write_text(printed, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != printed:
            yield f"{path.relative_to(root)} is not what `dualtrack print {table}` prints; test/shape/current_docs.py . DUALTRACK --write mends it"


def dead_links(root):
    for path in [*root.glob("*.md"), *root.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            if "://" not in target and not (path.parent / target).exists():
                yield f"{path.relative_to(root)} links to {target}, which is not there"


def dead_paths(root):
    """`gateway/main.c` and the like, from the top; what a command makes (`formulary/CURRENT`) is no source."""
    named = re.compile(r"`((?:base|ncpdp|formulary|routing|adjudication|fhir-bridge|gateway|test|docs)/[\w./*-]*(?:\.\w+|/))`")
    for path in [*root.glob("*.md"), *root.glob("docs/**/*.md")]:
        for target in named.findall(path.read_text(encoding="utf-8")):
            if not any(root.glob(target.rstrip("/"))):
                yield f"{path.relative_to(root)} names {target}, which is not there"


def main():
    root, program = pathlib.Path(sys.argv[1]), sys.argv[2]
    found = list(stale(root, program, "--write" in sys.argv)) + list(dead_links(root)) + list(dead_paths(root))
    architecture = (root / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()
    if len(architecture) > 110:
        found.append("docs/ARCHITECTURE.md is longer than two pages")
    print("\n".join(found) or "the documentation is current")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
