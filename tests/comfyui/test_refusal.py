"""A graph whose inputs a node refuses does not half run, and an error that a user can mend is a line of the log."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest

from comfyui.harness import ComfyServer, Graph, Node, PromptFailed, PromptRejected
from comfyui.test_before_training import Pocket


def another_branch(graph: Pocket, color: int) -> Node:
    """Nodes that can run whatever happens to the others; the last of them."""
    image = graph.add("EmptyImage", width=64, height=64, batch_size=1, color=color)
    return graph.add("PreviewImage", images=image.out())


@pytest.fixture
def graph(comfy: ComfyServer) -> Pocket:
    """A training on a folder that is not there, and another branch's room."""
    graph = Pocket(comfy.object_info())
    graph.trainer(graph.dataset("no such style"), run_name="never")
    return graph


def test_what_is_refused_keeps_the_rest_of_the_graph_from_running(comfy: ComfyServer, graph: Pocket) -> None:
    another_branch(graph, color=1)
    before = comfy.get_json("/history")
    with pytest.raises(PromptRejected) as caught:
        comfy.submit(graph)
    (error,) = caught.value.errors
    assert error.node_type == "DatasetLoader"
    assert "No folder 'no such style'" in error.message
    queue = comfy.get_json("/queue")
    assert not queue["queue_running"] and not queue["queue_pending"]
    assert comfy.get_json("/history") == before


def test_what_is_refused_does_not_matter_to_a_part_that_is_run_alone(comfy: ComfyServer, graph: Pocket) -> None:
    alone = another_branch(graph, color=2)
    answer = comfy.post_json("/prompt", {"prompt": graph, "partial_execution_targets": [alone.id]})
    outcome = comfy.wait(answer["prompt_id"])
    assert (outcome.status, outcome.outputs.keys()) == ("success", {alone.id})


def test_what_a_node_refuses_that_leads_nowhere_does_not_matter(comfy: ComfyServer) -> None:
    graph = Pocket(comfy.object_info())
    graph.dataset("no such style")
    end = another_branch(graph, color=3)
    assert comfy.run(graph).outputs.keys() == {end.id}


def test_an_error_that_a_user_can_mend_is_one_line_of_the_log(comfy: ComfyServer) -> None:
    graph = Pocket(comfy.object_info())
    graph.add("DrawnDataset", style="bauhaus", pictures=2, validation_count=2)
    graph.add("PreviewAny", source=["2", 1])
    begun = len(comfy.log_text())
    with pytest.raises(PromptFailed):
        comfy.run(graph)
    told = comfy.log_text()[begun:]
    assert told.count("LoRA Atelier: ") == 1
    assert "Traceback" not in told
    assert "!!!" not in told


def test_the_page_that_asked_is_told_what_was_answered(comfy: ComfyServer, graph: Pocket) -> None:
    """With each node of ours that refused, and nothing about graphs without a node of ours."""
    other, drawn = Graph(), Graph()
    other.add("PreviewImage", images=other.add("EmptyImage", width=64, height=64, batch_size=1, color=4).out())
    building = drawn.add("DrawnBuilding", style="bauhaus", number=5, width=128, height=128)
    drawn.add("PreviewImage", images=building.out())
    with comfy.events() as events:
        comfy.run(other)
        with pytest.raises(PromptRejected):
            comfy.submit(graph)
        queued = comfy.submit(drawn)
        refused, accepted = events.wait_for("lora_atelier.queued", count=2)
        comfy.wait(queued)
    assert accepted == {"prompt_id": queued, "node_errors": {}}
    assert refused["prompt_id"] is None
    (error,) = (each for told in refused["node_errors"].values() for each in told["errors"])
    assert "No folder 'no such style'" in error["details"]


@pytest.mark.parametrize(
    "body", [b"", b"[", b"[]", b'{"prompt": 1, "client_id": "x"}', b'{"prompt": {"1": 2}}', b"[" * 100_000]
)
def test_a_request_that_is_no_graph_is_answered_as_ever(comfy: ComfyServer, body: bytes) -> None:
    status = _status_of(comfy, "/prompt", body)
    assert status in (400, 500)  # by ComfyUI itself
    assert comfy.get_json("/queue")["queue_pending"] == []


def test_a_page_that_is_no_text_is_told_nothing_and_others_are_told_as_ever(comfy: ComfyServer, graph: Pocket) -> None:
    body = json.dumps({"prompt": graph, "client_id": [1]}).encode()
    with comfy.events() as events:
        assert _status_of(comfy, "/prompt", body) == 400
        with pytest.raises(PromptRejected):
            comfy.submit(graph)
        assert len(events.wait_for("lora_atelier.queued")) == 1


def _status_of(comfy: ComfyServer, path: str, body: bytes) -> int:
    request = urllib.request.Request(f"{comfy.address}{path}", body, {"Content-Type": "application/json"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)
    return refused.value.code
