"""The queue of trainings: its order and states, whenever the machine stops, and what is said of how long it takes."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import killed_queue
import pytest
from killed_queue import entry
from unit.test_run_view import whole, write_run

from devtools.places import ROOT
from lora_core.config import RunConfig
from lora_core.errors import RunError
from lora_core.queue.entry import Entry
from lora_core.queue.forecast import Forecaster, Training
from lora_core.queue.graph import chain, circle, is_graph
from lora_core.queue.listing import list_queue
from lora_core.queue.store import ORDER_FILE, QueueFolder
from lora_core.queue.taken import check_run_names
from lora_core.queue.worker import Outcome, Worker
from lora_core.record.run_file import FORMAT, RunFile

RECIPE = RunConfig.paper()
TRAINING = Training("new", RECIPE, 56, 8, 64)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "черга тренувань"


@pytest.fixture
def queue(folder: Path) -> QueueFolder:
    opened = QueueFolder(folder)
    for name in "abc":
        opened.put(entry(name))
    return opened


def names(queue: QueueFolder) -> str:
    return "".join(each.id for each in queue.entries)


def states(queue: QueueFolder) -> dict[str, str]:
    return {each.id: each.state for each in queue.entries}


def opened_again(queue: QueueFolder, folder: Path) -> QueueFolder:
    queue.close()
    return QueueFolder(folder)


class Hall:
    """Trainers whose work a test ends, by id; `refused` are those that they don't take."""

    def __init__(self, **refused: str) -> None:
        self.refused = refused
        self.taken: list[str] = []
        self.ended: dict[str, Outcome] = {}
        self.begun: set[str] = set()

    def hand_over(self, entry: Entry) -> str:
        self.ended.pop(entry.id, None)
        if entry.id not in self.refused:
            self.taken.append(entry.id)
        return self.refused.get(entry.id, "")

    def outcome(self, entry_id: str) -> Outcome | None:
        return self.ended.get(entry_id)

    def withdraw(self, entry_id: str) -> bool:
        return entry_id not in self.begun


# On the disk


def test_a_new_queue_goes_and_keeps_the_order_of_adding(queue: QueueFolder, folder: Path) -> None:
    assert names(queue) == "abc" and queue.conduct.going
    queue.put(entry("d", workflow={"nodes": []}, client="page"))
    again = opened_again(queue, folder)
    assert names(again) == "abcd"
    assert again.entry("d") == entry("d", workflow={"nodes": []}, client="page")
    again.close()


@pytest.mark.parametrize(
    ("moved", "before", "order"), [("c", "a", "cab"), ("a", "c", "bac"), ("a", "", "bca"), ("b", "b", "abc")]
)
def test_entries_are_moved(queue: QueueFolder, folder: Path, moved: str, before: str, order: str) -> None:
    queue.move(moved, before)
    queue.put(entry("d"))
    again = opened_again(queue, folder)
    assert names(again) == f"{order}d"
    again.close()


def test_after_a_restart_the_queue_waits_unless_it_is_to_go_on(queue: QueueFolder, folder: Path) -> None:
    queue.change("a", state="running")
    again = opened_again(queue, folder)
    assert not again.conduct.going and again.next() is None
    assert (again.entry("a").state, again.entry("a").begun, again.entry("b").begun) == ("waiting", True, False)
    again.go_on_after_restarts(True)
    again.go(True)
    third = opened_again(again, folder)
    assert third.conduct.going and third.next() == again.entry("a")
    for name in "abc":
        third.remove(name)
    third.go_on_after_restarts(False)
    empty = opened_again(third, folder)
    assert empty.conduct.going, "with nothing left there is nothing to be surprised by"
    empty.close()


def test_two_processes_do_not_work_on_one_queue(queue: QueueFolder, folder: Path) -> None:
    with pytest.raises(RunError, match="another ComfyUI with the same output folder"):
        QueueFolder(folder)


def test_nothing_goes_above_what_trains(queue: QueueFolder, folder: Path) -> None:
    queue.change("a", state="running")
    queue.move("c", "a")
    assert names(queue) == "acb"
    queue.move("a", "")
    assert names(queue) == "acb"
    again = opened_again(queue, folder)
    assert names(again) == "acb", "nor after a restart, when it waits to go on"
    again.change("b", state="running")
    assert names(again) == "bac"
    again.close()


@pytest.mark.parametrize("act", [lambda q: q.entry("z"), lambda q: q.remove("z"), lambda q: q.move("a", "../z")])
def test_what_is_not_in_the_queue_is_said_to_be_gone(queue: QueueFolder, act) -> None:
    with pytest.raises(RunError, match="no longer in the queue"):
        act(queue)
    assert names(queue) == "abc"


def stored(**changes: object) -> bytes:
    return json.dumps({**json.loads(entry("x").to_bytes()), **changes}).encode()


DAMAGED = {
    "empty": b"",
    "half": entry("x").to_bytes()[:-20],
    "a list": b"[]",
    "deep": b"[" * 100_000,
    "another state": stored(state="dancing"),
    "a state of another kind": stored(state=["waiting"]),
    "no graph": stored(graph=1),
    "no node": stored(graph={"1": None}),
    "a class of another kind": stored(graph={"1": {"class_type": 5, "inputs": {}}}),
    "inputs of another kind": stored(graph={"1": {"class_type": "LoRATrainer", "inputs": []}}),
    "no workflow": stored(workflow="hello"),
    "begun in words": stored(begun="yes"),
    "runs in a row": stored(runs="abc"),
    "runs by number": stored(runs=[1]),
    "no runs": stored(runs=[]),
    "a client of another kind": stored(client=None),
    "of the future": stored(format=2),
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_entry_hides_no_other(queue: QueueFolder, folder: Path, data: bytes) -> None:
    (folder / "x.json").write_bytes(data)
    again = opened_again(queue, folder)
    assert names(again) == "abc"
    (problem,) = list_queue(again, lambda _: None).problems
    assert "'x.json'" in problem
    assert "Error" not in problem, "classes of Python say nothing to its reader"
    assert (folder / "x.json").exists()
    again.close()


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"order": 1, "going": true, "restarts": false}'])
def test_a_damaged_order_stops_the_queue_and_loses_nothing(queue: QueueFolder, folder: Path, data: bytes) -> None:
    (folder / ORDER_FILE).write_bytes(data)
    again = opened_again(queue, folder)
    assert names(again) == "abc" and not again.conduct.going
    again.close()


def test_a_stop_between_any_two_operations_on_files_leaves_the_queue_before_or_after(tmp_path: Path) -> None:
    """The expected queues are those after whole changes; each kill must find one of them, and none further back."""
    expected = []
    for queue in killed_queue.changes(tmp_path / "whole"):
        expected.append([(each.id, each.reason) for each in queue.entries])
    queue.close()
    script, reached = Path(killed_queue.__file__), 0
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for number in range(1, 1000):
        folder = tmp_path / f"kill {number}"
        ended = subprocess.run([sys.executable, script, folder, str(number)], env=environment, timeout=60, check=False)
        left = QueueFolder(folder)
        found = [(each.id, each.reason) for each in left.entries]
        left.close()
        assert not list(folder.glob(".*.tmp"))
        if ended.returncode == 0:
            break
        assert ended.returncode == killed_queue.KILLED
        assert found in expected[reached:], f"after operation {number}"
        reached = expected.index(found, reached)
    assert found == expected[-1] == [("b", ""), ("c", "Немає теки.")]
    assert number > len(expected)


# Worked on


def test_one_training_after_another_and_a_failure_stops_none(queue: QueueFolder) -> None:
    hall = Hall(b="The folder is gone.")
    worker = Worker(queue, hall)
    assert worker.tick() and hall.taken == ["a"]
    assert not worker.tick(), "a is under way"
    hall.ended["a"] = Outcome("succeeded")
    assert worker.tick() and names(queue) == "bc"
    assert worker.tick() and queue.entry("b").reason == "The folder is gone."
    assert worker.tick() and hall.taken == ["a", "c"]
    hall.ended["c"] = Outcome("failed", "No memory.")
    assert worker.tick() and not worker.tick()
    assert states(queue) == {"b": "failed", "c": "failed"} and queue.entry("c").reason == "No memory."
    worker.again("c")
    assert queue.entry("c").begun and worker.tick() and hall.taken == ["a", "c", "c"]


def test_a_pause_lets_what_is_under_way_end_and_begins_nothing(queue: QueueFolder) -> None:
    hall = Hall()
    worker = Worker(queue, hall)
    worker.tick()
    queue.go(False)
    hall.ended["a"] = Outcome("cancelled")
    assert worker.tick() and not worker.tick()
    assert states(queue) == {"a": "cancelled", "b": "waiting", "c": "waiting"}
    queue.go(True)
    worker.tick()
    assert hall.taken == ["a", "b"]


def test_what_the_user_takes_from_comfyuis_own_queue_does_not_come_back_at_once(queue: QueueFolder) -> None:
    hall = Hall()
    worker = Worker(queue, hall)
    worker.tick()
    hall.ended["a"] = Outcome("withdrawn")
    worker.tick()
    assert not worker.tick() and not queue.conduct.going
    assert states(queue)["a"] == "waiting" and not queue.entry("a").begun


def test_a_training_is_taken_out_unless_it_trains(queue: QueueFolder) -> None:
    hall = Hall()
    worker = Worker(queue, hall)
    worker.tick()
    hall.begun.add("a")
    with pytest.raises(RunError, match="Cancel it first"):
        worker.remove("a")
    hall.begun.clear()
    worker.remove("a")
    worker.remove("c")
    worker.tick()
    assert names(queue) == "b" and hall.taken == ["a", "b"]


def test_an_entry_is_written_however_deeply_its_values_are_nested(queue: QueueFolder) -> None:
    nested: object = "value"
    for _ in range(400):
        nested = [nested]
    queue.put(entry("d", workflow={"deep": nested}))
    queue.change("d", state="running")
    assert queue.entry("d").workflow == {"deep": nested}


# What a graph says before it runs


def node(kind: str, **inputs: object) -> dict:
    return {"class_type": kind, "inputs": inputs}


def captioned(*order: str) -> dict:
    """A trainer behind captioners, each of which gets its pictures from the next; what follows the last is no node."""
    captioners = {name: node("BlipCaptioner", dataset=[after, 0]) for name, after in itertools.pairwise(order)}
    return {"trainer": node("LoRATrainer", dataset=[order[0], 0]), **captioners}


def test_half_a_character_is_kept_as_it_came(queue: QueueFolder, folder: Path) -> None:
    """A text that was cut in the middle of an emoji, such as a note in the workflow."""
    queue.put(entry("d", workflow={"note": "a \ud83c house"}))
    assert opened_again(queue, folder).entry("d").workflow == {"note": "a \ud83c house"}


@pytest.mark.parametrize("order", ["aa", "aba", "abca", "abb"])
def test_nodes_in_a_circle_are_found_and_not_followed_without_end(order: str) -> None:
    graph = captioned(*order)
    found = circle(graph)
    assert found[0] == found[-1] and set(found) == set(order[order.index(order[-1]) :])
    with pytest.raises(ValueError, match="circle"):
        chain(graph, ["a", 0], "dataset")


def test_a_chain_ends_where_no_link_goes_on() -> None:
    graph = {**captioned("a", "b", "c"), "c": node("DatasetLoader", folder="pictures")}
    assert chain(graph, ["a", 0], "dataset") == [graph["a"], graph["b"], graph["c"]]
    assert circle(graph) == []
    numbers = [str(number) for number in range(3000)]
    long = {**captioned(*numbers), numbers[-1]: node("DatasetLoader")}
    assert len(chain(long, ["0", 0], "dataset")) == 3000 and circle(long) == []
    assert circle({"1": node("Any", one=[["1"], 0], two=["1"], three=[1, 0])}) == [], "these are no links"


@pytest.mark.parametrize("value", [5, [], {"1": None}, {"1": {"class_type": "X"}}, {"1": node("X") | {"inputs": 5}}])
def test_what_is_no_graph_is_told_from_one(value: object) -> None:
    assert not is_graph(value)
    assert is_graph({"1": node("X")})


# Run names that are taken


def test_a_name_is_taken_by_a_run_that_was_made_differently(tmp_path: Path) -> None:
    run = write_run(tmp_path / "мій", [])
    made = replace(RunFile.read(run), format=FORMAT)
    made.write(run)
    same = replace(TRAINING, run="мій", config=made.config)
    check_run_names([same], [], tmp_path)
    other = replace(same, config=replace(made.config, lora=replace(made.config.lora, rank=made.config.lora.rank + 1)))
    with pytest.raises(RunError, match=r"'мій' exists and was made differently: rank was .* such as 'мій-2'"):
        check_run_names([other], [], tmp_path)
    check_run_names([replace(other, run="")], [], tmp_path)


def test_a_name_is_taken_by_a_training_that_waits_with_other_settings(tmp_path: Path) -> None:
    waiting = [TRAINING, replace(TRAINING, run="new-2")]
    longer = replace(RECIPE, training=replace(RECIPE.training, epochs=RECIPE.training.epochs + 1))
    check_run_names([TRAINING, replace(TRAINING, config=longer)], waiting, tmp_path)
    other = replace(TRAINING, config=replace(RECIPE, lora=replace(RECIPE.lora, rank=3)))
    (tmp_path / "new-3").mkdir()
    with pytest.raises(RunError, match=r"'new' is in the queue .* differently: rank was 16 and is now 3\. .*'new-4'"):
        check_run_names([other], waiting, tmp_path)
    with pytest.raises(RunError, match="rank was 16"):
        check_run_names([TRAINING, replace(other, run="NEW")], [], tmp_path)
    with pytest.raises(RunError, match="the pictures"):
        check_run_names([replace(TRAINING, source="another folder")], waiting, tmp_path)
    long, shorter = "я" * 100, "я" * 98 + "-2"
    with pytest.raises(RunError, match=f"such as '{shorter}'"):  # a name that a run can have
        check_run_names([replace(other, run=long)], [replace(TRAINING, run=long)], tmp_path)


@pytest.mark.parametrize("name", ["../elsewhere", "\\\\server\\share", "a\0b", "NUL"], ids=ascii)
def test_a_name_that_no_run_can_have_is_refused_when_the_training_is_added(tmp_path: Path, name: str) -> None:
    with pytest.raises(RunError, match="The run name"):
        check_run_names([replace(TRAINING, run=name)], [], tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="links need rights on this system")
def test_a_run_that_is_a_link_is_not_looked_through(tmp_path: Path) -> None:
    write_run(tmp_path / "elsewhere", [])
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "linked").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    with pytest.raises(RunError, match="is a link to another folder"):
        check_run_names([replace(TRAINING, run="linked")], [], tmp_path / "runs")


# How long it takes


def step(number: int) -> dict:
    return {"kind": "step", "step": number, "epoch": 1, "loss": 0.1, "learning_rate": 1e-4, "seconds": 2.0}


def test_steps_are_counted_before_anything_was_measured(tmp_path: Path) -> None:
    found = Forecaster(tmp_path).forecast([TRAINING, replace(TRAINING, run="second", pictures=57)], [])
    assert found is not None
    assert (found.steps, found.seconds, found.like) == (200 * 14 + 200 * 15, None, "")
    assert Forecaster(tmp_path).forecast([], []) is None


def test_time_is_that_of_the_latest_run_of_the_same_kind(tmp_path: Path) -> None:
    run = write_run(tmp_path / "earlier", [step(1), step(2), *whole()])
    made = RunFile.read(run)
    like = replace(TRAINING, config=made.config, resolution=made.dataset.resolution)
    found = Forecaster(tmp_path).forecast([like], ["earlier"])
    assert found is not None and found.like == "earlier"
    assert found.seconds is not None and found.seconds >= 2.0 * found.steps
    other = replace(like, resolution=like.resolution + 64)
    unknown = Forecaster(tmp_path).forecast([other], ["earlier"])
    assert unknown is not None and unknown.seconds is None


def test_a_run_that_goes_on_has_only_its_rest_before_it(tmp_path: Path) -> None:
    run = write_run(tmp_path / "half", [step(14)])
    half = replace(TRAINING, run="half", config=RunFile.read(run).config)
    fresh = Forecaster(tmp_path).forecast([half], [])
    rest = Forecaster(tmp_path).forecast([half], ["half"])
    assert fresh is not None and rest is not None
    assert (rest.steps, rest.like) == (fresh.steps - 14, "half")


@pytest.mark.skipif(os.name == "nt", reason="there are no pipes in folders on this system")
def test_a_run_that_holds_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    run = write_run(tmp_path / "shared", [step(1), step(2)])
    like = replace(TRAINING, config=RunFile.read(run).config, resolution=RunFile.read(run).dataset.resolution)
    (run / "history.jsonl").unlink()
    os.mkfifo(run / "history.jsonl")
    found = Forecaster(tmp_path).forecast([replace(like, run="shared")], ["shared"])
    assert found is not None and found.seconds is None
