"""What lies beside an exported LoRA so that managers of LoRA files show it: a preview picture and its trigger words.

The names and fields are those that ComfyUI's own model browser and ComfyUI-Lora-Manager read: NAME.preview.png and
NAME.metadata.json. Whatever somebody else has put there, or has changed, stays; only what a metadata.json says of the
file itself, its checksum above all, is kept true.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from PIL import Image, PngImagePlugin

from ..errors import RunError
from ..files import atomic_write
from ..run_folder import PREVIEWS
from .run_file import RunFile
from .trigger_words import trigger_words
from .view import Preview, RunView

OWN = "lora_atelier"
"""Marks a picture as written here; in a JSON file it holds a seal of every field as it was written here."""
_PREVIEW, _METADATA = ".preview.png", ".metadata.json"
_PICTURES = tuple(f"{middle}{end}" for end in (".webp", ".png", ".jpeg", ".jpg") for middle in ("", ".preview"))
_MOVING = (".mp4", ".preview.mp4", ".gif", ".webm")
_LARGEST = 16 * 1024**2
"""Bytes of a JSON file that may be ours."""
_FACTS = ("file_name", "file_path", "size", "modified", "sha256")
"""Fields that say something of the file itself: they are never anybody's choice."""


def write_companions(lora: Path, run_folder: Path, view: RunView) -> str:
    """Writes them for a LoRA that was exported from a run with the pick of `view`.

    Returns:
        A sentence if they could not be written: the LoRA is there and good without them. Else "".
    """
    try:
        picture = _write_preview(lora, run_folder, view)
        _write_metadata(_beside(lora, _METADATA), _about(lora, RunFile.read(run_folder), view, picture))
    except (OSError, RunError) as error:
        return f"{lora.name} is saved, but not everything that shows it in a model browser: {error}"
    return ""


def family(lora: Path) -> Iterator[Path]:
    """A LoRA's file and all files that may belong to it."""
    return (_beside(lora, ending) for ending in (lora.suffix, *_PICTURES, *_MOVING, _METADATA))


def move_companions(lora: Path, moved: Path) -> None:
    """Moves what belongs to a LoRA along with it, to files that do not exist; what can't be moved stays."""
    for source, target in zip(family(lora), family(moved), strict=True):
        if source != lora and os.path.lexists(source):
            with contextlib.suppress(OSError):
                source.rename(target)
    path = _beside(moved, _METADATA)
    found = _object_in(path)
    if found:
        pictures = {_beside(lora, end).as_posix(): _beside(moved, end).as_posix() for end in (*_PICTURES, *_MOVING)}
        url = found.get("preview_url")
        names = {"file_name": moved.stem, "file_path": moved.as_posix(), "preview_url": pictures.get(str(url), url)}
        with contextlib.suppress(RunError):
            _write_object(path, _sealed(found, {key: value for key, value in names.items() if key in found}))


def _write_preview(lora: Path, run_folder: Path, view: RunView) -> Path | None:
    """The preview of the picked epoch, or the last one before it, beside the LoRA; None if there is no picture."""
    own, preview = _beside(lora, _PREVIEW), _preview_of(view)
    there = [path for path in (_beside(lora, end) for end in (*_PICTURES, *_MOVING)) if path.exists()]
    foreign = [path for path in there if path != own or not _is_ours(path)]
    if foreign or preview is None:
        return foreign[0] if foreign else None
    try:
        with Image.open(run_folder / PREVIEWS / preview.file) as image:
            mark = PngImagePlugin.PngInfo()
            mark.add_itxt(OWN, f"{view.run}, epoch {preview.epoch}")
            encoded = io.BytesIO()
            image.convert("RGB").save(encoded, "PNG", pnginfo=mark)
    except (OSError, ValueError, Image.DecompressionBombError):  # deleted or damaged: the LoRA is good without it
        return None
    if not own.exists() or own.read_bytes() != encoded.getvalue():
        atomic_write(own, encoded.getvalue())
    return own


def _preview_of(view: RunView) -> Preview | None:
    before = [preview for preview in view.previews if preview.epoch <= view.picked().epoch]
    return before[-1] if before else None


def _about(lora: Path, run: RunFile, view: RunView, picture: Path | None) -> dict[str, Any]:
    """What Lora-Manager keeps of a LoRA; all but the last four fields are required."""
    pick, status = view.picked(), lora.stat()
    return {
        "file_name": lora.stem,
        "model_name": f"{view.run}, epoch {pick.epoch}",
        "file_path": lora.as_posix(),
        "size": status.st_size,
        "modified": status.st_mtime,
        "sha256": hashlib.sha256(lora.read_bytes()).hexdigest(),
        "base_model": "SD 1.5",
        "preview_url": picture.as_posix() if picture else "",
        "from_civitai": False,
        "civitai": {"trainedWords": trigger_words(run)},
        "notes": pick.reason,
        "tags": ["style"],
    }


def _beside(lora: Path, ending: str) -> Path:
    return lora.with_name(lora.stem + ending)


def _is_ours(picture: Path) -> bool:
    try:
        with Image.open(picture) as image:
            return OWN in image.info
    except (OSError, ValueError, Image.DecompressionBombError):
        return False


def _write_metadata(path: Path, about: Mapping[str, Any]) -> None:
    """Brings a JSON file up to date: fields that are as they were written here, and facts about the LoRA's file."""
    if not path.exists():
        _write_object(path, _sealed({OWN: {}}, about))
        return
    found = _object_in(path)
    if found is not None:
        seals = _seals(found)
        ours = [key for key in found if key in _FACTS or (key in seals and seals[key] == _seal(found[key]))]
        current = _sealed(found, {key: about[key] for key in ours if key in about})
        if current != found:
            _write_object(path, current)


def _object_in(path: Path) -> dict[str, Any] | None:
    """The object in a JSON file; None if there is none that could be written again."""
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(_LARGEST))
        _text(found)
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _write_object(path: Path, content: Mapping[str, Any]) -> None:
    atomic_write(path, _text(content))


def _text(content: object) -> bytes:
    return json.dumps(content, indent=2, ensure_ascii=False).encode("utf-8")


def _sealed(found: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """What was found, with these fields written here. Nothing is added to a file that is somebody else's."""
    if not isinstance(found.get(OWN), dict):
        return {**found, **fields}
    return {**found, **fields, OWN: {**_seals(found), **{key: _seal(value) for key, value in fields.items()}}}


def _seals(found: Mapping[str, Any]) -> dict[str, Any]:
    seals = found.get(OWN)
    return seals if isinstance(seals, dict) else {}


def _seal(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:32]
