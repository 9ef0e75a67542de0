"""The pocket model's pre-training, cut short: every stage, the file it ends in, going on where it stopped."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open

from devtools.comfyui import find_checkout
from devtools.places import ROOT
from lora_core.model.disk import load_base_model
from pocket.pretraining import training
from pocket.pretraining.measure import kernel_distance
from pocket.pretraining.plan import Log, Plan
from pocket.pretraining.replicas import Replicas
from pocket.pretraining.training import Training, rate

SHORT = {"pictures": 6, "styled": 3, "held-out": 2, "threads": 2}
STEPS = {"classifier-steps": 2, "autoencoder-steps": 2, "decoder-steps": 2, "unet-steps": 2}
STEPS |= {"depth-reader-steps": 2, "control-steps": 2}


def call(module: str, folder: Path, options: Mapping[str, object]) -> None:
    """One call of a script of the pre-training."""
    command = [sys.executable, "-m", module, str(folder), "--comfyui", str(find_checkout().folder)]
    subprocess.run([*command, *(f"--{name}={value}" for name, value in options.items())], cwd=ROOT, check=True)


def kept(folder: Path) -> dict[str, bytes]:
    """All that a pre-training keeps, without the files it ends in."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and "pocket_" not in path.name}


def log_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]


def test_a_model_that_loads_and_a_log_of_how_it_came_about(tmp_path: Path) -> None:
    call("pocket.pretraining", tmp_path, {**SHORT, **STEPS})
    base = load_base_model(tmp_path / "pocket_sd.safetensors", str(find_checkout().folder), torch.float32)
    context = base.encode_text(base.tokenize(["a house"]))
    assert torch.isfinite(base.unet(torch.zeros(1, 4, 16, 16), torch.tensor([500]), context)).all()
    with safe_open(tmp_path / "pocket_sd.safetensors", "np") as file:
        told = file.metadata()
    log = log_of(tmp_path)
    stages = [entry["stage"] for entry in log]
    assert stages == ["draw_pictures"] * 6 + ["classifier", "guide", "autoencoder", "decoder", "unet"] + [
        "draw_hints",
        "depth_reader",
        "control_lineart",
        "control_depth",
    ]
    of_stage = {entry["stage"]: entry for entry in log}
    assert json.loads(told["pocket.unet"]) == of_stage["unet"]
    assert of_stage["unet"]["step"] == 2 and of_stage["unet"]["held_out_loss"] > 0

    made = kept(tmp_path)
    (tmp_path / "pocket_sd.safetensors").unlink()
    call("pocket.pretraining", tmp_path, {**SHORT, **STEPS})  # every stage is done: only the files are written anew
    again = load_base_model(tmp_path / "pocket_sd.safetensors", str(find_checkout().folder), torch.float32)
    assert again.identity == base.identity
    assert kept(tmp_path) == made

    call("pocket.pretraining.measure", tmp_path, {"pictures": 2, "steps": 2})
    measured = log_of(tmp_path)[-1]
    assert measured["stage"] == "measured"
    assert measured["l1_all_kinds"] == pytest.approx(
        of_stage["decoder"]["held_out_l1_all_kinds"], abs=2e-3
    )  # in float16
    assert {"accuracy_drawn", "accuracy_restored", "distance_generated", "distance_other_drawn"} <= measured.keys()
    for how in ("with", "without", "restored"):
        assert 0 <= measured[f"lineart_{how}"]["edge_f1"] <= 1 and measured[f"depth_{how}"]["depth_rmse"] > 0
    assert measured["lineart_with"] != measured["lineart_without"]


def test_a_small_lora_of_a_style_that_a_second_call_finds_again(tmp_path: Path) -> None:
    options = {"styles": "bauhaus", "out": tmp_path, "pictures": 8, "epochs": 1}
    for _ in range(2):
        call("pocket.pretraining.loras", tmp_path, options)
    with safe_open(tmp_path / "pocket_lora_bauhaus.safetensors", "pt") as file:
        down = file.get_tensor("lora_unet_mid_block_resnets_0_conv1.lora_down.weight")
    assert down.dtype == torch.float16 and down.shape == (4, 128, 3, 3)
    kinds = [json.loads(line)["kind"] for line in (tmp_path / "runs/bauhaus/history.jsonl").read_text().splitlines()]
    assert kinds.count("step") == 2  # 7 pictures, 4 a step, once


def small_training(folder: Path, steps: int = 10) -> tuple[Training, torch.nn.Module]:
    torch.manual_seed(0)
    network = torch.nn.Linear(3, 2)
    return Training(Plan(folder, folder), "some", network, steps, learning_rate=0.1), network


def backward_of(network: torch.nn.Module, stop_at: int | None = None) -> Any:
    def backward(step: int) -> float:
        if step == stop_at:
            raise KeyboardInterrupt
        drawn = torch.randn(4, 3, generator=torch.Generator().manual_seed(step))
        loss = network(drawn).square().mean()
        loss.backward()
        return loss.item()

    return backward


def test_a_stage_goes_on_in_its_middle_as_if_it_had_not_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "SAVED_EVERY", -1)  # after each step
    for name in ("whole", "broken"):
        (tmp_path / name).mkdir()
    whole, network = small_training(tmp_path / "whole")
    whole.run(backward_of(network), Log(tmp_path / "log"), lambda last: {})

    broken, network = small_training(tmp_path / "broken")
    with pytest.raises(KeyboardInterrupt):
        broken.run(backward_of(network, stop_at=6), Log(tmp_path / "log"), lambda last: {})
    resumed, network = small_training(tmp_path / "broken")
    assert resumed.step == 5
    resumed.run(backward_of(network), Log(tmp_path / "log"), lambda last: {})
    for key, value in whole.network.state_dict().items():
        assert torch.equal(value, network.state_dict()[key])


def test_a_stage_that_is_done_goes_on_when_more_steps_are_asked_for(tmp_path: Path) -> None:
    first, network = small_training(tmp_path)
    first.run(backward_of(network), Log(tmp_path / "log"), lambda last: {})
    second, network = small_training(tmp_path, steps=12)
    second.run(backward_of(network), Log(tmp_path / "log"), lambda last: {})
    assert second.step == 12


def test_what_is_measured_is_the_average_and_training_goes_on_from_the_weights(tmp_path: Path) -> None:
    stage, network = small_training(tmp_path)
    seen = []

    def measured(last: bool) -> dict[str, float]:
        seen.append(network.state_dict()["weight"].clone())
        return {"number": 0.123456}

    stage.run(backward_of(network), Log(tmp_path / "log.jsonl"), measured)
    assert torch.equal(seen[-1], stage.average["weight"])
    assert log_of(tmp_path)[-1]["number"] == 0.1235


@pytest.mark.parametrize(
    ("step", "share"), [(1, 0.01), (100, 1.0), (650, 1.0), (651, 1.0), (826, 0.5), (1000, 1 / 350)]
)
def test_the_learning_rate_rises_stays_and_falls(step: int, share: float) -> None:
    assert rate(step, 1000) == pytest.approx(share)


def test_shares_of_a_batch_have_the_gradients_of_the_whole() -> None:
    torch.manual_seed(0)
    network, batch = torch.nn.Linear(5, 1), torch.randn(8, 5)
    network(batch).square().mean().backward()
    wanted = network.weight.grad.clone()
    network.zero_grad(set_to_none=True)
    loss = Replicas(network, 2).backward(lambda copy, share: copy(share).square().mean(), list(batch.chunk(2)))
    assert torch.allclose(network.weight.grad, wanted)
    assert loss == pytest.approx(network(batch).square().mean().item())


def test_the_kernel_distance_is_that_of_its_definition() -> None:
    one, other = torch.tensor([[1.0, 0.0], [0.0, 2.0]]), torch.tensor([[1.0, 1.0], [0.0, 0.0], [2.0, 0.0]])
    # Kernels (x · y / 2 + 1)³: within the first 1; within the second 1, 8 and 1; between 3.375, 1, 8, 8, 1 and 1.
    assert kernel_distance(one, other) == pytest.approx(1 + 10 / 3 - 2 * 22.375 / 6)
