"""Cancel loses nothing, the same graph resumes from there, and nothing is trained twice."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from comfyui.harness import THIN, ComfyServer, Events, Graph, Outcome, PromptFailed
from comfyui.training import Training, events, history, run_folder, training_graph, write_style
from lora_core.record.checkpoints import load_lora, load_state

RUN = "cancelled run"
EPOCHS = 6  # enough for Cancel to come before the end
STEPS = 2 * EPOCHS  # 3 pictures to train on, 2 per step


@dataclass
class Cancelled:
    """A training that was cancelled after its first epoch."""

    training: Training
    outcome: Outcome
    run: Path


@pytest.fixture(scope="module")
def info(comfy: ComfyServer) -> dict[str, Any]:
    return comfy.object_info()


@pytest.fixture(scope="module")
def cancelled(comfy: ComfyServer, home: Path, info: dict[str, Any]) -> Cancelled:
    """Cancel is pressed as soon as the page shows that the third step is done."""
    write_style(home, "to cancel", 4, first=30)
    training = training_graph(info, "to cancel", RUN, epochs=EPOCHS)
    with comfy.events() as told:
        prompt = comfy.submit(training.graph)
        wait_for_step(told, 3)
        comfy.interrupt()
        outcome = comfy.wait(prompt, timeout=300)
    return Cancelled(training, outcome, run_folder(home, RUN))


def wait_for_step(told: Events, step: int, run: str | None = None) -> None:
    """Waits for the event that shows in the node that `step` steps are done, of this run or of any."""
    count = 0
    while True:
        count += 1
        data = told.wait_for("lora_atelier.progress", timeout=300, count=count)[count - 1]
        if data["stage"] == "training" and data["step"] >= step and run in (None, data["run"]):
            return


def steps(run: Path) -> list[int]:
    return [entry["step"] for entry in history(run, "step")]


def test_cancel_ends_the_graph_without_an_error(cancelled: Cancelled, comfy: ComfyServer) -> None:
    assert cancelled.outcome.status == "interrupted"
    assert not cancelled.outcome.errors
    assert events(cancelled.run) == ["cancelled"]


def test_cancel_leaves_the_lora_and_a_state(cancelled: Cancelled) -> None:
    lora, metadata = load_lora(cancelled.run / "checkpoints" / "last.safetensors")
    assert any(tensor.abs().max() > 0 for key, tensor in lora.items() if key.endswith("lora_up.weight"))
    assert metadata["ss_network_dim"] == "2"
    state = load_state(cancelled.run / "state")
    assert state is not None
    assert state[1]["step"] == steps(cancelled.run)[-1] >= 3


def test_the_lora_of_a_cancelled_run_is_one_for_the_stock_loader(
    cancelled: Cancelled, comfy: ComfyServer, home: Path
) -> None:
    shutil.copyfile(
        cancelled.run / "checkpoints" / "last.safetensors", home / "models" / "loras" / "cancelled.safetensors"
    )
    graph = Graph()
    base = graph.base_model(THIN)
    loader = {"lora_name": "cancelled.safetensors", "strength_model": 1.0, "strength_clip": 1.0}
    styled = graph.add("LoraLoader", **loader, model=base.out(0), clip=base.out(1))
    graph.add("PreviewAny", source=graph.add("CLIPTextEncode", text="a building", clip=styled.out(1)).out(0))
    comfy.run(graph)
    assert "lora key not loaded" not in comfy.log_text()


@pytest.fixture(scope="module")
def resumed(cancelled: Cancelled, comfy: ComfyServer) -> Outcome:
    """The very same graph, queued again."""
    return comfy.run(cancelled.training.graph)


def test_the_same_graph_goes_on_and_ends_complete(resumed: Outcome, cancelled: Cancelled) -> None:
    assert events(cancelled.run) == ["cancelled", "resumed", "finished"]
    assert steps(cancelled.run) == [*range(1, STEPS + 1)], "each step stands once"
    assert [entry["epoch"] for entry in history(cancelled.run, "averaged")] == [*range(EPOCHS + 1)]
    (view,) = resumed.outputs[cancelled.training.trainer]["lora_atelier_view"]
    assert view["checkpoints"] == [*range(1, EPOCHS + 1)]


def test_an_unchanged_graph_is_not_run_again(resumed: Outcome, cancelled: Cancelled, comfy: ComfyServer) -> None:
    written = (cancelled.run / "history.jsonl").stat().st_mtime_ns
    again = comfy.run(cancelled.training.graph)
    assert cancelled.training.trainer in again.cached
    assert again.outputs[cancelled.training.trainer] == resumed.outputs[cancelled.training.trainer]
    assert (cancelled.run / "history.jsonl").stat().st_mtime_ns == written


def test_a_finished_run_is_not_trained_again_after_the_cache_is_gone(
    resumed: Outcome, cancelled: Cancelled, comfy: ComfyServer
) -> None:
    before = history(cancelled.run)
    comfy.free()
    again = comfy.run(cancelled.training.graph)
    assert cancelled.training.trainer not in again.cached
    assert history(cancelled.run) == before
    assert again.outputs[cancelled.training.trainer] == resumed.outputs[cancelled.training.trainer]


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [("learning_rate", 1e-4, ("learning rate was 0.0003", "0.0001")), ("rank", 4, ("rank was 2", "4"))],
)
def test_a_setting_that_would_alter_the_run_is_refused(
    resumed: Outcome, cancelled: Cancelled, comfy: ComfyServer, setting: str, value: Any, told: tuple[str, ...]
) -> None:
    before = (cancelled.run / "run.json").read_bytes(), history(cancelled.run)
    inputs = cancelled.training.graph[cancelled.training.trainer]["inputs"]
    kept = inputs[setting]
    inputs[setting] = value
    try:
        with pytest.raises(PromptFailed) as caught:
            comfy.run(cancelled.training.graph)
    finally:
        inputs[setting] = kept
    (error,) = caught.value.errors
    assert error.node_type == "LoRATrainer"
    assert error.kind.endswith("RunError")
    for part in (*told, RUN, "choose another run name"):
        assert part in error.message
    assert ((cancelled.run / "run.json").read_bytes(), history(cancelled.run)) == before


def test_new_captions_are_noticed(resumed: Outcome, cancelled: Cancelled, comfy: ComfyServer, home: Path) -> None:
    caption = next((home / "datasets" / "to cancel").glob("*.txt"))
    words = caption.read_text(encoding="utf-8")
    caption.write_text("something else", encoding="utf-8")
    try:
        with pytest.raises(PromptFailed) as caught:
            comfy.run(cancelled.training.graph)
    finally:
        caption.write_text(words, encoding="utf-8")
    (error,) = caught.value.errors
    assert "the pictures, their captions or their split changed" in error.message


def test_more_epochs_go_on_where_it_ended(resumed: Outcome, cancelled: Cancelled, comfy: ComfyServer) -> None:
    cancelled.training.set(epochs=EPOCHS + 1)
    comfy.run(cancelled.training.graph)
    assert steps(cancelled.run) == [*range(1, STEPS + 2 + 1)]
    assert events(cancelled.run)[-2:] == ["resumed", "finished"]
