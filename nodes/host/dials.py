"""The calibrations that a dial can follow: none, the pocket model's own, and those in ComfyUI's output folder."""

from __future__ import annotations

from pathlib import Path

from ...lora_core.changes import file_state
from ...lora_core.errors import ConfigError
from ...lora_core.files import atomic_write
from ...lora_core.names import quoted
from ...lora_core.paths import is_link
from ...lora_core.restyle.calibration import MOST_BYTES, Calibration, check_file, file_of
from ...pocket.model import POCKET_DIAL
from . import folders
from .following import follow

UNCALIBRATED = "uncalibrated"
POCKET = "pocket model"


def choices() -> list[str]:
    """What a dial can follow, by name; those of one's own end like their files."""
    return [UNCALIBRATED, *([POCKET] if POCKET_DIAL.is_file() else []), *folders.dial_names()]


def check_choice(choice: object) -> None:
    """Raises ConfigError or RunError for what cannot be a choice; whether its file exists is seen by `read`."""
    if choice in (UNCALIBRATED, POCKET):
        return
    check_file(choice)


def read(choice: str) -> Calibration | None:
    """The calibration of that name, None for UNCALIBRATED; the running node follows its file.

    Raises:
        ConfigError: there is no such file, or it is no calibration.
    """
    check_choice(choice)
    if choice == UNCALIBRATED:
        return None
    path = POCKET_DIAL if choice == POCKET else folders.dials_folder() / choice
    follow(file_state, path)
    if is_link(path) or not path.is_file():
        raise ConfigError(
            f"There is no calibration {quoted(choice)}. Make one with Dial Steps and Dial Calibration, or choose "
            f"{UNCALIBRATED!r}."
        )
    return Calibration.from_text(_text(path))


def write(name: str, calibration: Calibration) -> str:
    """Writes it under a name and returns the choice that it is then; the running node follows the file.

    One of the same name is replaced, another file is not.

    Raises:
        ConfigError: there is another file of that name.
        RunError: the name can't be a file's, or the file cannot be written.
    """
    choice = file_of(name)
    path = folders.dials_folder() / choice
    if is_link(path) or path.exists():
        try:
            if is_link(path) or not path.is_file():
                raise ConfigError("It is a folder or a link.")
            Calibration.from_text(_text(path))
        except ConfigError as error:
            raise ConfigError(f"{path} is another file and stays as it is: {error} Choose another name.") from error
    atomic_write(path, calibration.to_text().encode("utf-8"))
    follow(file_state, path)
    return choice


def _text(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ConfigError(f"{path.name} is too large for a calibration. Choose another one.")
    return content.decode("utf-8", "replace")
