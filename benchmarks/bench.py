"""Measures, judges, and writes docs/performance.rst and docs/performance.svg.

Run it by ./dev bench.  It fails when a figure that can be counted misses its target; what is timed
varies, and is told only.
"""

import json
import os
import platform
import sys
import time
from types import SimpleNamespace

import environments
import machine
import measuring
import peers as peering
import report
import targets
from environments import BUILD, HERE, ROOT

SUBJECTS = {
    "counted": lambda peers: measuring.count(peers["core"]),
    "compiling": lambda peers: measuring.compile_policies(peers["core"]),
    "enforcing": measuring.enforce_policies,
    "calls": lambda peers: measuring.make_calls(peers["core"]),
    "threads": lambda peers: measuring.synchronise_threads(peers["core"]),
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


def for_plot(results):
    """Return what is drawn: for each policy and peer, a median between two quartiles."""
    enforcing, executed = {}, {}
    for policy in targets.FOUR_POLICIES:
        contest = results.enforcing[policy]
        spreads = {name: contest.spread(name) for name in contest.names}
        enforcing[policy] = {
            name: [number / 1000 for number in (spread.low, spread.median, spread.high)]
            for name, spread in spreads.items()
            if spread
        }
        executed[policy] = {
            name: [results.counted[policy, name]["median conditional call"]] * 3
            for name in measuring.COMPILERS
        }
    return {"enforcing": enforcing, "executed": executed}


def plot(results):
    try:
        python = environments.environment("plot", "matplotlib")
    except environments.Absent as reason:
        print(f"no plot: {reason}")
        return
    figures = json.dumps(for_plot(results))
    environments.run(python, HERE / "plot.py", ROOT / "docs/performance.svg", input=figures)


def main():
    if platform.machine() != "x86_64":
        sys.exit("The policies of the benchmark are for x86-64.")
    BUILD.mkdir(parents=True, exist_ok=True)
    results = measure()
    judged = targets.judge(results)
    text = report.page(measuring.version(), machine.describe(), results, judged)
    (ROOT / "docs/performance.rst").write_text(text, encoding="utf-8")
    plot(results)
    for target in judged:
        answer = "met" if target.is_met else "NOT MET"
        print(f"{answer:8}{target.what}: {target.measured}, target {target.wanted}")
    print("All tables: docs/performance.rst")
    if any(target.is_counted and not target.is_met for target in judged):
        sys.exit("A figure that can be counted misses its target.")


main()
