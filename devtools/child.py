"""A child process that does not outlive its parent, however that ends: `python child.py PARENT SCRIPT ...`

A child is given its parent's process id and watches it in a thread, since a parent that gets SIGKILL or whose window is
closed can do nothing any more. SIGTERM ends a child in an orderly way, as Ctrl+C does. Standard library only.
"""

from __future__ import annotations

import _thread
import os
import runpy
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

LOOK_EVERY = 0.5
GRACE = 10.0
"""Seconds that a child has to end in an orderly way."""


def command(python: str | Path, arguments: Sequence[str | Path]) -> list[str]:
    """Runs `python` with a script, or with -m and a module, and arguments, as a child of this process."""
    return [str(python), __file__, str(os.getpid()), *map(str, arguments)]


def main() -> None:
    parent, *sys.argv = sys.argv[1:]
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # SIGINT is ignored in a shell's background
    threading.Thread(target=_follow, args=(int(parent),), daemon=True).start()
    if sys.argv[0] == "-m":
        del sys.argv[0]
        sys.path[0] = str(Path.cwd())
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = str(Path(sys.argv[0]).resolve().parent)
        runpy.run_path(sys.argv[0], run_name="__main__")


def _follow(parent: int) -> None:
    """Wait for the parent's end, then end this process: first in an orderly way, after a while by force."""
    _wait_for_end_of(parent)
    if os.name == "nt":
        _thread.interrupt_main()
    else:  # A real signal, which also interrupts a main thread that waits for the network.
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(1)


def _wait_for_end_of(parent: int) -> None:
    if os.name == "nt":
        import _winapi

        try:
            process = _winapi.OpenProcess(_winapi.SYNCHRONIZE, False, parent)
        except OSError:
            return
        _winapi.WaitForSingleObject(process, _winapi.INFINITE)
    else:
        while os.getppid() == parent:  # An orphan gets another parent.
            time.sleep(LOOK_EVERY)


if __name__ == "__main__":
    main()
