"""Packages that the pack can start without: imported on first use, with one sentence if that is impossible.

Another pack may have removed such a package, left it half installed, or broken something that it imports; an import
then raises almost anything. Code that needs one calls `require` first, and then imports it where it is used.
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import importlib.util
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .errors import RequirementError

_LONGEST_REASON = 200
_TORCH = frozenset({"torch", "torchvision", "torchaudio"})
"""Built for one another and for the graphics card, so no command of pip alone repairs them."""
_CALLED = frozenset({"torch", "numpy"})
"""What fails inside these was called wrongly, most often by a package that was built for another version of them."""
_OF_COMFYUI = frozenset(
    {"PIL", "aiohttp", "av", "einops", "huggingface_hub", "kornia", "numpy", "packaging", "psutil", "pydantic"}
    | {"regex", "requests", "safetensors", "scipy", "sentencepiece", "spandrel", "tokenizers", "torchsde", "tqdm"}
    | {"transformers", "yaml", "yarl"}
)
"""What ComfyUI imports: such a package is repaired, never removed."""


@dataclass(frozen=True)
class Requirement:
    """A package, and what the pack does with it."""

    package: str
    """Its name for pip."""
    oldest: str
    """The oldest version that works."""
    purpose: str
    """What is impossible without it: the beginning of the sentence."""
    names: tuple[str, ...]
    """Everything that is used from it, as module.name."""
    pinned: bool = False
    """ComfyUI and other packs use it too, so it is reinstalled in the version that is there."""

    def require(self) -> None:
        """Imports what is used.

        Raises:
            RequirementError: that is impossible; the message is one sentence with the command that repairs it.
        """
        problem = self.problem()
        if problem:
            raise RequirementError(problem)

    @functools.cache  # noqa: B019 - there is a handful of requirements, which live as long as the process
    def problem(self) -> str | None:
        """The sentence that `require` raises; None if all is well. Imports on the first call only."""
        try:
            found = _version(self.package)
            if found and _numbers(found) < _numbers(self.oldest):
                return self._sentence(f"and {found} is installed", self._install("--upgrade"))
            for name in self.names:
                module, _, member = name.rpartition(".")
                getattr(importlib.import_module(module), member)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a package may end the process (SystemExit), and one in Rust may panic
            return self._broken(error)
        return None

    def _broken(self, error: BaseException) -> str:
        found, root = _version(self.package), _root(error)
        missing = (root.name or "").partition(".")[0] if isinstance(root, ModuleNotFoundError) else ""
        if missing == self.package and not found:
            return self._sentence("which is not installed", self._install())
        reason = f"{type(root).__name__}: {' '.join(str(root).split())}"[:_LONGEST_REASON]
        state = f"and {found or 'the one installed'} cannot be imported ({reason})"
        exact = _exactly(self.package, found)
        running = _running(root)
        if missing not in ("", self.package):
            asking = _distribution(running[-1]) if running else self.package
            return self._sentence(state, _pip("install", _exactly(asking, _version(asking))))
        culprit = _culprit(root, running)
        needed = culprit in _needs(self.package)
        unfit = needed and culprit not in running  # nothing in it fails; it lacks what is asked of it
        if unfit or "is required for a normal functioning" in str(root):
            return self._sentence(state, _pip("install", exact))  # which installs what it asks for and nothing else
        if culprit in (None, self.package):
            again = exact if self.pinned else f"--upgrade {self.package}"
            return self._sentence(state, _pip("install", "--force-reinstall", "--no-deps", again))
        name = _distribution(str(culprit))
        version = _version(name)
        known = f"{name} {version or ''}".rstrip()
        blamed = f"and {known} keeps it from being imported ({reason})"
        if culprit in _TORCH:
            return self._together(blamed)
        if needed or culprit in _OF_COMFYUI:
            return self._sentence(blamed, _pip("install", "--force-reinstall", "--no-deps", _exactly(name, version)))
        return self._sentence(blamed, _pip("uninstall", name))

    def _install(self, *options: str) -> str:
        return _pip("install", *options, f'"{self.package}>={self.oldest}"')

    def _sentence(self, state: str, command: str) -> str:
        return f"{self.purpose} needs {self.package} {self.oldest} or newer, {state}: run {command} and restart."

    def _together(self, state: str) -> str:
        return (
            f"{self.purpose} needs {self.package} {self.oldest} or newer, {state}: install torch, torchvision and "
            "torchaudio again, as ComfyUI's README says for your graphics card, and restart."
        )


OLDEST_TRANSFORMERS = "4.50.3"
"""What ComfyUI 0.3.75 itself asks for at least."""

MATPLOTLIB = Requirement(
    "matplotlib",
    "3.6",
    "The figure of a run",
    (
        "matplotlib.backends.backend_agg.FigureCanvasAgg",
        "matplotlib.figure.Figure",
        "matplotlib.patheffects.withStroke",
        "matplotlib.ticker.MaxNLocator",
    ),
)
PILLOW = Requirement("pillow", "10.1", "Reading pictures", ("PIL.Image.open",), pinned=True)
TENSORBOARDX = Requirement(
    "tensorboardX",
    "2.6",
    "A run's record for TensorBoard",
    (
        "tensorboardX.event_file_writer.EventsWriter",
        "tensorboardX.proto.event_pb2.Event",
        "tensorboardX.summary.image",
    ),
)
BLIP = Requirement(
    "transformers",
    OLDEST_TRANSFORMERS,
    "Captioning by BLIP",
    (
        "transformers.Blip2ForConditionalGeneration",
        "transformers.Blip2Processor",
        "transformers.BlipForConditionalGeneration",
        "transformers.BlipProcessor",
    ),
    pinned=True,
)
DEPTH = Requirement(
    "transformers",
    OLDEST_TRANSFORMERS,
    "A depth map",
    (
        "transformers.AutoImageProcessor",
        "transformers.AutoModelForDepthEstimation",
        "transformers.DPTForDepthEstimation",
        "transformers.DepthAnythingForDepthEstimation",
    ),
    pinned=True,
)
CLIP = Requirement(
    "transformers",
    OLDEST_TRANSFORMERS,
    "Training",
    (
        "transformers.CLIPTextConfig",
        "transformers.CLIPTextModel",
        "transformers.CLIPTokenizer",
        "transformers.CLIPTokenizerFast",
    ),
    pinned=True,
)


def problems() -> list[str]:
    """A sentence for each requirement of the nodes that cannot be used; takes seconds, since it imports them all."""
    checked = (each.problem() for each in (PILLOW, MATPLOTLIB, TENSORBOARDX, CLIP, BLIP, DEPTH))
    return [problem for problem in checked if problem]


def _version(package: str) -> str | None:
    """None if it is not installed, or is there without its metadata, as in portable builds."""
    try:
        return importlib.metadata.version(package)
    except Exception:  # metadata can be damaged in as many ways as a package
        return None


def _exactly(package: str, version: str | None) -> str:
    return f'"{package}=={version}"' if version else package


def _distribution(module: str) -> str:
    """The name for pip of the package that a module belongs to."""
    try:
        return importlib.metadata.packages_distributions()[module][0]
    except Exception:  # not listed, or the metadata of any package are damaged
        return module


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def _root(error: BaseException) -> BaseException:
    """The first exception raised: libraries that import lazily wrap it."""
    while (below := error.__cause__ or (None if error.__suppress_context__ else error.__context__)) is not None:
        error = below
    return error


def _running(root: BaseException) -> list[str]:
    """The packages that an exception came through, outermost first."""
    # Inside ComfyUI the pack's own modules are named after its path, so whole names are compared.
    foreign = [name.partition(".")[0] for name in _modules_of(root) if not name.startswith(f"{__package__}.")]
    return [name for name in foreign if name not in sys.stdlib_module_names]


def _culprit(root: BaseException, running: list[str]) -> str | None:
    """The package that fails: the one an import names, or else the innermost one that was running."""
    named = ""
    if isinstance(root, ImportError):
        named = (root.name or "").partition(".")[0]
    elif isinstance(root, SyntaxError):
        named = _module_at(root.filename or "")
    failing = [*running, *([named] if named and named not in sys.stdlib_module_names else [])]
    callers = [name for name in failing if name not in _CALLED]
    return next(reversed(callers or failing), None)


def _module_at(file: str) -> str:
    """The name by which what a file belongs to is imported; empty if it can't be."""
    inside = [Path(file).relative_to(folder) for folder in sys.path if folder and Path(file).is_relative_to(folder)]
    return min(inside, key=lambda path: len(path.parts)).parts[0].removesuffix(".py") if inside else ""


def _modules_of(error: BaseException) -> Iterator[str]:
    """The modules that an exception came through, outermost first."""
    trace = error.__traceback__
    while trace is not None:
        yield str(trace.tb_frame.f_globals.get("__name__", ""))
        trace = trace.tb_next


def _needs(package: str) -> set[str]:
    """What a package requires, by the names to import."""
    try:
        lines = importlib.metadata.requires(package) or []
    except importlib.metadata.PackageNotFoundError:
        return set()
    named = [re.split(r"[^\w.-]", line)[0] for line in lines if "extra ==" not in line]
    return {name.replace("-", "_").lower() for name in named}


def _pip(action: str, *arguments: str) -> str:
    """A command for a terminal that uses the same Python as this process, even in a portable build."""
    python = f'"{sys.executable}"' if re.search(r"[^\w./\\:-]", sys.executable) else sys.executable
    if importlib.util.find_spec("pip") is None:
        return " ".join(["uv pip", action, "--python", python, *arguments])
    isolated = ["-s"] if sys.flags.no_user_site else []
    return " ".join([python, *isolated, "-m pip", action, *arguments])
