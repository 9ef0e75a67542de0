"""Uses the pack in an environment: does ComfyUI start with its nodes, does the pocket model train to a file?"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from .comfyui import NO_TRACES, Checkout
from .home import make_home, remove_home
from .places import PACK_NAME, ROOT
from .thin_environment import ThinEnvironment

WORKS = "works"

_DRAW = """
import sys
from pathlib import Path
from pocket.drawing.facades import draw
folder = Path(sys.argv[1])
folder.mkdir(parents=True)
for seed in range(8):
    drawn = draw("bauhaus", seed, (128, 128))
    drawn.image.save(folder / f"{seed}.png")
    (folder / f"{seed}.txt").write_text(drawn.caption, encoding="utf-8")
"""


@dataclass(frozen=True)
class Started:
    """What a start of ComfyUI showed."""

    verdict: str
    """WORKS, or what went wrong."""
    seconds: float | None = None
    """How long importing the pack took, as ComfyUI itself reports it."""


def draw_pictures(folder: Path) -> Path:
    """Eight captioned pictures that the pocket model can be trained on."""
    subprocess.run([sys.executable, "-c", _DRAW, str(folder)], cwd=ROOT, check=True)
    return folder


def start_comfyui(environment: ThinEnvironment, checkout: Checkout, home: Path) -> Started:
    """Start ComfyUI with the pack as its only custom node; it ends once everything is imported."""
    make_home(home)
    arguments = ["--base-directory", str(home), "--cpu", *NO_TRACES]
    done = environment.run([str(checkout.folder / "main.py"), *arguments, "--quick-test-for-ci"])
    remove_home(home)
    told = re.search(rf"([\d.]+) seconds( \(IMPORT FAILED\))?: .*{PACK_NAME}", done.stdout + done.stderr)
    if done.returncode != 0 or told is None:
        return Started(f"does not start: {last_error(done.stderr)}")
    if told.group(2):
        return Started(f"starts without the pack: {last_error(done.stderr)}")
    return Started(WORKS, float(told.group(1)))


def train_and_export(environment: ThinEnvironment, checkout: Checkout, pictures: Path, folder: Path) -> str:
    """Train the pocket model for three epochs, plot, pick and export; WORKS, or the error of what failed.

    Without matplotlib, plotting works if it says what is missing.
    """
    draws = "matplotlib" in environment.freeze()
    run, lora = folder / "runs" / "loop", folder / "loop.safetensors"
    model = ROOT / "pocket" / "model" / "pocket_sd.safetensors"
    training = ["train", "--data", pictures, "--model", model, "--tokenizer", checkout.folder, "--device", "cpu"]
    training += ["--runs", run.parent, "--name", run.name, "--resolution", 128, "--validation-count", 2]
    training += ["--epochs", 3, "--preview-every-epochs", 3, "--preview-steps", 2, "--precision", "float32"]
    commands = [training, ["plot", run, "--out", folder / "loop.png"], ["pick", run], ["export", run, "--out", lora]]
    for command in commands:
        done = environment.run(["-m", "lora_core", *map(str, command)])
        says_so = command[0] == "plot" and not draws and "The figure of a run needs matplotlib" in done.stderr
        if done.returncode != 0 and not says_so:
            return f"{command[0]} fails: {last_error(done.stderr)}"
    return WORKS if lora.is_file() else "export wrote nothing"


def last_error(text: str) -> str:
    """The last line that mentions an error, or else the last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or ["it failed without a message"])[-1]
