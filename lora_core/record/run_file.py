"""run.json: what is needed to repeat a run. It is read and written here and nowhere else."""

from __future__ import annotations

import importlib.metadata
import json
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .. import __version__
from ..config import RunConfig
from ..dataset.manifest import Manifest
from ..errors import ConfigError, RunError
from ..files import atomic_write, file_in_the_way
from ..model.identity import ModelIdentity
from ..picking.weights import Weights
from ..run_folder import RUN_FILE

FORMAT = 2
LARGEST = 256 * 1024**2
"""Bytes. A run.json of six thousand pictures takes three million."""
_LONGEST_REASON = 300
_LIBRARIES = ("torch", "transformers", "safetensors", "numpy", "pillow")


@dataclass(frozen=True)
class Fingerprints:
    """What a run was made from; the hashes have 32 hex digits."""

    dataset: str
    base_model: str
    """Of UNet and text encoder. In runs of version 0.1 of the bytes of a file, which says little about another file."""
    networks: ModelIdentity | None
    """None in such runs."""
    start: str = ""
    """Of the LoRA that training started from; empty if it started from none."""

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Fingerprints:
        """The inverse of asdict. Raises KeyError, TypeError, ValueError or AttributeError if the data are odd."""
        networks = data.get("networks")
        identity = None if networks is None else ModelIdentity.from_json(networks)
        dataset, base_model, start = (str(data.get(name, "")) for name in ("dataset", "base_model", "start"))
        return cls(dataset, base_model, identity, start)


@dataclass(frozen=True)
class Origin:
    """Where the command line found pictures and base model, so that `resume` finds them again."""

    data: str
    model: str
    tokenizer: str | None
    resolution: int
    aspect_buckets: bool
    validation_count: int
    split_seed: int

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Origin:
        """The inverse of asdict. Raises TypeError or ValueError if the data are odd."""
        origin = cls(**data)
        texts = [origin.data, origin.model, *([] if origin.tokenizer is None else [origin.tokenizer])]
        numbers = [origin.resolution, origin.validation_count, origin.split_seed]
        if not all(isinstance(each, str) for each in texts) or not all(type(each) is int for each in numbers):
            raise TypeError("a part of origin is of another type")
        if any("\0" in each for each in texts):
            raise ValueError("a path holds a zero")
        return origin


@dataclass(frozen=True)
class Repeated:
    """The pick of another run, which a run repeats on all pictures."""

    run: str
    """The other run's name."""
    epoch: int
    """The picked one."""
    weights: Weights
    """The picked ones, which are taken from this run, too."""
    way: str
    """What counts as equivalent: one of lora_core.training.all_pictures.WAYS."""

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Repeated:
        """The inverse of asdict. Raises KeyError, TypeError or ValueError if the data are odd."""
        return cls(str(data["run"]), int(data["epoch"]), Weights(data["weights"]), str(data["way"]))

    def describe(self, epochs: int, pictures: int) -> str:
        """A sentence about the run that repeats it."""
        long = f"{epochs} epoch{'s' if epochs > 1 else ''}"
        how = {
            "epochs": "so that each is seen as often as at",
            "steps": "about as many steps as at",
            "continue": "going on from",
        }.get(self.way, "repeating")
        point = f"epoch {self.epoch} of {self.run}, {self.weights} weights"
        return f"Trained on all {pictures} pictures for {long}, {how} {point}."


@dataclass(frozen=True)
class RunFile:
    """The contents of run.json."""

    format: int
    name: str
    created: str
    """Date and time with its zone, ISO 8601."""
    config: RunConfig
    fingerprints: Fingerprints
    dataset: Manifest
    versions: dict[str, str]
    """Of everything that affects the numbers: this pack, Python, the operating system and the libraries."""
    origin: Origin | None
    """None for a run that was started in ComfyUI."""
    repeats: Repeated | None = None
    """None for a run that holds pictures out."""

    def write(self, folder: Path) -> None:
        """Writes run.json, whole or not at all.

        Raises:
            RunError: it cannot be written.
        """
        data = {
            "format": self.format,
            "name": self.name,
            "created": self.created,
            "config": self.config.to_json(),
            "fingerprints": asdict(self.fingerprints),
            "dataset": self.dataset.to_json(),
            "versions": self.versions,
            "origin": asdict(self.origin) if self.origin else {},
        }
        if self.repeats is not None:
            data["repeats"] = asdict(self.repeats)
        atomic_write(folder / RUN_FILE, json.dumps(data, indent=1, ensure_ascii=False).encode("utf-8"))

    @classmethod
    def read(cls, folder: Path) -> RunFile:
        """Reads the run.json of a run's folder.

        Raises:
            FileNotFoundError: there is no run in this folder.
            RunError: run.json is damaged or was written by a newer version.
            ConfigError: it holds a recipe that this version does not know.
        """
        path = folder / RUN_FILE
        try:
            if path.stat().st_size > LARGEST:
                raise ValueError("too large")
            content = path.read_bytes()
            data = json.loads(content)
            if b"\\u" in content:  # half a character is written in no other way, and could not be written again
                json.dumps(data, ensure_ascii=False).encode("utf-8")
            written_format = int(data["format"])
        except FileNotFoundError:
            raise
        except OSError as error:
            raise _unreadable(path, error) from error
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise _damaged(folder, error) from error
        if written_format > FORMAT:
            raise RunError(f"The run {folder.name!r} was written by a newer LoRA Atelier. Update the pack to open it.")
        try:
            return cls._from_json(folder.name, data)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            raise _damaged(folder, error) from error

    @classmethod
    def _from_json(cls, name: str, data: dict[str, Any]) -> RunFile:
        origin = data.get("origin") or None
        return cls(
            format=int(data["format"]),
            name=str(data.get("name", name)),
            created=str(data.get("created", "")),
            config=RunConfig.from_json(data["config"]),
            fingerprints=Fingerprints.from_json(data.get("fingerprints", {})),
            dataset=Manifest.from_json(data["dataset"]),
            versions={str(key): str(value) for key, value in data.get("versions", {}).items()},
            origin=Origin.from_json(origin) if origin else None,
            repeats=Repeated.from_json(data["repeats"]) if data.get("repeats") else None,
        )


def read_recipe(path: Path) -> RunConfig:
    """The recipe of a run.json, or of a file that holds nothing else.

    Raises:
        ConfigError: it cannot be read, or holds no recipe that this version knows.
    """
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"Cannot read the recipe {path}: {error}. Give the run.json of a run.") from error
    if not isinstance(loaded, dict):
        raise ConfigError(f"{path} holds no recipe. Give the run.json of a run.")
    return RunConfig.from_json(loaded.get("config", loaded))


def versions() -> dict[str, str]:
    """The versions in use, by name, for `RunFile.versions`."""
    found = {
        "lora_atelier": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
    }
    for library in _LIBRARIES:
        try:
            found[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:  # a portable build may have a library without its metadata
            found[library] = "unknown"
    return found


def _unreadable(path: Path, error: OSError) -> RunError:
    in_the_way = file_in_the_way(path)
    if in_the_way is not None:
        return RunError(f"{in_the_way} is a file, not a folder, so no run can be in it. Rename or move it.")
    return RunError(
        f"The run.json of the run {path.parent.name!r} cannot be read: {error.strerror}. Check that you may open it; "
        "its LoRA files are still good."
    )


def _damaged(folder: Path, error: Exception) -> RunError:
    reason = f"{type(error).__name__}: {error}"[:_LONGEST_REASON]  # which quotes what is in the file
    return RunError(
        f"The run.json of the run {folder.name!r} is damaged ({reason}). Its LoRA files are still good; train under "
        "another run name."
    )
