# SPDX-License-Identifier: MIT
"""Faults in what only a kernel runs: one file of the modules is compiled again, and a test kernel boots with them.

Each worker has a copy of the sources, in which everything that has not changed stays built.
"""

import fcntl
import json
import pathlib
import queue
import shutil
import subprocess
import time

import describe
import process
from host import Broken

COPIED = ("Kbuild", "kernel", "include")
BOOT_SECONDS = 240


def sync(source, target):
    """Makes target like source; files that are the same keep their time, so that make leaves them alone."""
    if source.is_file():
        text = source.read_bytes()
        if not target.is_file() or target.read_bytes() != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text)
        return
    wanted = {path.relative_to(source) for path in source.rglob("*") if path.is_file()}
    for path in list(target.rglob("*")) if target.exists() else []:
        if path.is_file() and path.relative_to(target) not in wanted:
            path.unlink()
    for name in wanted:
        sync(source / name, target / name)


class Kernel:
    def __init__(self, top, workers):
        self.top = top
        self.folders = queue.SimpleQueue()
        for number in range(workers):
            self.folders.put(top / f"build/mutants/kernel-{number}")
        self.baseline = {}

    def prepare(self):
        # The folders of the workers are kept, so only one run at a time has them.
        (self.top / "build/mutants").mkdir(parents=True, exist_ok=True)
        self.lock = open(self.top / "build/mutants/kernel.lock", "w")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        built = subprocess.run([self.top / "testkernel/build", "debug"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        if built.returncode:
            raise SystemExit("mutants: the debug kernel does not build")
        self.object = pathlib.Path(built.stdout.strip().splitlines()[-1])
        self.source = subprocess.run([self.top / "testkernel/build", "--print-source", "debug"], check=True, capture_output=True,
                                     text=True).stdout.strip()

    def inputs(self):
        for folder in (*COPIED, "tools/inside"):
            path = self.top / folder
            yield from [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
        yield self.object / ".built"

    def build(self, folder, mutant):
        tree, out = folder / "tree", folder / "out"
        for name in COPIED:
            sync(self.top / name, tree / name)
        if mutant:
            path = tree / mutant.file
            path.write_text(describe.apply(mutant, path.read_text()))
        out.mkdir(parents=True, exist_ok=True)
        result = process.run(["make", "-C", self.source, f"O={self.object}", "ARCH=um", f"M={tree}", f"MO={out}", "-j2", "modules",
                              # Not what no suite needs.
                              "CONFIG_DRM_VGPU_FW=", "CONFIG_DRM_DEP_TEST_KERNEL="], 1800)
        if result.status:
            raise Broken("does not compile: " + next((line for line in result.output.splitlines() if "error" in line.lower()), "?"))
        modules = folder / "ko"
        shutil.rmtree(modules, ignore_errors=True)
        modules.mkdir()
        for path in out.rglob("*.ko"):
            (modules / path.name).symlink_to(path)
        return modules

    def run(self, mutant, scratch, rules):
        """(what caught it or None, how)."""
        named = describe.named_tests(mutant, rules)
        if not named:
            raise Broken("names no suite, and its rules name none")
        # What is named first, then the whole suite of it.
        boots = list(dict.fromkeys([*named, *(name.partition(".")[0] for name in named if not name.startswith("splat:"))]))
        folder = self.folders.get()
        try:
            modules = self.build(folder, mutant)
            for name in boots:
                start = time.monotonic()
                found = self.boot(f"mutant-{folder.name}", modules, name)
                if found:
                    seconds = time.monotonic() - start
                    # A case that is named and fails is what was expected; each test run sees it pass.
                    if found[0].startswith(f"kunit:{name}") and "FAILED" in found[1] or self.is_well_without(folder, name):
                        return *found, seconds
                    raise Broken(f"{name} fails without the fault too")
        finally:
            self.folders.put(folder)
        return None

    def is_well_without(self, folder, name):
        """Boots what has no fault, once for each suite; remembered as long as nothing has changed."""
        if name not in self.baseline:
            modules = self.build(folder, None)
            found = self.boot(f"mutant-{folder.name}", modules, name)
            if found:
                print(f"mutants: without a fault {name}: {found[0]}: {found[1]}", flush=True)
            self.baseline[name] = not found
        return self.baseline[name]

    def boot(self, log_name, modules, name):
        """The first that is wrong, or None."""
        kind, _, mistake = name.rpartition(":")
        command = [str(self.top / "tools/inside/splat"), mistake] if kind == "splat" else [str(self.top / "tools/inside/kunit")]
        append = [] if kind == "splat" else ["--append", f"kunit.filter_glob={name}"]
        log = self.top / "build/logs" / log_name
        result = process.run([str(self.top / "testkernel/boot"), "--quiet", "--flavour", "debug", "--name", log_name, "--timeout",
                              str(BOOT_SECONDS), "--modules", str(modules), *append, "--", *command], BOOT_SECONDS + 120)
        # Cases first: they say most.
        if kind != "splat" and (log / "kunit").is_dir():
            lines = process.run([str(self.top / "tools/results"), "kunit", "kunit", str(log / "kunit")], 120).output.splitlines()
            for line in lines:
                outcome, _, rest = line.partition("\t")
                if outcome == "fail":
                    test, _, why = rest.partition("\t")
                    return "kunit:" + test.removeprefix("kunit: "), why[:200]
            if not result.status and not any(line.startswith("pass\t") for line in lines):
                raise Broken(f"no test ran in {name}")
        verdict = log / "verdict.json"
        if verdict.exists():
            for problem in json.loads(verdict.read_text())["problems"]:
                return f"{kind or 'kunit'}:{mistake if kind else name}", f"kernel log: {problem['kind']}: {problem['title']}"[:200]
        if result.status:
            why = {124: "does not end", 125: "the kernel crashed"}.get(result.status, f"exit status {result.status}")
            return f"{kind or 'kunit'}:{mistake if kind else name}", why
        return None
