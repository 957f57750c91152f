# SPDX-License-Identifier: MIT
"""Commands that can be stopped together with all that they have started."""

import os
import signal
import subprocess
import threading

running = set()
lock = threading.Lock()
stopping = threading.Event()


class Stopped(Exception):
    pass


class Result:
    def __init__(self, status, output, late):
        self.status = status
        self.output = output
        self.late = late  # it was stopped because it took too long


def end(process):
    try:
        os.killpg(process.pid, signal.SIGTERM)
    except ProcessLookupError:
        return
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        pass
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def run(command, timeout, cwd=None, shell=False, env=None):
    """Runs it in a process group of its own; what it prints comes back."""
    with lock:
        if stopping.is_set():
            raise Stopped
        process = subprocess.Popen(command, cwd=cwd, shell=shell, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, start_new_session=True, text=True, errors="replace")
        running.add(process)
    late = False
    try:
        try:
            output, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            late = True
            end(process)
            output, _ = process.communicate()
    finally:
        with lock:
            running.discard(process)
    if stopping.is_set():
        raise Stopped
    return Result(process.returncode, output, late)


def stop_all():
    stopping.set()
    with lock:
        left = list(running)
    for process in left:
        end(process)
