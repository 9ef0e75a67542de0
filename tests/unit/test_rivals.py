"""Other trainers that ours is timed against: the same network, as many trained values, and a word if one is missing."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pytest
import torch

from devtools.console import Failure
from lora_core.config import LoraConfig
from lora_core.model.base import BaseModel
from lora_core.model.lora import LoraAdapter
from tests.benchmarks.gpu.material import SMALL, Checkouts, Scale, random_unet, same_weights
from tests.benchmarks.gpu.rivals import NotHereError, checkouts, rivals, with_kohya, with_peft
from tests.benchmarks.rival_counts import count_rival
from tests.benchmarks.step_counts import RANK, TOKENS, count_step

SCALE = Scale(torch.device("cpu"), SMALL, 64, 2, "float32")


def test_peft_starts_from_our_network_and_trains_as_many_values() -> None:
    unet = random_unet(SCALE)
    base = BaseModel(same_weights(unet, SMALL), None, None, None, "")  # type: ignore[arg-type]
    ours = LoraAdapter(base, LoraConfig(rank=RANK, train_text_encoder=False), seed=0)
    theirs = with_peft(SCALE, unet)
    inputs = torch.randn(2, 4, 8, 8), torch.tensor([3, 500]), torch.randn(2, TOKENS, SMALL.context)
    with torch.no_grad():
        torch.testing.assert_close(theirs.network(*inputs).sample, unet(*inputs), atol=1e-5, rtol=1e-5)
    matrices = [matrix for pair in ours.weights.matrices(ours.weights.masters) for matrix in pair]
    assert len(theirs.trained) == len(matrices)
    assert sum(each.numel() for each in theirs.trained) == sum(each.numel() for each in matrices)


def test_a_step_of_another_trainer_changes_its_adapters_alone() -> None:
    unet = random_unet(SCALE)
    frozen = [weight.clone() for weight in unet.parameters()]
    theirs = with_peft(SCALE, unet)
    before = [weight.detach().clone() for weight in theirs.trained]
    theirs.way(SCALE).step()
    assert any(not torch.equal(*pair) for pair in zip(before, theirs.trained, strict=True))
    assert all(torch.equal(*pair) for pair in zip(frozen, unet.parameters(), strict=True))


def test_other_trainers_are_counted_as_ours_is() -> None:
    """In 16 bits peft moves more: it adds what it has multiplied in operations of their own."""
    scale = Scale(torch.device("cpu"), SMALL, 64, 2, "bfloat16")
    ours = count_step("all", scale.batch, scale.pixels, scale.precision, layout=SMALL)
    theirs = count_rival(with_peft, scale)
    assert theirs.kernels > 1.3 * ours.kernels
    assert theirs.moved > ours.moved


def test_only_those_that_were_named_take_part() -> None:
    assert [name.split(",")[0] for name in rivals(Checkouts())] == ["peft"]
    assert [name.split(",")[0] for name in rivals(Checkouts(onetrainer=Path("there")))] == ["peft", "OneTrainer"]


def test_a_folder_that_is_no_checkout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"--kohya .* no checkout of it, which would have networks/lora\.py"):
        checkouts(argparse.Namespace(kohya=tmp_path, onetrainer=None))


def test_what_a_checkout_lacks_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("library/original_unet.py", "networks/lora.py"):
        path = tmp_path / name
        path.parent.mkdir()
        path.write_text("import not_installed_here\n", encoding="utf-8")
    named = checkouts(argparse.Namespace(kohya=tmp_path, onetrainer=None))
    assert named.kohya is not None
    path_before = list(sys.path)
    with pytest.raises(NotHereError, match=r"kohya's scripts cannot be imported .*'not_installed_here'"):
        with_kohya(named.kohya, SCALE, random_unet(SCALE))
    monkeypatch.delitem(sys.modules, "library", raising=False)
    assert sys.path == path_before
