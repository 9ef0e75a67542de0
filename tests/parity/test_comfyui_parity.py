"""The model and the LoRA are right: ComfyUI's own models, with our file loaded by the stock LoraLoader, compute what
ours compute: SD 1.5 and a narrow one from the stock loader, the pocket model from the pack's own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from devtools.comfyui import Checkout
from devtools.standins import Standins
from pocket.model import POCKET_MODEL


@pytest.fixture(scope="module", params=["stock", "narrow", "pocket"])
def result(
    request: pytest.FixtureRequest, checkout: Checkout, standins: Standins, tmp_path_factory: pytest.TempPathFactory
) -> dict:
    """In a process of its own, since ComfyUI's module `nodes` and our folder `nodes` cannot share one."""
    script = Path(__file__).with_name("compare_with_comfyui.py")
    checkpoint = POCKET_MODEL
    if request.param != "pocket":
        checkpoint = standins.narrow if request.param == "narrow" else standins.checkpoint
    loader = "stock" if request.param == "stock" else "pocket"
    arguments = [checkout.folder, checkpoint, loader, tmp_path_factory.mktemp("loras")]
    done = subprocess.run(
        [sys.executable, script, *arguments], capture_output=True, text=True, encoding="utf-8", timeout=600
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    assert done.returncode == 0 and lines, done.stderr[-4000:]
    return json.loads(lines[0].removeprefix("RESULT "))


def test_without_a_lora_all_three_parts_compute_the_same(result: dict) -> None:
    parts = ("unet_alone", "text_encoder_alone", "vae_encoder", "vae_decoder")
    assert {name: result[name] for name in parts if not result[name] < 1e-3} == {}


def test_every_key_is_loaded_by_the_stock_lora_loader(result: dict) -> None:
    assert result["keys_not_loaded"] == []


def test_the_unet_computes_the_same(result: dict) -> None:
    assert result["unet"] < 1e-3


def test_the_text_encoder_computes_the_same(result: dict) -> None:
    assert result["text_encoder"] < 1e-3


def test_the_lora_had_an_effect_to_compare(result: dict) -> None:
    assert result["effect_of_the_lora_on_the_unet"] > 0.01
    assert result["effect_of_the_lora_on_the_text_encoder"] > 0.01


@pytest.mark.parametrize("result", ["pocket"], indirect=True)
def test_the_pocket_models_loader_says_what_is_wrong_with_its_file(result: dict) -> None:
    assert re.search(r"The pocket model is missing: there is no .*gone\.safetensors\. Install", result["missing"])
    assert re.search(r"Cannot read .*half\.safetensors: .* Download the file again", result["damaged"])


@pytest.mark.parametrize("result", ["pocket"], indirect=True)
def test_a_control_net_is_the_same_where_it_is_trained_and_where_it_is_used(result: dict) -> None:
    assert result["control_net"] < 1e-4
    assert result["control_net_by_the_stock_loader"] < 1e-4
    assert result["control_net_repeated"] == 0.0
    assert result["effect_of_the_control_net"] > 0.01
    assert re.search(r"A file of the pocket model is missing: there is no .*gone", result["control_net_missing"])
