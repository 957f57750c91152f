# SPDX-License-Identifier: MIT
"""Faults in the core, run as an ordinary program: only the file with the fault is compiled again, and linked with the rest.

The rest is what tools/userspace has built of the tree as it is. A fault in a header means compiling every file of the core that
includes it.
"""

import json
import re
import shlex
import shutil
import subprocess
import time

import describe
import process

TARGETS = {"sim": ("drm-dep-sim", "drm_dep_core_sim.dir"), "host": ("drm_dep_host_tests", "drm_dep_core_objects.dir")}
SEED = "1"
RUNS_NAMED, RUNS_ALL = "6000", "600"  # schedules of each scenario


class Broken(Exception):
    """The mutant is not one: it does not compile, say."""


class Host:
    def __init__(self, top, parts):
        self.top = top
        self.core = top / "kernel/dep"
        self.out = top / "build/userspace"
        self.parts = [part for part in TARGETS if part in parts]
        self.link = {}
        self.compile = {}
        self.baseline = {}
        self.ctests = None
        self.patience = 120  # seconds for one scenario

    def prepare(self):
        targets = [TARGETS[part][0] for part in self.parts]
        if subprocess.run([self.top / "tools/userspace", *targets], stdin=subprocess.DEVNULL).returncode:
            raise SystemExit("mutants: the programs without a fault do not build")
        commands = json.loads((self.out / "compile_commands.json").read_text())
        for part in self.parts:
            target, folder = TARGETS[part]
            steps = subprocess.run(["ninja", "-C", self.out, "-t", "commands", target], check=True, capture_output=True, text=True).stdout
            # What comes before and after linking is not wanted: listing the tests, say.
            self.link[part] = next(step for step in steps.strip().splitlines()[-1].split(" && ") if " -o " in step)
            self.compile[part] = {}
            for entry in commands:
                source = self.core / entry["file"].rpartition("/")[2]
                if f"/{folder}/" in entry["command"] and source.is_file():
                    self.compile[part][source.name] = shlex.split(entry["command"])
        self.scenarios = []
        if "sim" in self.parts:
            listed = subprocess.run([self.program("sim"), "--list"], check=True, capture_output=True, text=True).stdout
            self.scenarios = [line.split()[0] for line in listed.splitlines()]

    def program(self, part):
        words = shlex.split(self.link[part])
        return self.out / words[words.index("-o") + 1]

    def object_of(self, part, source):
        words = self.compile[part][source]
        return words[words.index("-o") + 1]

    def sources_of(self, part, name):
        """The files of the core to compile if the one with this name is another."""
        if name.endswith(".cc"):
            return [name]
        found = []
        for source in self.compile[part]:
            deps = subprocess.run(["ninja", "-C", self.out, "-t", "deps", self.object_of(part, source)], check=True, capture_output=True,
                                  text=True).stdout
            if re.search(rf"/kernel/dep/(.*/)?{re.escape(name)}$", deps, re.M):
                found.append(source)
        return found

    def build(self, mutant, scratch):
        """Returns the program with the fault in it."""
        part = mutant.by
        copy = scratch / "dep"
        shutil.copytree(self.core, copy, dirs_exist_ok=True)
        text = (self.top / mutant.file).read_text()
        (copy / mutant.file.removeprefix("kernel/dep/")).write_text(describe.apply(mutant, text))
        objects = {}
        for source in self.sources_of(part, mutant.file.rpartition("/")[2]):
            words = list(self.compile[part][source])
            target = scratch / f"{source}.o"
            objects[self.object_of(part, source)] = target
            words[words.index("-o") + 1] = str(target)
            words[words.index("-c") + 1] = str(copy / source)
            words = [self.moved(word, copy) for word in words if word not in ("-g", "-MD")]
            result = process.run(words, 300, cwd=self.out)
            if result.status:
                raise Broken("does not compile: " + next((line for line in result.output.splitlines() if "error" in line), "?"))
        if not objects:
            raise Broken(f"no file of the core includes {mutant.file}")
        program = scratch / "program"
        words = shlex.split(self.link[part])
        words[words.index("-o") + 1] = str(program)
        if part == "sim":
            words = [str(objects.get(word, word)) for word in words]
        else:
            # The rest of the core is in an archive, of which what is defined already is not taken.
            words[words.index("-o"):words.index("-o")] = [str(path) for path in objects.values()]
        result = process.run(words, 300, cwd=self.out)
        if result.status:
            raise Broken("does not link: " + " ".join(result.output.split())[-300:])
        return program

    def moved(self, word, copy):
        """The folder of the core, however it is written, is the copy."""
        for flag in ("-I", "-isystem"):
            if word.startswith(flag) and word != flag:
                path = word[len(flag):]
                if self.is_core(path):
                    return f"{flag}{copy}"
        return str(copy) if self.is_core(word) else word

    def is_core(self, word):
        return word.startswith("/") and re.sub(r"[^/]+/\.\./", "", re.sub(r"[^/]+/\.\./", "", word)) == str(self.core)

    def inputs(self):
        for folder in ("kernel/dep", "userspace/host"):
            yield from sorted(path for path in (self.top / folder).rglob("*") if path.is_file())
        yield self.top / "CMakeLists.txt"

    def run(self, mutant, scratch, rules):
        """(what caught it or None, how)."""
        named = describe.named_tests(mutant, rules)
        if mutant.by == "sim":
            return self.run_sim(self.build(mutant, scratch), named)
        checks = [test for test in named if re.fullmatch(r"core_\w+|refused_\w+|compiles_\w+", test)]
        tests = [test for test in named if test not in checks]
        if checks:
            found = self.run_checks(mutant, scratch, checks)
            if found or not tests:
                return found
        return self.run_tests(self.build(mutant, scratch), tests)

    # The simulator.

    def run_sim(self, program, named):
        unknown = [name for name in named if name not in self.scenarios]
        if unknown:
            raise Broken(f"names scenarios that do not exist: {', '.join(unknown)}")
        rest = [name for name in self.scenarios if name not in named]
        for names, runs in ((named, RUNS_NAMED), (rest, RUNS_ALL)):
            for name in names:
                start = time.monotonic()
                result = self.schedules(program, name, runs)
                if not result.status and not result.late:
                    continue
                self.expect_good("sim", name, lambda: self.schedules(self.program("sim"), name, runs))
                how = re.search(r"^FAILED .*?: (.*)", result.output, re.M)
                return f"sim:{name}", "does not end" if result.late else how[1] if how else f"exit status {result.status}", \
                    time.monotonic() - start
        return None

    def schedules(self, program, name, runs):
        return process.run([str(program), "--scenario", name, "--runs", runs, "--seed", SEED], self.patience)

    def expect_good(self, part, name, again):
        """What caught the fault has to say nothing of the tree without it."""
        key = part, name
        if key not in self.baseline:
            result = again()
            self.baseline[key] = not result.status and not result.late
        if not self.baseline[key]:
            raise Broken(f"{part}:{name} fails without the fault too")

    # The tests of the core on threads.

    def run_tests(self, program, named):
        if named:
            found = self.run_filter(program, ":".join(f"{name}:*/{name}/*" if "." in name else f"{name}.*:*/{name}.*" for name in named), 90)
            if found:
                return found
        return self.run_filter(program, "*", 400)

    def run_filter(self, program, wanted, timeout):
        start = time.monotonic()
        result = self.tests(program, wanted, timeout)
        if not result.status and not result.late:
            if wanted != "*" and not re.search(r"^\[ +OK \]", result.output, re.M):
                raise Broken("names tests that do not exist")
            return None
        last = re.findall(r"^\[ +RUN +\] (\S+)", result.output, re.M)
        failed = re.search(r"^\[ +FAILED +\] (\S+?),? ", result.output + " ", re.M)
        name = failed[1] if failed and not result.late else last[-1] if last else "?"
        why = re.search(r"^\S+:\d+: Failure\n(.*(\n(?!\[).*){0,4})", result.output, re.M)
        how = "does not end" if result.late else " ".join(why[1].split())[:200] if why else f"ends with status {result.status}"
        self.expect_good("host", name, lambda: self.tests(self.program("host"), name, 120))
        return f"host:{name}", how, time.monotonic() - start

    def tests(self, program, wanted, timeout):
        return process.run([str(program), f"--gtest_filter={wanted}", "--gtest_fail_fast", "--gtest_color=no"], timeout, cwd=self.out)

    # What is checked by compiling.

    def run_checks(self, mutant, scratch, names):
        copy = scratch / "checked"
        shutil.copytree(self.core, copy, dirs_exist_ok=True)
        (copy / mutant.file.removeprefix("kernel/dep/")).write_text(describe.apply(mutant, (self.top / mutant.file).read_text()))
        if self.ctests is None:
            listed = subprocess.run(["ctest", "--test-dir", self.out, "--show-only=json-v1", "-R", "^(core|refused|compiles)_"], check=True,
                                    capture_output=True, text=True).stdout
            self.ctests = {test["name"]: test for test in json.loads(listed)["tests"]}
        for name in names:
            if name not in self.ctests:
                raise Broken(f"there is no {name}: is clang missing?")
            start = time.monotonic()
            result = self.compile_check(name, copy)
            if not self.is_well(name, result):
                if not self.is_well(name, self.compile_check(name, self.core)):
                    raise Broken(f"{name} fails without the fault too")
                how = re.search(r"(error: .*)", result.output)
                return f"host:{name}", how[1] if how else "it is not refused any more", time.monotonic() - start
        return None

    def compile_check(self, name, core):
        words = []
        for word in self.ctests[name]["command"]:
            for flag in ("-I", ""):
                path = word.removeprefix(flag) if flag and word.startswith(flag) else word if not flag else None
                if path and self.is_core(path):
                    word = f"{flag}{core}"
                elif path and path.endswith(".cc") and self.is_core(path.rpartition("/")[0]):
                    word = f"{core}/{path.rpartition('/')[2]}"
            words.append(word)
        return process.run(words, 300, cwd=self.out)

    def is_well(self, name, result):
        for prop in self.ctests[name].get("properties", []):
            if prop["name"] == "PASS_REGULAR_EXPRESSION":
                return any(re.search(pattern, result.output) for pattern in prop["value"])
        return not result.status
