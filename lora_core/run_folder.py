"""What a run's folder holds, by name. docs/run-folder.md says what each is."""

from __future__ import annotations

import re
import stat
from pathlib import Path

from .changes import stamps

RUN_FILE = "run.json"
HISTORY_FILE = "history.jsonl"
START_FILE = "start.safetensors"
STRENGTHS_FILE = "strengths.json"
NOTES_FILE = "notes.txt"
LOCK_FILE, OWNER_FILE = ".lock", ".lock_owner"
CHECKPOINTS, PREVIEWS, STATE, TENSORBOARD = FOLDERS = ("checkpoints", "previews", "state", "tensorboard")
_PREVIEW = re.compile(r"epoch_(\d+)\.png")


def is_run(folder: Path) -> bool:
    """Whether it has a run.json of its own. A link is not looked through: it may lead to another computer."""
    try:
        return stat.S_ISREG((folder / RUN_FILE).lstat().st_mode)
    except (OSError, ValueError):  # also for a name longer than the system allows
        return False


def last_written(folder: Path) -> int:
    """When the run last recorded anything, in nanoseconds since 1970; 0 if there is no run."""
    return max(time for time, _size in stamps(folder, (RUN_FILE, HISTORY_FILE)))


def preview_path(folder: Path, epoch: int) -> Path:
    """Where the preview of an epoch is kept."""
    return folder / PREVIEWS / f"epoch_{epoch:04d}.png"


def previewed_epochs(folder: Path) -> list[int]:
    """The epochs whose preview is kept, in order."""
    kept = folder / PREVIEWS
    found = (_PREVIEW.fullmatch(path.name) for path in kept.iterdir()) if kept.is_dir() else ()
    return sorted(int(match[1]) for match in found if match)
