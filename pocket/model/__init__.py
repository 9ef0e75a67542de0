"""The pocket model that comes with the pack, and its ControlNets."""

from pathlib import Path

_HERE = Path(__file__).resolve().parent

SIDE = 128
"""Pixels a side of the pictures that it knows."""
POCKET_MODEL = _HERE / "pocket_sd.safetensors"
"""All three of its networks; `pocket.pretraining` makes it."""
POCKET_CONTROL_NETS = {kind: _HERE / f"pocket_control_{kind}.safetensors" for kind in ("lineart", "depth")}
"""By what they hold the model to; made by the same script, of the Control-LoRA layout: they need the model's file."""
POCKET_DIAL = _HERE / "pocket_dial.json"
"""How far Building Dial keeps drawn buildings on it; `python dev.py bench dial` measures that."""


def pocket_lora(style: str) -> Path:
    """The pocket LoRA of one of the drawn styles; `pocket.pretraining.loras` makes it."""
    return _HERE / f"pocket_lora_{style}.safetensors"
