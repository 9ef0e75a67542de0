"""Whether a run's folder has changed since it was last looked at."""

from __future__ import annotations

from pathlib import Path

from ..changes import file_state, folder_state


def run_state(folder: Path) -> str:
    """A text that is another one once the run was trained further, deleted, renamed or made anew.

    What only resuming needs does not count.
    """
    files = [file_state(folder / name) for name in ("run.json", "history.jsonl")]
    return " ".join([*files, folder_state(folder / "checkpoints"), folder_state(folder / "previews")])
