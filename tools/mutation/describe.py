# SPDX-License-Identifier: MIT
"""What the files of tools/mutants.d say, and what docs/contract.md says of the tests.

One file describes any number of faults:

    [[mutant]]
    name = "credit-limit-one-more"     # unique, and a hint at what is wrong
    file = "kernel/dep/run.cc"
    rules = ["R9"]                     # of docs/contract.md, that it breaks
    by = "sim"                         # the kind of test that has to catch it: host, sim or kunit
    tests = ["credits_exclude"]        # optional: which are tried first; otherwise those that the rules name
    old = '''text that is in the file exactly once'''
    new = '''what stands there instead'''
"""

import dataclasses
import pathlib
import re
import tomllib

PARTS = ("sim", "host", "kunit")
RULE = re.compile(r"^\| *([A-Z]\d+) *\| *.+? *\| *(.*?) *\|$", re.M)
TEST = re.compile(r"`(\w+):([\w./-]+)`")


@dataclasses.dataclass(frozen=True)
class Mutant:
    name: str
    file: str
    rules: tuple
    by: str
    tests: tuple
    old: str
    new: str


def contract(top):
    """rule: names of tests, as 'kind:name', in the order of the page."""
    page = top / "docs/contract.md"
    if not page.exists():
        return {}
    return {rule: [f"{kind}:{name}" for kind, name in TEST.findall(named)] for rule, named in RULE.findall(page.read_text())}


def field_mistakes(entry, rules):
    for key, kind in (("name", str), ("file", str), ("by", str), ("old", str), ("new", str), ("rules", list)):
        if not isinstance(entry.get(key), kind) or not entry[key] and key != "new":
            yield f"has no {key}"
            return
    if set(entry) - {field.name for field in dataclasses.fields(Mutant)}:
        yield "has something that is not known: " + ", ".join(sorted(set(entry) - {field.name for field in dataclasses.fields(Mutant)}))
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", entry["name"]):
        yield "has a name of other things than small letters, digits and hyphens"
    if entry["by"] not in PARTS:
        yield f"is to be caught by '{entry['by']}', which is none of {', '.join(PARTS)}"
    if entry["old"] == entry["new"]:
        yield "changes nothing"
    for rule in entry["rules"]:
        if rule not in rules:
            yield f"breaks {rule}, which docs/contract.md does not have"


def apply(mutant, text):
    """The text of the file with the fault in it. ValueError if it is not clear where."""
    count = text.count(mutant.old)
    if count != 1:
        raise ValueError(f"the text to replace is {count} times in {mutant.file}, not once")
    return text.replace(mutant.old, mutant.new)


def load(top):
    """All mutants of a tree, and the mistakes of their files as sentences."""
    mutants, mistakes, names = [], [], set()
    rules = contract(top)
    for path in sorted((top / "tools/mutants.d").glob("*.toml")):
        try:
            entries = tomllib.loads(path.read_text()).get("mutant", [])
        except tomllib.TOMLDecodeError as error:
            mistakes.append(f"{path.relative_to(top)}: {error}")
            continue
        for number, entry in enumerate(entries, 1):
            where = f"{path.relative_to(top)}: mutant {entry.get('name', number)}"
            found = [f"{where} {mistake}" for mistake in field_mistakes(entry, rules)]
            mistakes += found
            if found:
                continue
            mutant = Mutant(entry["name"], entry["file"], tuple(entry["rules"]), entry["by"], tuple(entry.get("tests", ())), entry["old"],
                            entry["new"])
            if mutant.name in names:
                mistakes.append(f"{where} is there twice")
            names.add(mutant.name)
            if not (top / mutant.file).is_file():
                mistakes.append(f"{where}: there is no file {mutant.file}")
                continue
            try:
                apply(mutant, (top / mutant.file).read_text())
            except ValueError as error:
                mistakes.append(f"{where}: {error}")
                continue
            mutants.append(mutant)
    return mutants, mistakes


def named_tests(mutant, rules):
    """The tests that are tried first, without their kind but for those of a part with several kinds."""
    if mutant.tests:
        return list(mutant.tests)
    kinds = {"sim": ("sim",), "host": ("host",), "kunit": ("kunit", "splat")}[mutant.by]
    named = [test for rule in mutant.rules for test in rules.get(rule, []) if test.partition(":")[0] in kinds]
    return list(dict.fromkeys(test if test.startswith("splat:") else test.partition(":")[2] for test in named))


def top():
    return pathlib.Path(__file__).resolve().parent.parent.parent
