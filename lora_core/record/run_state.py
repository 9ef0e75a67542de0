"""Whether a run's folder has changed since it was last looked at."""

from __future__ import annotations

from pathlib import Path

from ..changes import file_state, folder_state
from ..run_folder import CHECKPOINTS, HISTORY_FILE, PREVIEWS, RUN_FILE


def run_state(folder: Path) -> str:
    """A text that changes when the run is trained further, deleted, renamed or made anew.

    What only resuming needs does not count.
    """
    files = [file_state(folder / name) for name in (RUN_FILE, HISTORY_FILE)]
    return " ".join([*files, folder_state(folder / CHECKPOINTS), folder_state(folder / PREVIEWS)])
