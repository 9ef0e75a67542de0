"""Stand-in models: real classes and file formats, random weights. Built once in .dev/models, then linked.

python -m devtools.standins builds what is not there yet.
The names in a ComfyUI base directory are those of the real files, so that example workflows run unchanged.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .comfyui import Checkout, find_checkout
from .console import Failure, timed
from .places import link_file, models_dir

EDITION = 1  # change this number when what is built changes

CHECKPOINT = "v1-5-pruned-emaonly-fp16.safetensors"
LINEART = "control_v11p_sd15_lineart_fp16.safetensors"
DEPTH = "control_v11f1p_sd15_depth_fp16.safetensors"
OTHER_MODEL = "v2-1_768-ema-pruned.safetensors"
NARROW = "narrow-sd15.safetensors"
THIN = "v1-5-thin-fp16.safetensors"
THIN_LINEART = "thin_lineart_fp16.safetensors"
THIN_DEPTH = "thin_depth_fp16.safetensors"
KINDS = {
    CHECKPOINT: "sd15",
    NARROW: "narrow",
    THIN: "thin",
    LINEART: "controlnet-11",
    DEPTH: "controlnet-12",
    THIN_LINEART: "thin-controlnet-13",
    THIN_DEPTH: "thin-controlnet-14",
    OTHER_MODEL: "sd2-small",
}
BLIP = "blip-image-captioning-base"
DEPTH_ANYTHING = "Depth-Anything-V2-Small-hf"

WORDS = (
    "a an the of in on with and building house facade window windows door roof tower city street modern old white grey "
    "red brick glass concrete stone large small tall photo photograph view front is there are sky trees green blue "
    "theater theatre style architecture architectural"
)


class Standins:
    """Stand-in models, each built the first time it is needed.

    Args:
        checkout: the ComfyUI whose classes give the shapes; any supported version gives the same files.
        folder: where they are kept, .dev/models by default.
    """

    def __init__(self, checkout: Checkout, folder: Path | None = None):
        self.checkout = checkout
        self.folder = (folder or models_dir()) / f"standins-{EDITION}"

    @property
    def checkpoint(self) -> Path:
        """A checkpoint of SD 1.5's exact shape and keys: 2.1 GB in float16, about 25 s."""
        return self._weights(CHECKPOINT)

    @property
    def lineart(self) -> Path:
        """A ControlNet of SD 1.5's shape that has an effect: 0.7 GB, about 8 s."""
        return self._weights(LINEART)

    @property
    def depth(self) -> Path:
        """Another one, with other weights."""
        return self._weights(DEPTH)

    @property
    def other_model(self) -> Path:
        """A checkpoint that ComfyUI takes for Stable Diffusion 2: only a UNet, 53 MB."""
        return self._weights(OTHER_MODEL)

    @property
    def narrow(self) -> Path:
        """A checkpoint of SD 1.5's layout and keys at a tenth of its width: 22 MB."""
        return self._weights(NARROW)

    @property
    def thin(self) -> Path:
        """A checkpoint that the stock loader takes for SD 1.5's, with a tenth of its UNet: 0.4 GB, about 5 s."""
        return self._weights(THIN)

    @property
    def blip(self) -> Path:
        """A folder with a tiny BLIP, its tokenizer and image processor."""
        return self._built(BLIP, "a tiny BLIP", build_blip)

    @property
    def depth_anything(self) -> Path:
        """A folder with a tiny Depth Anything and its image processor."""
        return self._built(DEPTH_ANYTHING, "a tiny Depth Anything", build_depth_anything)

    def install(self, home: Path, *, checkpoint: bool = True) -> None:
        """Put them where the ComfyUI of base directory `home` looks for them, `other_model` only on request.

        A model of that name that is there already is left alone: it may be the real one.
        """
        models = home / "models"
        for folder, name in (("checkpoints", CHECKPOINT), ("controlnet", LINEART), ("controlnet", DEPTH)):
            if (checkpoint or name != CHECKPOINT) and not (models / folder / name).exists():
                link_file(self._weights(name), models / folder / name)
        if not (models / "blip" / BLIP / "config.json").exists():
            _link_all(self.blip, models / "blip" / BLIP)
        if not (models / "depth_anything" / DEPTH_ANYTHING / "config.json").exists():
            _link_all(self.depth_anything, models / "depth_anything" / DEPTH_ANYTHING)

    def install_thin(self, home: Path) -> None:
        """Put the thin checkpoint into `home`, and ControlNets that fit it."""
        for folder, name in (("checkpoints", THIN), ("controlnet", THIN_LINEART), ("controlnet", THIN_DEPTH)):
            link_file(self._weights(name), home / "models" / folder / name)

    def is_standin(self, model: Path) -> bool:
        """Whether a file of weights is one of these and not a real one of the same name."""
        ours = self.folder / model.name
        return ours.exists() and model.exists() and ours.samefile(model)

    def install_other_model(self, home: Path) -> str:
        """Put the Stable Diffusion 2 into `home`; its name in the checkpoint loader."""
        link_file(self.other_model, home / "models" / "checkpoints" / OTHER_MODEL)
        return OTHER_MODEL

    def build(self) -> None:
        """All of them that are not there yet."""
        for name in KINDS:
            self._weights(name)
        _ = self.blip, self.depth_anything

    def _weights(self, name: str) -> Path:
        script = Path(__file__).with_name("standin_weights.py")
        kind = KINDS[name]

        def build(target: Path) -> None:
            command = [sys.executable, str(script), str(self.checkout.folder), kind, str(target)]
            ran = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False)
            if ran.returncode != 0:
                raise Failure(f"The stand-in {kind} could not be built:\n{ran.stdout}{ran.stderr}")

        return self._built(name, f"the stand-in for {name}, random weights,", build)

    def _built(self, name: str, what: str, build: Callable[[Path], None]) -> Path:
        """`name` in the folder; built under another name first, so that a half-written one is never used."""
        target = self.folder / name
        if not target.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            partial = self.folder / f"partial-{os.getpid()}-{name}"
            try:
                with timed(f"Building {what} once"):
                    build(partial)
                if not target.exists():
                    partial.rename(target)
            finally:
                if partial.is_dir():
                    shutil.rmtree(partial, ignore_errors=True)
                else:
                    partial.unlink(missing_ok=True)
        return target


def _link_all(source: Path, target: Path) -> None:
    for file in source.iterdir():
        link_file(file, target / file.name)


def build_blip(folder: Path) -> None:
    """A transformers BLIP of 0.2 M parameters with a vocabulary of building words."""
    from transformers import BertTokenizer, BlipConfig, BlipForConditionalGeneration, BlipImageProcessor, BlipProcessor

    folder.mkdir(parents=True)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[DEC]", "[ENC]", *WORDS.split(), *".,"]
    words += list("abcdefghijklmnopqrstuvwxyz") + [f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(dict.fromkeys(words)) + "\n", encoding="utf-8", newline="\n")
    tokenizer = BertTokenizer(str(vocabulary), additional_special_tokens=["[DEC]", "[ENC]"])
    text = {
        "vocab_size": len(tokenizer),
        "hidden_size": 32,
        "encoder_hidden_size": 32,
        "intermediate_size": 64,
        "projection_dim": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "max_position_embeddings": 64,
        "bos_token_id": tokenizer.convert_tokens_to_ids("[DEC]"),
        "pad_token_id": tokenizer.convert_tokens_to_ids("[PAD]"),
        "sep_token_id": tokenizer.convert_tokens_to_ids("[SEP]"),
        "eos_token_id": tokenizer.convert_tokens_to_ids("[SEP]"),
    }
    vision = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": 64,
        "patch_size": 16,
    }
    model = BlipForConditionalGeneration(BlipConfig(text_config=text, vision_config=vision, projection_dim=32))
    _draw(model, 5)
    model.save_pretrained(folder)
    processor = BlipProcessor(BlipImageProcessor(size={"height": 64, "width": 64}), tokenizer)
    processor.save_pretrained(folder)


def build_depth_anything(folder: Path) -> None:
    """A transformers Depth Anything on a Dinov2 of two layers."""
    from transformers import DepthAnythingConfig, DepthAnythingForDepthEstimation, Dinov2Config, DPTImageProcessor

    backbone = Dinov2Config(
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=2,
        mlp_ratio=2,
        image_size=70,
        patch_size=14,
        out_features=["stage1", "stage2", "stage3", "stage4"],
        apply_layernorm=True,
        reshape_hidden_states=False,
    )
    config = DepthAnythingConfig(
        backbone_config=backbone,
        patch_size=14,
        reassemble_hidden_size=32,
        neck_hidden_sizes=[8, 16, 32, 32],
        fusion_hidden_size=16,
        head_hidden_size=8,
    )
    model = DepthAnythingForDepthEstimation(config)
    _draw(model, 6)
    model.head.conv3.bias.data.fill_(3.0)  # its last ReLU passes nothing below zero
    model.save_pretrained(folder)
    DPTImageProcessor(
        size={"height": 140, "width": 140}, keep_aspect_ratio=True, ensure_multiple_of=14, do_pad=False
    ).save_pretrained(folder)


def _draw(model: Any, seed: int) -> None:
    """Weights scaled by fan-in: a new model's own are so small that every picture gives the same answer."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    for weight in model.parameters():
        if weight.dim() > 1:
            fan_in = weight[0].numel()
            weight.data = torch.randn(weight.shape, generator=generator) * (1.4 / fan_in**0.5)


if __name__ == "__main__":
    Standins(find_checkout()).build()
