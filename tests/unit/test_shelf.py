"""What is let go is never written, and is deleted where it was."""

from __future__ import annotations

from pathlib import Path

import torch

from lora_core.config import RunConfig
from lora_core.dataset.style import StyleDataset
from lora_core.model.base import BaseModel
from lora_core.model.lora import LoraCopy
from lora_core.picking.weights import Weights
from lora_core.record.checkpoints import checkpoint_path, save_lora
from lora_core.record.writer import RunRecord
from lora_core.training.saver import LoraFile
from lora_core.training.shelf import Shelf

LORA = LoraCopy(torch.ones(1), lambda vector: {"a.alpha": vector})


def test_a_file_that_a_kill_left_is_let_go_with_its_epoch(
    base_model: BaseModel, dataset: StyleDataset, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    record = RunRecord(folder, RunConfig(), dataset, base_model.identity, None)
    left = checkpoint_path(folder, 2)
    save_lora(left, LORA.tensors(), {})
    shelf = Shelf(folder, record, {Weights.RAW: 1}, epoch=1)
    for epoch in (2, 3, 4):
        shelf.add(epoch, Weights.RAW, LoraFile(checkpoint_path(folder, epoch), LORA, {}), {})
    unwritten, released = shelf.take()
    assert [each.path for each in unwritten] == [checkpoint_path(folder, 4)]
    assert released == [left], "epoch 3 never reached the disk"
    assert shelf.take() == ([], [])
    record.close()
