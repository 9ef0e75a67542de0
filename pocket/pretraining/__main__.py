"""Pre-trains the pocket model on drawn buildings: python -m pocket.pretraining FOLDER --comfyui DIR

The stages are kept in FOLDER, and an interrupted call goes on in the middle of one: pictures are drawn, a classifier
learns to tell their kinds apart, the autoencoder to compress them and its decoder to restore them sharply, text encoder
and UNet to draw them from their captions, which makes one file, and two ControlNets to hold the UNet to lines and
depth, each a file of its own. What was done, and how well it went, is in FOLDER/log.jsonl and in the files' metadata;
python -m pocket.pretraining.measure FOLDER says how good they are.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from ..drawing import VERNACULAR
from .autoencoder import encode, train_autoencoder
from .classifier import train_classifier, train_guide
from .control import train_control
from .control_file import write_control
from .decoder import train_decoder
from .denoiser import tokenize, train_unet
from .depth_reader import train_depth_reader
from .file import write
from .hints import KINDS, draw_hints
from .network import Networks
from .pictures import draw_pictures
from .plan import Log, Plan


def main() -> None:
    """Does what the folder does not hold yet."""
    plan = _plan()
    plan.folder.mkdir(parents=True, exist_ok=True)
    log = Log(plan.folder / "log.jsonl")
    drawings = draw_pictures(plan, log)
    train_classifier(plan, drawings, log)
    guide = train_guide(plan, drawings, log)
    autoencoder = train_autoencoder(plan, drawings, guide, log)
    train_decoder(plan, drawings, autoencoder, guide, log)
    ordinary = drawings[VERNACULAR]
    latents, tokens = encode(plan, ordinary.pictures, autoencoder), tokenize(ordinary.captions, plan.comfyui)
    unet, text_encoder = train_unet(plan, latents, tokens, log)
    networks = Networks(unet, autoencoder, text_encoder)
    write(plan, networks, log)
    hints = draw_hints(plan, log)
    train_depth_reader(plan, ordinary.pictures, hints["depth"], log)
    for kind in KINDS:
        write_control(plan, kind, train_control(plan, kind, networks, latents, tokens, hints[kind], log), log)


def _plan() -> Plan:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="keeps what the stages make")
    parser.add_argument("--comfyui", type=Path, required=True, help="a ComfyUI checkout: CLIP's tokenizer, key names")
    for field in dataclasses.fields(Plan)[2:]:
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=int, default=field.default)
    return Plan(**vars(parser.parse_args()))


if __name__ == "__main__":
    main()
