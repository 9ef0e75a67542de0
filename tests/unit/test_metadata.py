"""What a LoRA file records: for other tools in kohya's and Stability's terms, in ours for repeating the run."""

from __future__ import annotations

import json

import pytest

from lora_core.config import LoraConfig, OptimizerConfig, RunConfig, TrainingConfig
from lora_core.dataset.manifest import Manifest, PictureEntry
from lora_core.picking.weights import Weights
from lora_core.record.metadata import lora_metadata
from lora_core.record.run_file import Fingerprints, RunFile

CONFIG = RunConfig(
    LoraConfig(rank=8, alpha=4.0),
    OptimizerConfig(max_grad_norm=1.0),
    TrainingConfig(epochs=3, batch_size=2, gradient_accumulation=3, precision="float16", min_snr_gamma=5.0),
)


def run(sides: str = "ttv", caption: str = "a house") -> RunFile:
    """What run.json holds, with a picture for each letter: t trains, v validates."""
    names = {"t": "training", "v": "validation"}
    pictures = tuple(
        PictureEntry(f"{index}.png", f"hash {index}", names[side], caption, 512, 512, (512, 512))
        for index, side in enumerate(sides)
    )
    return RunFile(
        format=2,
        name="бароко",
        created="2026-01-02T03:04:05+0000",
        config=CONFIG,
        fingerprints=Fingerprints(dataset="d" * 32, base_model="b" * 32, networks=None),
        dataset=Manifest("бароко", 512, 0, "d" * 32, pictures, (), ()),
        versions={"lora_atelier": "0.1.0"},
        origin=None,
    )


def test_other_tools_find_their_words() -> None:
    told = lora_metadata(run(), epoch=2, step=28, validation_loss=0.125, weights=Weights.RAW)
    expected = {
        "ss_network_module": "networks.lora",
        "ss_network_dim": "8",
        "ss_network_alpha": "4.0",
        "ss_base_model_version": "sd_v1",
        "ss_max_grad_norm": "1.0",
        "ss_min_snr_gamma": "5.0",
        "ss_noise_offset": "null",
        "ss_mixed_precision": "fp16",
        "ss_gradient_accumulation_steps": "3",
        "ss_total_batch_size": "6",
        "ss_num_train_images": "2",
        "ss_num_validation_images": "1",
        "ss_epoch": "2",
        "ss_steps": "28",
        "modelspec.sai_model_spec": "1.0.0",
        "modelspec.architecture": "stable-diffusion-v1/lora",
        "modelspec.title": "бароко",
        "modelspec.date": "2026-01-02T03:04:05+0000",
        "modelspec.resolution": "512x512",
        "modelspec.prediction_type": "epsilon",
    }
    assert {key: told.get(key) for key in expected} == expected
    assert all(isinstance(value, str) for value in told.values()), "safetensors takes text alone"


def test_the_run_can_be_repeated_from_the_file() -> None:
    told = lora_metadata(run(), epoch=2, step=28, validation_loss=0.125, weights=Weights.RAW)
    assert told["lora_atelier.base_model"] == "b" * 32
    assert told["lora_atelier.dataset"] == "d" * 32
    assert told["lora_atelier.version"] == "0.1.0"
    assert told["lora_atelier.validation_loss"] == "0.125"
    assert RunConfig.from_json(json.loads(told["lora_atelier.recipe"])) == CONFIG


@pytest.mark.parametrize(
    ("other", "same"),
    [(run("tvt"), False), (run("tt"), False), (run(caption="a tower"), True)],
    ids=["other sides", "a picture less", "other captions"],
)
def test_the_hash_of_the_split_is_that_of_pictures_and_sides(other: RunFile, same: bool) -> None:
    split = [lora_metadata(each, 1, 1, None, Weights.RAW)["lora_atelier.split"] for each in (run(), other)]
    assert (split[0] == split[1]) is same
    assert len(split[0]) == 32
