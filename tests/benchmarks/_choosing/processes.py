"""Runs side by side, each in a process of its own on one core."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process

import torch


def one_core_each(work: Sequence[Callable[[], str]], at_a_time: int) -> None:
    """Does all of it, in this order, and prints what each returns."""
    with ProcessPoolExecutor(at_a_time, get_context("spawn"), _begin) as pool:
        for done in [pool.submit(each) for each in work]:
            print(done.result(), flush=True)


def _begin() -> None:
    """One core, and no longer than the process that started this one, whatever ends that."""
    torch.set_num_threads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
