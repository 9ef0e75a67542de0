"""Pre-trains the pocket model on drawn buildings: python -m pocket.pretraining FOLDER --comfyui DIR

Five stages, each kept in FOLDER, so that an interrupted call goes on with the next: pictures are drawn, the autoencoder
learns to compress them and its decoder to restore them sharply, text encoder and UNet learn to draw them from their
captions, and one file is written. What was done, and how well it went, is in FOLDER/log.jsonl and in the file's
metadata.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from safetensors.torch import save_file

from . import network
from .autoencoder import encode, train_autoencoder
from .decoder import train_decoder
from .denoiser import tokenize, train_unet
from .pictures import draw_pictures
from .plan import Log, Plan

STAGES = ("autoencoder", "decoder", "restoring", "unet", "held_out")
"""Those whose last words in the log go into the file."""


def main() -> None:
    """Runs the stages that the folder does not hold yet."""
    plan = _plan()
    plan.folder.mkdir(parents=True, exist_ok=True)
    log = Log(plan.folder / "log.jsonl")
    pictures = draw_pictures(plan, log)
    autoencoder = train_autoencoder(plan, pictures, log)
    train_decoder(plan, pictures, autoencoder, log)
    latents = encode(plan, pictures, autoencoder)
    captions = json.loads((plan.folder / "captions.json").read_text(encoding="utf-8"))
    unet, text_encoder = train_unet(plan, latents, tokenize(captions, plan.comfyui), log)
    write(plan, unet, autoencoder, text_encoder, log)


def _plan() -> Plan:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="keeps what the stages make")
    parser.add_argument("--comfyui", type=Path, required=True, help="a ComfyUI checkout: CLIP's tokenizer, key names")
    parser.add_argument("--pictures", type=int, default=Plan.pictures, help="ordinary buildings to draw")
    parser.add_argument("--styled", type=int, default=Plan.styled, help="pictures of each style, for the autoencoder")
    parser.add_argument("--held-out", type=int, default=Plan.held_out, help="pictures to measure with alone")
    parser.add_argument("--autoencoder-steps", type=int, default=Plan.autoencoder_steps)
    parser.add_argument("--decoder-steps", type=int, default=Plan.decoder_steps, help="of the decoder alone, after it")
    parser.add_argument("--unet-steps", type=int, default=Plan.unet_steps)
    parser.add_argument("--unet-start", type=Path, help="a unet.safetensors to go on from, in place of random weights")
    parser.add_argument("--seed", type=int, default=Plan.seed)
    return Plan(**vars(parser.parse_args()))


def write(plan: Plan, unet: Any, autoencoder: Any, text_encoder: Any, log: Log) -> None:
    """Writes pocket_sd.safetensors, float16, with what was trained and how well in its metadata."""
    sys.path.append(str(plan.comfyui))
    sys.argv[1:] = ["--cpu"]  # ComfyUI reads it on import
    from comfy.utils import unet_to_diffusers

    weights = network.checkpoint(unet, autoencoder, text_encoder, unet_to_diffusers(network.unet_config()))
    metadata = {
        "modelspec.title": "Pocket SD: drawn buildings at 128 pixels",
        "modelspec.license": "GPL-3.0-or-later",
        "pocket.pictures": str(plan.pictures),
        "pocket.seed": str(plan.seed),
        **{f"pocket.{stage}": json.dumps(log.last(stage)) for stage in STAGES},
    }
    path = plan.folder / "pocket_sd.safetensors"
    save_file({key: value.half() for key, value in weights.items()}, path, metadata)
    print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
