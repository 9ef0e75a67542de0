"""The pocket model that comes with the pack."""

from pathlib import Path

POCKET_MODEL = Path(__file__).resolve().parent / "pocket_sd.safetensors"
"""All three of its networks; `pocket.pretraining` makes it."""
