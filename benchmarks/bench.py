"""Measures, writes docs/data/measurements.csv, and judges what is written there.

Run it by ./dev bench.  It fails when a figure that can be counted misses its target; what is timed
varies, and is told only.
"""

import os
import platform
import sys
import time
from types import SimpleNamespace

import environments
import figures
import machine
import measuring
import peers as peering
import targets
from environments import BUILD, ROOT

SUBJECTS = {
    "counted": lambda peers: measuring.count(peers["core"]),
    "compiling": lambda peers: measuring.compile_policies(peers["core"]),
    "enforcing": measuring.enforce_policies,
    "calls": lambda peers: measuring.make_calls(peers["core"]),
    "threads": lambda peers: measuring.synchronise_threads(peers["core"]),
    "paths": measuring.limit_paths,
    "explaining": lambda _peers: measuring.explain_denials(),
    "learning": lambda _peers: measuring.learn_programs(),
    "imports": lambda peers: measuring.import_modules(),
}


def check(peers):
    """Stop if what this is all about does not work."""
    for name, question in {"core": "length extrasafe small", "pyextrasafe": "small"}.items():
        try:
            peers[name].ask(question)
        except environments.Absent as reason:
            sys.exit(f"{name} does not answer: {reason}")


def measure():
    peers = peering.prepare_all()
    check(peers)
    # One processor for all that follows: what is rehearsed in a thread is in its caches then.
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    found = {}
    for subject, ask in SUBJECTS.items():
        start = time.monotonic()
        found[subject] = ask(peers)
        # Each subject finds processes whose memory is as at their start.
        for peer in peers.values():
            peer.close()
        print(f"measured {subject} in {time.monotonic() - start:.0f} s", flush=True)
    importing, resident, modules = found.pop("imports")
    return SimpleNamespace(**found, importing=importing, resident=resident, modules=modules)


def main():
    if platform.machine() != "x86_64":
        sys.exit("The policies of the benchmark are for x86-64.")
    BUILD.mkdir(parents=True, exist_ok=True)
    figures.write(machine.describe(), measure())
    judged = targets.judge(figures.read())
    for target in judged:
        answer = "met" if target.is_met else "NOT MET"
        print(f"{answer:8}{target.what}: {target.measured}, target {target.wanted}")
    print(f"All figures: {figures.PATH.relative_to(ROOT)}; ./dev docs makes tables of them")
    if any(target.is_counted and not target.is_met for target in judged):
        sys.exit("A figure that can be counted misses its target.")


main()
