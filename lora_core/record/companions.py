"""What lies beside an exported LoRA so that managers of LoRA files show it: a preview picture and its trigger words.

The names and fields are those that ComfyUI's own model browser and ComfyUI-Lora-Manager read: NAME.preview.png and
NAME.metadata.json. Whatever somebody else has put there, or has changed, stays as it is.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image, PngImagePlugin

from ..files import atomic_write
from .run_file import RunFile
from .trigger_words import trigger_words
from .view import Preview, RunView

OWN = "lora_atelier"
"""Marks a picture and a JSON file as written here."""
_PREVIEW, _METADATA = ".preview.png", ".metadata.json"
_PICTURES = tuple(f"{middle}{end}" for end in (".webp", ".png", ".jpeg", ".jpg") for middle in ("", ".preview"))
_MOVING = (".mp4", ".preview.mp4", ".gif", ".webm")
_LARGEST = 16 * 1024**2
"""Bytes of a JSON file that may be ours."""


def write_companions(lora: Path, run_folder: Path, view: RunView) -> None:
    """Writes them for a LoRA that was exported from a run with the pick of `view`.

    Raises:
        RunError: the run is damaged, or a file can't be written.
    """
    picture = _write_preview(lora, run_folder, view)
    about = _about(lora, RunFile.read(run_folder), view, picture)
    path = _beside(lora, _METADATA)
    if _is_free(path):
        sealed = {**about, OWN: _seal(about)}
        atomic_write(path, json.dumps(sealed, indent=2, ensure_ascii=False).encode("utf-8"))


def _write_preview(lora: Path, run_folder: Path, view: RunView) -> Path | None:
    """The preview of the picked epoch, or the last one before it, beside the LoRA; None if there is no picture."""
    foreign = [path for path in (_beside(lora, end) for end in (*_PICTURES, *_MOVING)) if path.exists()]
    own = _beside(lora, _PREVIEW)
    foreign = [path for path in foreign if path != own or not _is_ours(path)]
    preview = _preview_of(view)
    if foreign or preview is None:
        return foreign[0] if foreign else None
    try:
        with Image.open(run_folder / "previews" / preview.file) as image:
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


def _is_free(path: Path) -> bool:
    """Whether there is no JSON file yet, or one of ours that nobody has changed."""
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(_LARGEST))
        return bool(found.pop(OWN) == _seal(found))
    except FileNotFoundError:
        return True
    except (OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError):
        return False


def _seal(about: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:32]
