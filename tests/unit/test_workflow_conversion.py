"""devtools.workflow against what ComfyUI's own front end makes of the same workflow.

workflows/knots.json was built and saved in front end 1.32.9 (ComfyUI 0.3.75): two reroutes in a row, a bypassed LoRA
with two inputs, a muted and a bypassed node, PrimitiveNodes on a seed and a combo, a number fed by a node, uploads,
notes and V3 nodes. knots.api.json is the front end's own API format of it, object_info.json that server's answer for
the types in it. tests/comfyui/test_workflow_in_browser.py asks a real front end again.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from devtools.workflow import (
    WorkflowError,
    find_nodes,
    get_widget,
    load_workflow,
    plain_prompt,
    set_widget,
    to_api,
    widgets_of,
)

FOLDER = Path(__file__).parent / "workflows"


@pytest.fixture(scope="module")
def info() -> dict[str, Any]:
    return json.loads((FOLDER / "object_info.json").read_text(encoding="utf-8"))


@pytest.fixture
def knots() -> dict[str, Any]:
    return load_workflow(FOLDER / "knots.json")


def by_title(api: dict[str, Any], title: str) -> dict[str, Any]:
    (found,) = [node for node in api.values() if node["_meta"]["title"] == title]
    return found


def node_of(workflow: dict[str, Any], title: str) -> dict[str, Any]:
    (found,) = find_nodes(workflow, title)
    return found


def test_conversion_equals_the_front_ends(knots: dict[str, Any], info: dict[str, Any]) -> None:
    before = copy.deepcopy(knots)
    assert to_api(knots, info) == json.loads((FOLDER / "knots.api.json").read_text(encoding="utf-8"))
    assert knots == before


def test_links_as_objects_are_format_1(knots: dict[str, Any], info: dict[str, Any]) -> None:
    expected = to_api(knots, info)
    keys = ("id", "origin_id", "origin_slot", "target_id", "target_slot", "type")
    knots["links"] = [dict(zip(keys, link, strict=True)) for link in knots["links"]]
    assert to_api(knots, info) == expected


def test_values_by_name_are_taken_too(knots: dict[str, Any], info: dict[str, Any]) -> None:
    node_of(knots, "KSampler")["widgets_values"] = {"cfg": 3.5, "sampler_name": "ddim"}
    inputs = by_title(to_api(knots, info), "KSampler")["inputs"]
    assert (inputs["cfg"], inputs["sampler_name"], inputs["scheduler"]) == (3.5, "ddim", "simple")


def test_missing_values_are_the_first_ones(knots: dict[str, Any], info: dict[str, Any]) -> None:
    knots["nodes"] = [{"id": 1, "type": "KSampler", "widgets_values": []}]
    inputs = to_api(knots, info)["1"]["inputs"]
    assert inputs == {
        "seed": 0,
        "steps": 20,
        "cfg": 8.0,
        "sampler_name": "euler",
        "scheduler": "simple",
        "denoise": 1.0,
    }


def test_both_kinds_of_combo_and_the_places_that_are_not_sent(info: dict[str, Any]) -> None:
    v1 = {"input": {"required": {"mode": [["a", "b"], {}], "seed": ["INT", {}]}}}
    v3 = {
        "input": {
            "required": {
                "mode": ["COMBO", {"options": ["a", "b"], "control_after_generate": True}],
                "seed": ["INT", {"control_after_generate": False}],
                "picture": [["x.png"], {"image_upload": True}],
            },
            "optional": {"strength": ["FLOAT", {"default": 0.5}], "model": ["MODEL", {}]},
        }
    }
    assert widgets_of(v1) == {"mode": "a", "seed": 0, "seed: control_after_generate": "randomize"}
    assert list(widgets_of(v3).items()) == [
        ("mode", "a"),
        ("mode: control_after_generate", "randomize"),
        ("mode: control_filter_list", ""),
        ("seed", 0),
        ("picture", "x.png"),
        ("strength", 0.5),
        ("upload", "image"),
    ]


def test_lists_are_wrapped_so_that_they_are_no_links() -> None:
    info = {"Chooser": {"input": {"required": {"many": ["COMBO", {"options": ["a", "b"]}]}}}}
    workflow = {"nodes": [{"id": 5, "type": "Chooser", "widgets_values": [["a", "b"]]}]}
    assert to_api(workflow, info)["5"]["inputs"] == {"many": {"__value__": ["a", "b"]}}


def test_dummy_values_of_old_front_ends_are_dropped() -> None:
    specs = {"strength": ["FLOAT", {"forceInput": True}], "steps": ["INT", {}]}
    info = {"Old": {"input": {"required": specs}}}
    for saved, steps in (([0.5, 30], 30), ([30], 30)):
        assert to_api({"nodes": [{"id": 1, "type": "Old", "widgets_values": saved}]}, info)["1"]["inputs"] == {
            "steps": steps
        }


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a {red|blue} door", "a red door"),
        ("{a {red|blue}|no} door", "a red door"),
        (r"a \{brace\}", "a {brace}"),
        ("one /* two\nthree */four // five\nsix", "one four \nsix"),
    ],
)
def test_prompts_lose_comments_and_choices(text: str, plain: str) -> None:
    assert plain_prompt(text) == plain


def test_a_widget_is_set_by_type_title_and_id(knots: dict[str, Any], info: dict[str, Any]) -> None:
    number = node_of(knots, "KSamplerAdvanced")["id"]
    set_widget(knots, "KSampler", "cfg", 2.0, info)
    set_widget(knots, "Positive", "text", "a station", info)
    set_widget(knots, number, "steps", 3, info)
    set_widget(knots, "LoadImage", "image", "house.png", info)
    api = to_api(knots, info)
    assert by_title(api, "KSampler")["inputs"]["cfg"] == 2.0
    assert by_title(api, "Positive")["inputs"]["text"] == "a station"
    assert by_title(api, "Negative")["inputs"]["text"] == "blurry"
    assert api[str(number)]["inputs"]["steps"] == 3
    assert api[str(number)]["inputs"]["end_at_step"] == 20
    assert node_of(knots, "LoadImage")["widgets_values"] == ["house.png", "image"]
    assert get_widget(knots, "KSampler", "cfg", info) == 2.0


def test_a_type_means_every_node_of_it(knots: dict[str, Any], info: dict[str, Any]) -> None:
    set_widget(knots, "CLIPTextEncode", "text", "the same", info)
    api = to_api(knots, info)
    assert [by_title(api, title)["inputs"]["text"] for title in ("Positive", "Negative")] == ["the same", "the same"]


def test_a_widget_fed_by_a_primitive_is_set_there(knots: dict[str, Any], info: dict[str, Any]) -> None:
    set_widget(knots, "KSampler", "seed", 42, info)
    api = to_api(knots, info)
    assert by_title(api, "KSampler")["inputs"]["seed"] == 42
    assert by_title(api, "KSampler (Advanced)")["inputs"]["noise_seed"] == 42


def test_a_widget_fed_by_another_node_cannot_be_set(knots: dict[str, Any], info: dict[str, Any]) -> None:
    with pytest.raises(WorkflowError, match=r"steps of node 12 \(KSampler\) is connected.*PrimitiveInt, 'Steps'"):
        set_widget(knots, "KSampler", "steps", 3, info)


def test_wrong_names_are_answered_with_the_right_ones(knots: dict[str, Any], info: dict[str, Any]) -> None:
    with pytest.raises(WorkflowError, match=r"no node 'KSimpler'\. It has: .*KSampler, KSamplerAdvanced"):
        set_widget(knots, "KSimpler", "cfg", 1.0, info)
    with pytest.raises(WorkflowError, match=r"no widget 'cgf'\. It has: seed, .*cfg"):
        set_widget(knots, "KSampler", "cgf", 1.0, info)


def test_an_unknown_node_is_named(knots: dict[str, Any], info: dict[str, Any]) -> None:
    node = node_of(knots, "KSampler")
    node.update(type="LoRATrainer", properties={"cnr_id": "comfyui-lora-atelier"})
    with pytest.raises(WorkflowError, match=r"node 12 \(LoRATrainer.*comfyui-lora-atelier"):
        to_api(knots, info)


@pytest.mark.parametrize("mode", [2, 4])
def test_an_unknown_node_that_does_not_run_is_no_error(knots: dict[str, Any], info: dict[str, Any], mode: int) -> None:
    node_of(knots, "PreviewImage").update(type="SomethingElse", mode=mode)
    to_api(knots, info)


@pytest.mark.parametrize(
    ("kind", "advice"),
    [("c3dd5f0e-8b59-4cd9-8b3d-7d4b37f6ae43", "subgraph"), ("workflow>mine", "group node")],
)
def test_what_must_be_unpacked_first_is_named(
    knots: dict[str, Any], info: dict[str, Any], kind: str, advice: str
) -> None:
    node_of(knots, "KSampler")["type"] = kind
    with pytest.raises(WorkflowError, match=advice):
        to_api(knots, info)


def test_broken_links_are_errors(knots: dict[str, Any], info: dict[str, Any]) -> None:
    without = {**knots, "links": [link for link in knots["links"] if link[5] != "LATENT"]}
    with pytest.raises(WorkflowError, match="leads nowhere"):
        to_api(without, info)


def test_reroutes_in_a_circle_are_an_error(info: dict[str, Any]) -> None:
    slots = [{"name": "", "type": "*", "link": 2}], [{"name": "", "type": "*", "link": 1}]
    reroutes = [{"id": number, "type": "Reroute", "inputs": slots[number - 1]} for number in (1, 2)]
    decode = {"id": 3, "type": "VAEDecode", "inputs": [{"name": "vae", "type": "VAE", "link": 3}]}
    links = [[1, 1, 0, 2, 0, "*"], [2, 2, 0, 1, 0, "*"], [3, 2, 0, 3, 0, "VAE"]]
    with pytest.raises(WorkflowError, match="circle"):
        to_api({"nodes": [*reroutes, decode], "links": links}, info)


@pytest.mark.parametrize("text", ["not json", "[]", '{"1": {"class_type": "KSampler", "inputs": {}}}'])
def test_other_files_are_no_workflows(tmp_path: Path, text: str) -> None:
    path = tmp_path / "some.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WorkflowError, match=r"some\.json"):
        load_workflow(path)
