"""What the demo changes in the example workflows: names, and for a full-size model fewer and smaller of everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .demo_pictures import MASK, PHOTO, STYLE
from .standins import BLIP, DEPTH_ANYTHING


@dataclass(frozen=True)
class Setting:
    """A widget of a node, found by its title or type."""

    node: str
    widget: str
    value: Any


DRAWN = 64
TRIGGER = "demopalace"
PICTURE_SIDE = 64  # training
SAMPLE_SIDE = 128
EPOCHS = 4


def pocket_settings(style: str, run_name: str) -> list[Setting]:
    """For learn_without_a_gpu.json, which is trained at full length."""
    return [
        Setting("DrawnDataset", "style", style),
        Setting("DrawnDataset", "pictures", DRAWN),
        Setting("LoRATrainer", "run_name", run_name),
    ]


def train_settings(checkpoint: str, run_name: str) -> list[Setting]:
    """For train_a_style.json: 12 pictures of 64 pixels, four epochs of three steps."""
    return [
        Setting("CheckpointLoaderSimple", "ckpt_name", checkpoint),
        Setting("DatasetLoader", "folder", STYLE),
        Setting("DatasetLoader", "resolution", PICTURE_SIDE),
        Setting("DatasetLoader", "validation_count", 4),
        Setting("BlipCaptioner", "model", BLIP),
        Setting("BlipCaptioner", "trigger_word", TRIGGER),
        Setting("LoRATrainer", "run_name", run_name),
        Setting("LoRATrainer", "epochs", EPOCHS),
        Setting("LoRATrainer", "batch_size", 4),
        Setting("LoRATrainer", "rank", 4),
        Setting("LoRATrainer", "warmup_steps", 2),
        Setting("LoRATrainer", "preview_prompt", f"{TRIGGER}, a palace"),
        Setting("LoRATrainer", "preview_every", EPOCHS),
        Setting("LoRATrainer", "preview_steps", 4),
        Setting("PrimitiveStringMultiline", "value", f"{TRIGGER}, a palace"),
        Setting("EmptyLatentImage", "width", SAMPLE_SIDE),
        Setting("EmptyLatentImage", "height", SAMPLE_SIDE),
        Setting("KSampler", "steps", 4),
    ]


def restyle_settings(checkpoint: str, run_name: str) -> list[Setting]:
    """For restyle_a_building.json: the demo's own photograph at about 170 x 110 pixels, four steps."""
    return [
        Setting("CheckpointLoaderSimple", "ckpt_name", checkpoint),
        Setting("TrainingRunLoader", "run_name", run_name),
        Setting("LoadImage", "image", PHOTO),
        Setting("LoadImageMask", "image", MASK),
        Setting("ImageScaleToTotalPixels", "megapixels", 0.02),
        Setting("DepthMap", "model", DEPTH_ANYTHING),
        Setting("StyledControlNetApply", "prompt", f"{TRIGGER}, a palace in winter"),
        Setting("KSampler", "steps", 4),
    ]
