# SPDX-License-Identifier: MIT
"""See tools/mutants."""

import argparse
import concurrent.futures
import dataclasses
import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time

import describe
import process
import selftest
from host import Broken, Host
from kernel import Kernel


@dataclasses.dataclass
class Outcome:
    mutant: describe.Mutant
    outcome: str  # caught, survived, error
    by: str = ""
    how: str = ""
    test_seconds: float = 0  # of the test that caught it
    seconds: float = 0  # of all: compiling, and tests that said nothing
    cached: bool = False


class Runner:
    def __init__(self, top, mutants, jobs, use_cache):
        self.top = top
        self.rules = describe.contract(top)
        self.folder = top / "build/mutants"
        self.work = self.folder / f"work-{os.getpid()}"
        self.use_cache = use_cache
        parts = {mutant.by for mutant in mutants}
        self.hosts = {}
        if parts & {"host", "sim"}:
            host = Host(top, parts)
            host.prepare()
            self.hosts |= {"host": host, "sim": host}
        if "kunit" in parts:
            self.hosts["kunit"] = Kernel(top, jobs)
            self.hosts["kunit"].prepare()
        self.keys = {}
        for part in parts:
            digest = hashlib.sha256()
            for path in [*self.hosts[part].inputs(), *sorted((top / "tools/mutation").glob("*.py"))]:
                digest.update(f"{path}\0".encode() + path.read_bytes() + b"\0")
            for compiler in ("gcc", "g++", "ld"):
                digest.update(subprocess.run([compiler, "--version"], check=True, capture_output=True).stdout)
            self.keys[part] = digest.hexdigest()

    def budget_for_self_test(self):
        """Less of what is to find nothing."""
        for host in self.hosts.values():
            host.scenarios = host.scenarios[:20] + ["push_one", "credits_exclude", "stop_run"]
            host.patience = 5

    def key(self, mutant):
        named = describe.named_tests(mutant, self.rules)
        return hashlib.sha256(repr((self.keys[mutant.by], mutant, named)).encode()).hexdigest()[:32]

    def run(self, mutant):
        stored = self.folder / "cache" / self.key(mutant)
        start = time.monotonic()
        if self.use_cache and stored.exists():
            by, how, test_seconds = json.loads(stored.read_text())
            return Outcome(mutant, "caught", by, how, test_seconds, time.monotonic() - start, True)
        scratch = self.work / mutant.name
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        try:
            found = self.hosts[mutant.by].run(mutant, scratch, self.rules)
        except Broken as error:
            return Outcome(mutant, "error", how=str(error), seconds=time.monotonic() - start)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        if not found:
            return Outcome(mutant, "survived", seconds=time.monotonic() - start)
        stored.parent.mkdir(parents=True, exist_ok=True)
        stored.write_text(json.dumps(found))
        return Outcome(mutant, "caught", *found, time.monotonic() - start)


def line_of(outcome):
    text = f"{outcome.outcome:<9}{outcome.mutant.name:<44} {','.join(outcome.mutant.rules):<10}"
    if outcome.outcome == "caught":
        text += f" {outcome.by} in {outcome.test_seconds:.1f} s: {outcome.how}"
        text += " (as before)" if outcome.cached else f" ({outcome.seconds:.0f} s in all)"
    elif outcome.outcome == "error":
        text += f" {outcome.how}"
    return text


def run_all(top, mutants, jobs, use_cache, out):
    runner = Runner(top, mutants, jobs, use_cache)
    outcomes = []
    lock = threading.Lock()

    def one(mutant):
        if process.stopping.is_set():
            return
        try:
            outcome = runner.run(mutant)
        except process.Stopped:
            return
        with lock:
            outcomes.append(outcome)
            print(f"[{len(outcomes)}/{len(mutants)}] {line_of(outcome)}", file=out, flush=True)

    pool = concurrent.futures.ThreadPoolExecutor(jobs)
    # What needs a kernel comes last.
    futures = [pool.submit(one, mutant) for mutant in sorted(mutants, key=lambda mutant: describe.PARTS.index(mutant.by))]
    try:
        while not all(future.done() for future in futures):
            time.sleep(0.1)
        for future in futures:
            future.result()
    finally:
        process.stop_all()
        pool.shutdown(cancel_futures=True)
        shutil.rmtree(runner.work, ignore_errors=True)
    return outcomes


def summary(outcomes, mutants, rules, out):
    by = {kind: [outcome for outcome in outcomes if outcome.outcome == kind] for kind in ("caught", "survived", "error")}
    for kind, title in (("survived", "Not caught by any test:"), ("error", "Not a mutant:")):
        if by[kind]:
            print(f"\n{title}", file=out)
        for outcome in by[kind]:
            print(f"   {line_of(outcome)}", file=out)
    touched = {rule for outcome in by["caught"] for rule in outcome.mutant.rules}
    slow = sorted(by["caught"], key=lambda outcome: outcome.test_seconds)
    print(file=out)
    if slow:
        print(f"half of those caught were caught in {slow[len(slow) // 2].test_seconds:.1f} s or less by the test that did it, "
              f"all in {slow[-1].test_seconds:.1f} s; {sum(outcome.cached for outcome in slow)} results are of an earlier run", file=out)
    print(f"{len(touched)} of {len(rules)} rules were broken by a fault that was caught", file=out)
    print(f"{len(by['caught'])} caught, {len(by['survived'])} survived, {len(by['error'])} are none, {len(mutants) - len(outcomes)} not run",
          file=out)


def interrupted(number, frame):
    process.stopping.set()
    raise SystemExit(128 + number)


def main():
    options = argparse.ArgumentParser(prog="tools/mutants", add_help=False)
    options.add_argument("--only", action="append", default=[])
    options.add_argument("--part", action="append", choices=describe.PARTS, default=[])
    options.add_argument("--rule", action="append", default=[])
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--list", action="store_true")
    options.add_argument("--json")
    options.add_argument("--no-cache", action="store_true")
    options.add_argument("--self-test", action="store_true")
    args = options.parse_args()
    top = describe.top()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)

    if args.self_test:
        return selftest.main(top, Runner)
    mutants, mistakes = describe.load(top)
    for mistake in mistakes:
        print(mistake, file=sys.stderr)
    if mistakes:
        return 2
    rules = describe.contract(top)
    for name in args.only:
        if name not in {mutant.name for mutant in mutants}:
            options.error(f"there is no mutant {name} (see --list)")
    for rule in args.rule:
        if rule not in rules:
            options.error(f"there is no rule {rule}")
    mutants = [mutant for mutant in mutants if (not args.only or mutant.name in args.only) and (not args.part or mutant.by in args.part)
               and (not args.rule or set(mutant.rules) & set(args.rule))]
    if args.list:
        for mutant in mutants:
            print(f"{mutant.by:<6}{mutant.name:<44} {','.join(mutant.rules):<10} {mutant.file}")
        return 0
    if not mutants:
        options.error("no mutant is left to be run")
    out = sys.stderr if args.json == "-" else sys.stdout
    outcomes = run_all(top, mutants, max(args.jobs, 1), not args.no_cache, out)
    summary(outcomes, mutants, rules, out)
    if args.json:
        text = json.dumps([{"name": outcome.mutant.name, "file": outcome.mutant.file, "rules": outcome.mutant.rules, "part": outcome.mutant.by,
                            "outcome": outcome.outcome, "by": outcome.by, "how": outcome.how, "test_seconds": round(outcome.test_seconds, 3),
                            "seconds": round(outcome.seconds, 3), "cached": outcome.cached} for outcome in outcomes], indent=1)
        if args.json == "-":
            print(text)
        else:
            pathlib.Path(args.json).write_text(text + "\n")
    return 0 if len(outcomes) == len(mutants) and all(outcome.outcome == "caught" for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
