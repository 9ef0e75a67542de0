"""The parts of `dev.py gpu`, each in a process of its own."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import time
import traceback
from multiprocessing.connection import Connection

import torch

from . import checks, speed, whole
from .material import Scale
from .outcome import Outcome

PARTS = {
    "step": speed.step,
    "whole run": whole.whole_run,
    "formats": checks.formats,
    "twins": checks.twins,
    "resume": checks.resume,
    "memory limit": checks.memory_limit,
    "freed": checks.freed,
}


def in_a_process(name: str, scale: Scale, seconds_left: float) -> Outcome:
    """What a part finds; a crash, a hang or a broken GPU ends with its process."""
    if seconds_left <= 0:
        return Outcome(error="left out: the time for all parts is over")
    context = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")
    context.set_forkserver_preload([f"{__package__}.{name}" for name in ("speed", "whole", "checks")])
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(name, scale, sending), name=name)
    begun = time.monotonic()
    process.start()
    sending.close()
    try:
        found = (
            receiving.recv() if receiving.poll(seconds_left) else Outcome(error=f"no end after {seconds_left:.0f} s")
        )
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
