"""The parts of `dev.py gpu`, each in a process of its own."""

from __future__ import annotations

import dataclasses
import multiprocessing
import time
import traceback
from multiprocessing.connection import Connection

import torch

from . import checks, kernels, speed, whole
from .material import Scale
from .outcome import Outcome
from .processes import start

PARTS = {
    "step": speed.step,
    "whole run": whole.whole_run,
    "kernels": kernels.kernels,
    "formats": checks.formats,
    "graphs": checks.graphs,
    "twins": checks.twins,
    "resume": checks.resume,
    "memory limit": checks.memory_limit,
    "freed": checks.freed,
}


LONGEST = 200.0
"""Seconds after which a part is taken to hang."""


def in_a_process(name: str, scale: Scale, seconds_left: float) -> Outcome:
    """What a part finds; a crash, a hang or a broken GPU ends with its process."""
    if seconds_left <= 0:
        return Outcome(error="left out: the time for all parts is over")
    limit = min(LONGEST, seconds_left)
    receiving, sending = multiprocessing.Pipe(duplex=False)
    begun = time.monotonic()
    process = start(_send, name, scale, sending)
    sending.close()
    try:
        found = receiving.recv() if receiving.poll(limit) else Outcome(error=f"no end after {limit:.0f} s")
    except EOFError:
        process.join()
        found = Outcome(error=f"its process ended with status {process.exitcode}")
    finally:
        process.kill()
        process.join()
    return dataclasses.replace(found, seconds=time.monotonic() - begun)


def _send(name: str, scale: Scale, sending: Connection) -> None:
    """Runs in the process of a part."""
    try:
        if scale.tiny:
            torch.set_num_threads(1)
        outcome = PARTS[name](scale)
    except Exception:
        outcome = Outcome(error=traceback.format_exc().strip())
    sending.send(outcome)
