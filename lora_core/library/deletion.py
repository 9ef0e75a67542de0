"""Deleting a run: its folder in the folder of all runs, and nothing else."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ..errors import RunError
from ..paths import check_run_folder, is_link
from ..record.lock import BeingTrained, RunLock
from ..run_folder import LOCK_FILE, OWNER_FILE, RUN_FILE, is_run

_LAST = (RUN_FILE, LOCK_FILE, OWNER_FILE)
"""What stays until everything else is gone: so a deletion that was interrupted leaves a run that can be deleted."""


def delete_run(runs: Path, folder: Path) -> None:
    """Deletes a run's folder with all that is in it.

    Args:
        runs: the folder of all runs.
        folder: of the run.

    Raises:
        RunError: the folder is not directly in `runs`, is or holds a link, is no run, is being trained in, or a file
            in it can't be deleted.
    """
    check_run_folder(folder)
    if folder.resolve().parent != runs.resolve() or folder.resolve().name != folder.name:
        raise RunError(f"The folder {folder.name!r} is not in the folder of all runs. Delete it by hand.")
    if not is_run(folder):
        raise RunError(f"There is no training run in {folder.name!r} (no run.json). Delete the folder by hand.")
    try:
        lock = RunLock(folder)
    except BeingTrained as error:  # perhaps by this very process
        raise RunError(
            f"The run {folder.name!r} is being trained. Stop it, or wait for its end, and delete it then."
        ) from error
    try:
        try:
            for entry in sorted(folder.iterdir()):
                if entry.name not in _LAST:
                    _delete(entry)
            (folder / RUN_FILE).unlink()
        finally:
            lock.release()
        shutil.rmtree(folder)
    except OSError as error:
        raise RunError(
            f"Not all of the run {folder.name!r} could be deleted: {error.strerror}. Close what uses its files, such "
            "as TensorBoard or a file manager, and delete it again."
        ) from error


def _delete(entry: Path) -> None:
    if entry.is_dir() and not is_link(entry):
        shutil.rmtree(entry)  # which deletes links inside, not what they lead to
    elif os.path.lexists(entry):
        entry.unlink()
