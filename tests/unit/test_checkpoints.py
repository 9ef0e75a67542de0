"""LoRA files and resume states: whole or not at all; if one is damaged, the one before is used."""

from __future__ import annotations

from pathlib import Path

import pytest
import safetensors.torch
import torch
from safetensors import safe_open

from lora_core.errors import CheckpointError, RunError
from lora_core.files import atomic_write
from lora_core.picking.weights import Weights
from lora_core.record.checkpoints import (
    STATES_KEPT,
    checkpoint_path,
    epochs_on_disk,
    load_lora,
    load_state,
    save_lora,
    save_state,
)
from lora_core.tensors import fingerprint
from lora_core.training.state import RunState


def test_a_lora_file_carries_its_metadata(tmp_path: Path) -> None:
    path = tmp_path / "стиль з пробілом" / "epoch_0003.safetensors"
    save_lora(path, {"lora_unet_x.alpha": torch.tensor(1.0)}, {"ss_network_dim": "16"})
    with safe_open(path, "pt") as file:
        assert file.metadata() == {"ss_network_dim": "16"}
    assert load_lora(path)[0]["lora_unet_x.alpha"].item() == 1.0


def test_a_damaged_lora_is_named(tmp_path: Path) -> None:
    path = tmp_path / "epoch_0001.safetensors"
    path.write_bytes(b"\x10\x00\x00")
    with pytest.raises(CheckpointError, match="epoch_0001"):
        load_lora(path)
    with pytest.raises(CheckpointError, match="epoch_0002"):
        load_lora(tmp_path / "epoch_0002.safetensors")


def test_epochs_on_disk(tmp_path: Path) -> None:
    for epoch in (12, 3):
        save_lora(tmp_path / "checkpoints" / f"epoch_{epoch:04d}.safetensors", {"a.alpha": torch.tensor(1.0)}, {})
    for name in ("last", "epoch_0007_averaged", "epoch_x"):
        save_lora(tmp_path / "checkpoints" / f"{name}.safetensors", {"a.alpha": torch.tensor(1.0)}, {})
    assert epochs_on_disk(tmp_path) == [3, 12]
    assert epochs_on_disk(tmp_path, Weights.AVERAGED) == [7]
    assert checkpoint_path(tmp_path, 7, Weights.AVERAGED).is_file()


def states(folder: Path) -> list[Path]:
    return sorted(folder.glob("step_*.safetensors"))


def save_steps(folder: Path, *steps: int) -> None:
    for step in steps:
        save_state(folder, step, {"x": torch.full((64,), float(step))}, {"step": step})


def test_the_newest_state_comes_back_and_old_ones_go(tmp_path: Path) -> None:
    save_steps(tmp_path, 1, 2, 3, 4)
    assert len(states(tmp_path)) == STATES_KEPT
    tensors, values = load_state(tmp_path)
    assert values == {"step": 4}
    assert torch.equal(tensors["x"], torch.full((64,), 4.0))


def test_tensors_of_any_shape_come_back(tmp_path: Path) -> None:
    tensors = {"matrix": torch.randn(2, 3), "scalar": torch.tensor(7.0), "empty": torch.empty(0, 4)}
    save_state(tmp_path, 1, tensors, {})
    loaded, _ = load_state(tmp_path)
    assert loaded.keys() == tensors.keys()
    assert all(torch.equal(loaded[key], tensors[key]) for key in tensors)


def test_a_state_whose_tensors_were_written_one_by_one(tmp_path: Path) -> None:
    """As versions before 0.1.0 wrote them."""
    tensors = {"x": torch.ones(3), "y": torch.zeros(2, 2)}
    metadata = {"values": '{"step": 5}', "checksum": fingerprint(tensors)}
    safetensors.torch.save_file(tensors, tmp_path / "step_00000005.safetensors", metadata)
    loaded, values = load_state(tmp_path)
    assert values == {"step": 5}
    assert all(torch.equal(loaded[key], tensors[key]) for key in tensors)


def test_no_state(tmp_path: Path) -> None:
    assert load_state(tmp_path / "missing") is None


@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty", "garbage"])
def test_a_damaged_last_state_falls_back_to_the_one_before(tmp_path: Path, damage: str) -> None:
    save_steps(tmp_path, 7, 8)
    newest = states(tmp_path)[-1]
    data = bytearray(newest.read_bytes())
    if damage == "truncated":
        data = data[: len(data) // 2]
    elif damage == "flipped":
        data[-5] ^= 0x40  # inside a tensor: the header is sound, so only the checksum can tell
    elif damage == "empty":
        data = bytearray()
    else:
        data = bytearray(b"not a state at all" * 10)
    newest.write_bytes(data)
    assert load_state(tmp_path)[1] == {"step": 7}


def test_a_run_whose_states_are_all_damaged_is_not_begun_anew(tmp_path: Path) -> None:
    save_steps(tmp_path, 7, 8)
    for path in states(tmp_path):
        path.write_bytes(b"damaged")
    with pytest.raises(CheckpointError, match=r"all damaged.*checkpoints are untouched"):
        load_state(tmp_path)


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"values": "{}", "shapes": "{"},
        {"values": "{}", "shapes": "[]"},
        {"values": "{}", "shapes": '{"x": [65]}'},
        {"values": "{}", "shapes": '{"x": [-64]}'},
        {"values": "{}", "shapes": '{"x": "64"}'},
        {"values": "[" * 10**5, "shapes": '{"x": [64]}'},
    ],
    ids=str,
)
def test_a_state_whose_checksum_is_right_and_whose_content_is_none(tmp_path: Path, odd: dict[str, str]) -> None:
    save_steps(tmp_path, 7)
    packed = {"state": torch.zeros(64)}
    path = tmp_path / "step_00000008.safetensors"
    safetensors.torch.save_file(packed, path, metadata={**odd, "checksum": fingerprint(packed)})
    assert load_state(tmp_path)[1] == {"step": 7}


VALUES = {
    "step": 1,
    "closed_epoch": 1,
    "history_size": 0,
    "curves": {"validation": {"1": 0.5}},
    "optimization": {"scaler": {"scale": 1.0}, "micro_batch": 4},
}


def test_a_state_of_the_form_of_values_loads(tmp_path: Path) -> None:
    save_state(tmp_path, 1, {"lora.x": torch.zeros(4), "adamw.0.step": torch.tensor(1.0)}, VALUES)
    state = RunState.load(tmp_path)
    assert state is not None and (state.step, state.optimizer.scaler) == (1, {"scale": 1.0})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *((key, value) for key in ("step", "closed_epoch", "history_size") for value in ("1", None, -1, 0.5, 2**70)),
        *(("curves", value) for value in ([], {"validation": []}, {"validation": {"x": 1.0}})),
        *(("curves", {"validation": {"1": value}}) for value in ("x", None, [])),
        *(("optimization", value) for value in (None, {}, {"scaler": [], "micro_batch": 1})),
        *(("optimization", {"scaler": {"scale": value}, "micro_batch": 1}) for value in ("x", None, {})),
        *(("optimization", {"scaler": {}, "micro_batch": value}) for value in ("x", None, -5, 1.5)),
    ],
    ids=str,
)
def test_a_state_whose_values_are_of_another_kind(tmp_path: Path, key: str, value: object) -> None:
    save_state(tmp_path, 1, {"lora.x": torch.zeros(4)}, {**VALUES, key: value})
    with pytest.raises(CheckpointError, match="is of another version"):
        RunState.load(tmp_path)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="Linux alone tells which files are mapped")
def test_what_was_loaded_holds_no_file(tmp_path: Path) -> None:
    """On Windows a file that a tensor is a window into can be neither replaced nor deleted."""
    path = tmp_path / "epoch_0001.safetensors"
    save_lora(path, {"a.alpha": torch.ones(100_000)}, {})
    save_steps(tmp_path, 1)
    kept = load_lora(path), load_state(tmp_path)
    maps = Path("/proc/self/maps").read_text(encoding="utf-8")
    assert str(tmp_path) not in maps
    assert kept[0][0]["a.alpha"].sum() == 100_000


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RunError, match=r"Cannot write .*lora\.safetensors"):
        atomic_write(tmp_path / "file" / "lora.safetensors", b"x")


def test_an_unfinished_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that the system refuses in the middle: the file-size limit stands in for a full disk."""
    resource = pytest.importorskip("resource")
    import signal

    path = tmp_path / "file"
    atomic_write(path, b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
        with pytest.raises(RunError, match="The disk is full"):
            atomic_write(path, b"n" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
