"""Whatever is missing or old in a run's folder: queueing it resumes, ends or refuses, and takes nothing away."""

from __future__ import annotations

import copy
import dataclasses
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from lora_core.config import LoraConfig, PreviewConfig, RunConfig, TrainingConfig, ValidationConfig
from lora_core.dataset.style import StyleDataset
from lora_core.errors import CheckpointError, RunError
from lora_core.model.base import BaseModel
from lora_core.model.lora import LoraAdapter
from lora_core.model.lora_shapes import lora_shapes
from lora_core.picking.weights import Weights
from lora_core.progress import SilentWatcher
from lora_core.record.checkpoints import checkpoint_path, load_lora
from lora_core.record.reader import read_view
from lora_core.record.run_file import RunFile
from lora_core.record.start import StartingLora
from lora_core.training.trainer import Trainer


def recipe(epochs: int, rank: int = 2) -> RunConfig:
    return RunConfig(
        LoraConfig(rank=rank, layers="attention"),
        training=TrainingConfig(epochs=epochs, batch_size=4),
        validation=ValidationConfig(raw_every_epochs=1, timesteps_per_picture=1, probe_every_epochs=0),
        preview=PreviewConfig(every_epochs=1, steps=1),
    )


@pytest.fixture(scope="module")
def trained(pristine_model: BaseModel, dataset: StyleDataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished run of four epochs, "run", and as it was after two, "earlier"."""
    home = tmp_path_factory.mktemp("trained")
    _train(pristine_model, dataset, home / "run", recipe(2))
    shutil.copytree(home / "run", home / "earlier")
    _train(pristine_model, dataset, home / "run", recipe(4))
    return home


def _train(
    model: BaseModel, dataset: StyleDataset, folder: Path, config: RunConfig, start: StartingLora | None = None
) -> None:
    cache = folder.parent / "cache"
    device = torch.device("cpu")
    Trainer(config, dataset, copy.deepcopy(model), folder, cache, device, SilentWatcher(), start=start).train()


@pytest.fixture
def train(pristine_model: BaseModel, dataset: StyleDataset, trained: Path, tmp_path: Path):
    """Trains in a copy of the run; returns its folder."""

    def run(epochs: int) -> None:
        _train(pristine_model, dataset, tmp_path / "run", recipe(epochs))

    shutil.copytree(trained / "run", tmp_path / "run")
    return run


def contents(run: Path) -> dict[str, bytes]:
    """Everything but the lock."""
    return {
        path.relative_to(run).as_posix(): path.read_bytes()
        for path in run.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def drop(*names: str) -> Callable[[Path, Path], None]:
    """Deletes files and folders of a run."""

    def damage(run: Path, _earlier: Path) -> None:
        for name in names:
            shutil.rmtree(run / name) if (run / name).is_dir() else (run / name).unlink()

    return damage


def old_state(run: Path, earlier: Path) -> None:
    shutil.rmtree(run / "state")
    shutil.copytree(earlier / "state", run / "state")


def damaged_states(run: Path, _earlier: Path) -> None:
    for state in (run / "state").iterdir():
        state.write_bytes(state.read_bytes()[:-1])


def old_state_without_history(run: Path, earlier: Path) -> None:
    old_state(run, earlier)
    (run / "history.jsonl").unlink()


def previews_alone(run: Path, earlier: Path) -> None:
    drop("state", "history.jsonl", "checkpoints")(run, earlier)


def last_alone(run: Path, earlier: Path) -> None:
    previews_alone(run, earlier)
    shutil.rmtree(run / "previews")
    (run / "checkpoints").mkdir()
    (run / "checkpoints" / "last.safetensors").write_bytes(b"a LoRA")


def garbled_history_alone(run: Path, earlier: Path) -> None:
    drop("state", "previews", "checkpoints")(run, earlier)
    text = (run / "history.jsonl").read_text(encoding="utf-8")
    (run / "history.jsonl").write_text(text, encoding="utf-16")


CASES: dict[str, Callable[[Path, Path], None]] = {
    "no state": drop("state"),
    "no state and no history": drop("state", "history.jsonl"),
    "no state and no checkpoints": drop("state", "checkpoints"),
    "damaged states": damaged_states,
    "a state of an earlier day": old_state,
    "a state of an earlier day and no history": old_state_without_history,
    "previews alone": previews_alone,
    "the LoRA of a cancelled run alone": last_alone,
    "a history that Notepad saved as UTF-16 alone": garbled_history_alone,
}


@pytest.mark.parametrize("case", CASES)
def test_an_unfinished_run_is_refused_and_keeps_all_it_has(train, trained: Path, tmp_path: Path, case: str) -> None:
    run = tmp_path / "run"
    CASES[case](run, trained / "earlier")
    before = contents(run)
    with pytest.raises((RunError, CheckpointError), match="another run name"):
        train(6)
    assert contents(run) == before


@pytest.mark.parametrize("case", [*list(CASES)[:6]])
def test_a_finished_run_stays_finished(train, trained: Path, tmp_path: Path, case: str) -> None:
    run = tmp_path / "run"
    CASES[case](run, trained / "earlier")
    before = contents(run)
    train(4)
    after = contents(run)
    after.pop("history.jsonl" if "history.jsonl" not in before else "", None)
    assert after == before


def test_fewer_epochs_than_are_done_change_nothing(train, tmp_path: Path) -> None:
    before = contents(tmp_path / "run")
    train(2)
    assert contents(tmp_path / "run") == before


def test_a_stopped_run_that_has_what_it_is_asked_for_has_all_its_epochs(train, tmp_path: Path) -> None:
    run = tmp_path / "run"
    replace(RunFile.read(run), config=recipe(9)).write(run)  # it was stopped after four of them, to be used as it is
    stopped, before = read_view(run), contents(run)
    train(4)
    assert (stopped.status, stopped.epoch, stopped.epochs) == ("finished", 4, 9)
    assert (read_view(run).status, read_view(run).epoch, read_view(run).epochs) == ("finished", 4, 4)
    assert {name for name, content in contents(run).items() if content != before[name]} == {"run.json"}


@pytest.mark.parametrize("content", [b"", b"{", b'{"format": 2}'])
def test_a_damaged_run_json_is_refused(train, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run" / "run.json").write_bytes(content)
    before = contents(tmp_path / "run")
    with pytest.raises(RunError, match=r"run\.json .* is damaged"):
        train(6)
    assert contents(tmp_path / "run") == before


def measured(run: Path) -> list[tuple[str, int]]:
    entries = map(json.loads, (run / "history.jsonl").read_text(encoding="utf-8-sig").splitlines())
    return [(entry["kind"], entry["epoch"]) for entry in entries if entry["kind"] in ("validation", "averaged")]


@pytest.mark.parametrize("change", [lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r\n")])
def test_a_history_that_an_editor_saved_loses_no_line(train, tmp_path: Path, change: Callable[[str], str]) -> None:
    """It is longer then than when the state was saved, so what lies beyond that length is not what came later."""
    history = tmp_path / "run" / "history.jsonl"
    text = history.read_text(encoding="utf-8")
    history.write_bytes(change(text).encode("utf-8"))
    train(5)
    kinds = ("validation", "averaged")
    assert measured(tmp_path / "run") == [(kind, epoch) for epoch in range(6) for kind in kinds]


def test_a_history_that_was_cut_within_a_line_takes_up_on_a_new_one(train, tmp_path: Path) -> None:
    history = tmp_path / "run" / "history.jsonl"
    history.write_bytes(history.read_bytes()[:-200])
    train(5)
    lines = history.read_bytes().splitlines()
    (resumed,) = [line for line in lines if b'"resumed", "text": "Resumed after step 8' in line]
    assert json.loads(resumed)["what"] == "resumed"


def test_a_run_starts_from_the_last_lora_of_another(
    pristine_model: BaseModel, dataset: StyleDataset, trained: Path, tmp_path: Path
) -> None:
    before = load_lora(checkpoint_path(trained / "run", 4))[0]
    start = StartingLora.of(before)
    slow = dataclasses.replace(recipe(1).optimizer, learning_rate=1e-9)
    config = dataclasses.replace(recipe(1), optimizer=slow)
    _train(pristine_model, dataset, tmp_path / "b", config, start)
    after, metadata = load_lora(checkpoint_path(tmp_path / "b", 1))
    assert all(torch.allclose(after[key], value, rtol=0, atol=1e-7) for key, value in before.items())
    averaged = load_lora(checkpoint_path(tmp_path / "b", 1, Weights.AVERAGED))[0]
    assert all(torch.allclose(averaged[key], value, rtol=0, atol=1e-7) for key, value in before.items())
    assert RunFile.read(tmp_path / "b").fingerprints.start == metadata["lora_atelier.start"] == start.fingerprint
    first = [json.loads(line) for line in (tmp_path / "b" / "history.jsonl").read_text("utf-8").splitlines()]
    theirs = [json.loads(line) for line in (trained / "run" / "history.jsonl").read_text("utf-8").splitlines()]
    base, other = (next(e for e in entries if e["kind"] == "validation") for entries in (first, theirs))
    assert base["losses"] == other["losses"]  # epoch 0 is the model without any LoRA
    assert StartingLora.of_run(tmp_path / "b").fingerprint == start.fingerprint
    with pytest.raises(RunError, match="the LoRA that it starts from changed"):
        _train(pristine_model, dataset, tmp_path / "b", dataclasses.replace(recipe(2), optimizer=slow))


def test_a_run_that_started_from_a_lora_resumes_bit_for_bit(
    pristine_model: BaseModel, dataset: StyleDataset, trained: Path, tmp_path: Path
) -> None:
    start = StartingLora.read(checkpoint_path(trained / "run", 4))
    _train(pristine_model, dataset, tmp_path / "whole", recipe(2), start)
    _train(pristine_model, dataset, tmp_path / "twice", recipe(1), start)
    _train(pristine_model, dataset, tmp_path / "twice", recipe(2), start)
    whole, twice = (load_lora(checkpoint_path(tmp_path / name, 2))[0] for name in ("whole", "twice"))
    assert all(torch.equal(whole[key], twice[key]) for key in whole)


@pytest.mark.parametrize(
    ("lora", "told"),
    [
        (LoraConfig(rank=3, layers="attention"), "has rank 2, this run rank 3"),
        (LoraConfig(rank=2, alpha=2.0, layers="attention"), "has alpha 1, this run alpha 2"),
        (LoraConfig(rank=2, layers="all"), "made with other layers"),
        (LoraConfig(rank=2, layers="attention", train_text_encoder=False), "made with other layers"),
    ],
)
def test_a_lora_of_another_kind_is_refused_before_anything_is_written(
    base_model: BaseModel, dataset: StyleDataset, trained: Path, tmp_path: Path, lora: LoraConfig, told: str
) -> None:
    start = StartingLora.read(checkpoint_path(trained / "run", 4))
    with pytest.raises(CheckpointError, match=told):
        start.check(lora_shapes(base_model, lora), lora.alpha)


@pytest.mark.parametrize("layers", ["all", "attention", "attention+mlp"])
def test_the_shapes_are_those_of_the_adapter(base_model: BaseModel, layers: str) -> None:
    config = LoraConfig(rank=3, layers=layers)
    shapes = lora_shapes(base_model, config)
    state = LoraAdapter(base_model, config, 0).state_dict()
    assert shapes == {key: tuple(value.shape) for key, value in state.items() if not key.endswith(".alpha")}
