"""What the demo changes in the example workflows: names and, for a full-size model, less of everything."""

from __future__ import annotations

from .demo_pictures import PHOTO, STYLE
from .graphs import Settings
from .standins import BLIP, DEPTH_ANYTHING

DRAWN = 64
TRIGGER = "demopalace"
PICTURE_SIDE = 64  # training
SAMPLE_SIDE = 128
EPOCHS = 4


def pocket_settings(style: str, run_name: str) -> Settings:
    """For learn_without_a_gpu, which is trained at full length."""
    return {"DrawnDataset": {"style": style, "pictures": DRAWN}, "LoRATrainer": {"run_name": run_name}}


def train_settings(checkpoint: str, run_name: str) -> Settings:
    """For train_a_style: 12 pictures of 64 pixels, four epochs of three steps."""
    prompt = f"{TRIGGER}, a palace"
    trainer = {"run_name": run_name, "epochs": EPOCHS, "batch_size": 4, "rank": 4, "warmup_steps": 2}
    return {
        "CheckpointLoaderSimple": {"ckpt_name": checkpoint},
        "DatasetLoader": {"folder": STYLE, "resolution": PICTURE_SIDE, "validation_count": 4},
        "BlipCaptioner": {"model": BLIP, "trigger_word": TRIGGER},
        "LoRATrainer": {**trainer, "preview_prompt": prompt, "preview_every": EPOCHS, "preview_steps": 4},
        "PrimitiveStringMultiline": {"value": prompt},
        "EmptyLatentImage": {"width": SAMPLE_SIDE, "height": SAMPLE_SIDE},
        "KSampler": {"steps": 4},
    }


def restyle_settings(checkpoint: str, run_name: str) -> Settings:
    """For restyle_a_building: the demo's own photograph at about 170 x 110 pixels, four steps."""
    return {
        "CheckpointLoaderSimple": {"ckpt_name": checkpoint},
        "TrainingRunLoader": {"run_name": run_name},
        "LoadImage": {"image": PHOTO},
        "ImageScaleToTotalPixels": {"megapixels": 0.02},
        "DepthMap": {"model": DEPTH_ANYTHING},
        "StyledControlNetApply": {"prompt": f"{TRIGGER}, a palace in winter"},
        "KSampler": {"steps": 4},
    }
