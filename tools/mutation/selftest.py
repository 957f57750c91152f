# SPDX-License-Identifier: MIT
"""Sees that tools/mutants tells a fault from none, and from what is no fault."""

import pathlib
import re
import shutil
import tempfile

import describe

PAGE = "| A1 | It runs. | `host:A.Runs`, `sim:a` |\n"
GOOD = '[[mutant]]\nname = "a"\nfile = "a.cc"\nrules = ["A1"]\nby = "sim"\nold = "one"\nnew = "two"\n'

# Text of the description, text of a.cc, and what is to be said of it, or None.
DESCRIPTIONS = [
    (GOOD, "one", None),
    (GOOD, "one one", "2 times in a.cc"),
    (GOOD, "two", "0 times in a.cc"),
    (GOOD + GOOD, "one", "is there twice"),
    (GOOD.replace("a.cc", "b.cc"), "one", "no file b.cc"),
    (GOOD.replace("A1", "A2"), "one", "breaks A2"),
    (GOOD.replace("sim", "luck"), "one", "caught by 'luck'"),
    (GOOD.replace("two", "one"), "one", "changes nothing"),
    (GOOD.replace('rules = ["A1"]\n', ""), "one", "has no rules"),
    (GOOD + 'colour = "red"\n', "one", "not known: colour"),
    (GOOD.replace('"a"', '"A"'), "one", "small letters"),
    (GOOD + "[[", "one", "toml: "),
]

# In the core as it is: what must come of it, and what is to be said.
COUNT = ("kernel/dep/complete.cc", "queue.credits_used -= job.credits;")
FAULTS = [
    ("self-test-no-fault", "sim", *COUNT, "queue.credits_used -= job.credits; /* unchanged */", ("credits_exclude",), "survived", ""),
    ("self-test-fault-sim", "sim", *COUNT, "queue.credits_used -= job.credits - 1;", ("credits_exclude",), "caught", "sim:credits_exclude"),
    ("self-test-fault-host", "host", *COUNT, "queue.credits_used -= job.credits - 1;", ("Credits.GivenBack",), "error", "do not exist"),
    ("self-test-crash", "host", *COUNT, "__builtin_trap();", ("Complete.FirstOneWins",), "caught", "host:.*FirstOneWins"),
    ("self-test-hang", "sim", *COUNT, "for (;;) asm volatile(\"\" ::: \"memory\");", ("push_one",), "caught", "sim:push_one"),
    ("self-test-no-code", "sim", *COUNT, "queue.credits_used -= ;", ("credits_exclude",), "error", "does not compile"),
    ("self-test-no-scenario", "sim", *COUNT, "queue.credits_used = 0;", ("credits_of_nobody",), "error", "do not exist"),
    ("self-test-header", "sim", "kernel/dep/run.h", "queue.in_op = true;", "queue.in_op = false;", ("stop_run",), "caught", "sim:"),
    ("self-test-effects", "host", *COUNT, "os_might_sleep(); queue.credits_used -= job.credits;", ("core_effects",), "caught",
     "host:core_effects"),
]


def main(top, runner_class):
    wrong = []
    for text, source, expected in DESCRIPTIONS:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "docs").mkdir()
            (folder / "docs/contract.md").write_text(PAGE)
            (folder / "tools/mutants.d").mkdir(parents=True)
            (folder / "tools/mutants.d/a.toml").write_text(text)
            (folder / "a.cc").write_text(source)
            _, mistakes = describe.load(folder)
        if bool(mistakes) != bool(expected) or expected and not any(expected in mistake for mistake in mistakes):
            wrong.append(f"of a description, expected '{expected}', was told {mistakes}")

    mutants = [describe.Mutant(name, file, ("R9",), part, tests, old, new) for name, part, file, old, new, tests, _, _ in FAULTS]
    runner = runner_class(top, mutants, 1, False)
    runner.budget_for_self_test()
    for mutant, (_, _, _, _, _, _, expected, said) in zip(mutants, FAULTS):
        found = runner.run(mutant)
        text = f"{found.outcome} {found.by} {found.how}"
        print(f"{mutant.name}: {text}", flush=True)
        if found.outcome != expected or not re.search(said, f"{found.by} {found.how}"):
            wrong.append(f"{mutant.name}: expected '{expected} {said}', got '{text}'")
    shutil.rmtree(runner.work, ignore_errors=True)
    for sentence in wrong:
        print(f"self-test: {sentence}")
    print("self-test: failed" if wrong else f"self-test: good, {len(DESCRIPTIONS)} descriptions and {len(FAULTS)} faults")
    return 1 if wrong else 0
