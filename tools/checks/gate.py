# SPDX-License-Identifier: MIT
"""Shared by the checks of this folder.

A check is a function that takes a folder and yields sentences, one per mistake found in it. Its self-test is a list of
(files to plant, regular expression that one of the sentences must match or None for "nothing to complain about").
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent.parent


def sources(top):
    """All files of the project that are meant to be committed, as paths relative to top."""
    if (top / ".git").exists():
        listed = subprocess.run(["git", "-c", f"safe.directory={top}", "-C", top, "ls-files", "-coz", "--exclude-standard"],
                                check=True, capture_output=True, text=True).stdout
        names = [name for name in listed.split("\0") if name]
    else:
        names = [str(path.relative_to(top)) for path in top.rglob("*") if path.is_file()]
        names = [name for name in names if not name.startswith("build/")]
    return sorted(name for name in names if (top / name).is_file() and not (top / name).is_symlink())


def main(check, plants, description):
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--self-test", action="store_true", help="plant mistakes and see that they are found")
    if not options.parse_args().self_test:
        mistakes = list(check(TOP))
        for mistake in mistakes:
            print(mistake)
        sys.exit(1 if mistakes else 0)

    status = 0
    for files, expected in plants:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = pathlib.Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            found = list(check(pathlib.Path(folder)))
        if expected is None and found:
            print(f"self-test: complained about good files {list(files)}: {found}")
            status = 1
        if expected is not None and not any(re.search(expected, sentence) for sentence in found):
            print(f"self-test: did not find '{expected}' in {list(files)}, but: {found}")
            status = 1
    sys.exit(status)
