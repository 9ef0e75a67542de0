"""BlipCaptioner in a real server: what captions name, and overwriting that goes on after an interruption."""

from __future__ import annotations

import contextlib
import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from comfyui.harness import BLIP, ComfyServer, Graph, defaults
from comfyui.training import write_style
from lora_core.dataset.overwriting import NOTE


def captioned(comfy: ComfyServer, folder: str, **settings: Any) -> str:
    """The report of BlipCaptioner on a folder."""
    graph = Graph()
    loading = {**defaults(comfy.object_info("DatasetLoader")["DatasetLoader"]), "folder": folder}
    dataset = graph.add("DatasetLoader", **{**loading, "resolution": 64, "validation_count": 1})
    asked = {**defaults(comfy.object_info("BlipCaptioner")["BlipCaptioner"]), "model": BLIP, **settings}
    captioner = graph.add("BlipCaptioner", **asked, dataset=dataset.out())
    shown = graph.add("PreviewAny", source=captioner.out(1))
    (report,) = comfy.run(graph).outputs[shown.id]["text"]
    return str(report)


def words_of(folder: Path) -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8").strip() for path in folder.glob("*.txt")}


def test_an_interrupted_overwriting_goes_on(comfy: ComfyServer, home: Path) -> None:
    """An interruption is made of a finished overwriting: the note of one picture is taken back."""
    folder = write_style(home, "overwritten", 3)
    by_hand = words_of(folder)
    settings = {"existing_captions": "overwrite", "describe": "as the model sees it"}
    captioned(comfy, folder.name, **settings)
    by_model = words_of(folder)
    assert all(by_model[stem] != by_hand[stem] for stem in by_hand)
    copies = folder / "captions_before_1"
    assert words_of(copies) == by_hand
    assert not (copies / NOTE).exists()
    first, second, third = sorted(by_hand)
    wanted = f"_Wanted(model={BLIP!r}, prefix='', leave_out='', describe='as the model sees it')"
    _note(copies, wanted, f"{first}.jpg", f"{second}.jpg")
    (folder / f"{second}.txt").write_text("corrected", encoding="utf-8")
    (folder / f"{third}.txt").write_text("a building again", encoding="utf-8")
    captioned(comfy, folder.name, **settings)
    assert words_of(folder) == {**by_model, second: "corrected"}
    assert not (copies / NOTE).exists()
    assert not (folder / "captions_before_2").exists()


def _note(copies: Path, *lines: str) -> None:
    (copies / NOTE).write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


@pytest.mark.parametrize("describe", ["as the model sees it", "materials, openings, roof, setting"])
def test_what_is_left_out_is_in_no_caption(comfy: ComfyServer, home: Path, describe: str) -> None:
    """A tiny model of random weights says nonsense, whose first word of some length is taken for the style's."""
    folder = write_style(home, f"left out {describe[:9]}", 2, captions=False)
    settings = {"describe": describe, "trigger_word": "bauhs", "existing_captions": "overwrite"}
    before = captioned(comfy, folder.name, **settings)
    named = max(" ".join(words_of(folder).values()).replace(",", " ").split(), key=len)
    assert named in before
    after = captioned(comfy, folder.name, **settings, leave_out=f"{named}, nothing else")
    texts = words_of(folder)
    assert all(named not in text.replace(",", " ").split() for text in texts.values() if text != named)
    assert all(f": bauhs, {text}" in after for text in texts.values())


# The gallery ----------------------------------------------------------------------------------------------------------


def asked(comfy: ComfyServer, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    """Status and content of an answer."""
    request = urllib.request.Request(f"{comfy.address}{path}", data=body, headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read()


def test_captions_are_read_and_corrected_in_folders_of_pictures_alone(comfy: ComfyServer, home: Path) -> None:
    folder = write_style(home, "галерея", 2)
    query = urllib.parse.urlencode({"folder": folder.name})
    entries = comfy.get_json(f"/lora_atelier/captions?{query}")
    assert {each["caption"] for each in entries} == set(words_of(folder).values())
    status, picture = asked(comfy, f"/lora_atelier/captions/{entries[0]['key']}?{query}")
    assert (status, picture[:2]) == (200, b"\xff\xd8")
    route, kind = f"/lora_atelier/captions/{entries[0]['key']}", {"Content-Type": "application/json"}
    sent = {"folder": folder.name, "before": entries[0]["caption"], "caption": "corrected"}
    for foreign, refusal in (
        ({**kind, "Origin": "http://elsewhere.example"}, 403),
        ({"Content-Type": "text/plain"}, 415),
    ):
        assert asked(comfy, route, json.dumps(sent).encode(), **foreign)[0] == refusal
    for wrong in (b"{", b"[]", b"{}", json.dumps({**sent, "caption": 1}).encode()):
        assert asked(comfy, route, wrong, **kind)[0] == 400
    for outside in ("../input", "..", "/etc", ""):
        body = json.dumps({**sent, "folder": outside}).encode()
        assert asked(comfy, route, body, **kind)[0] == 404
    assert "corrected" not in words_of(folder).values()
    assert asked(comfy, route, json.dumps(sent).encode(), **kind) == (200, b'{"caption": "corrected"}')
    assert "corrected" in words_of(folder).values()
    status, answer = asked(comfy, route, json.dumps(sent).encode(), **kind)
    assert status == 400
    assert b"changed elsewhere" in answer


def test_the_gallery_asks_which_side_each_picture_is_on(comfy: ComfyServer, home: Path) -> None:
    folder = write_style(home, "сторони", 4)
    settings = {"folder": folder.name, "resolution": 64, "aspect_buckets": "true", "validation_count": 1, "seed": 0}
    sides = comfy.get_json(f"/lora_atelier/sides?{urllib.parse.urlencode(settings)}")
    keys = {each["key"] for each in comfy.get_json(f"/lora_atelier/captions?{urllib.parse.urlencode(settings)}")}
    assert (len(sides["training"]), len(sides["validation"])) == (3, 1)
    assert {*sides["training"], *sides["validation"]} == keys
    too_many = urllib.parse.urlencode({**settings, "validation_count": 9})
    (problem,) = comfy.get_json(f"/lora_atelier/sides?{too_many}")["problems"]
    assert "4 usable pictures" in problem
    assert str(home) not in problem
    endless = urllib.parse.urlencode({**settings, "resolution": 64 * 10**12})
    (problem,) = comfy.get_json(f"/lora_atelier/sides?{endless}")["problems"]
    assert "a multiple of 64 up to 8192" in problem
    for wrong in ({"resolution": "x"}, {"seed": "-1"}, {"aspect_buckets": "maybe"}):
        assert asked(comfy, f"/lora_atelier/sides?{urllib.parse.urlencode({**settings, **wrong})}")[0] == 400
    assert asked(comfy, f"/lora_atelier/sides?{urllib.parse.urlencode({**settings, 'folder': '..'})}")[0] == 404


def test_a_thumbnail_may_be_kept_if_its_version_is_named(comfy: ComfyServer, home: Path) -> None:
    folder = write_style(home, "kept", 2)
    (first, *_) = comfy.get_json(f"/lora_atelier/captions?folder={folder.name}")
    for version, kept in (("", False), (f"&version={first['version']}", True)):
        address = f"{comfy.address}/lora_atelier/captions/{first['key']}?folder={folder.name}{version}"
        with urllib.request.urlopen(address) as answer:
            assert ("immutable" in (answer.headers["Cache-Control"] or "")) == kept


# Folders that are dropped ---------------------------------------------------------------------------------------------


def test_a_folder_arrives_file_by_file_and_is_chosen_by_its_name(comfy: ComfyServer, home: Path) -> None:
    sent, kind = home / "input", {"Content-Type": "application/json"}
    status, begun = asked(comfy, "/lora_atelier/incoming", json.dumps({"name": "Нова тека"}).encode(), **kind)
    assert status == 200
    route = f"/lora_atelier/incoming/{json.loads(begun)['ticket']}"
    binary = {"Content-Type": "application/octet-stream"}
    picture = next(write_style(home, "source", 1).glob("*.jpg")).read_bytes()
    place = urllib.parse.quote("val/дім 1.jpg")
    assert asked(comfy, f"{route}/files?path={place}", picture, **binary) == (200, b"{}")
    for foreign, refusal in (
        ({**binary, "Origin": "http://elsewhere.example"}, 403),
        ({"Content-Type": "text/plain"}, 415),
    ):
        assert asked(comfy, f"{route}/files?path=b.jpg", picture, **foreign)[0] == refusal
    for outside in ("../b.jpg", "/b.jpg", "b.py", ""):
        status, answer = asked(comfy, f"{route}/files?path={urllib.parse.quote(outside)}", picture, **binary)
        assert (status, b"error" in answer) == (400, True)
    assert not (sent / "Нова тека").exists()
    status, answer = asked(comfy, f"{route}/settle", b"{}", **kind)
    assert (status, json.loads(answer)) == (200, {"folder": "Нова тека"})
    assert (sent / "Нова тека" / "val" / "дім 1.jpg").read_bytes() == picture
    assert asked(comfy, f"{route}/settle", b"{}", **kind)[0] == 404
    assert not list((home / "temp").glob("lora_atelier_incoming_*"))


def test_a_folder_that_is_given_up_leaves_nothing(comfy: ComfyServer, home: Path) -> None:
    kind = {"Content-Type": "application/json"}
    _, begun = asked(comfy, "/lora_atelier/incoming", json.dumps({"name": "given up"}).encode(), **kind)
    route = f"/lora_atelier/incoming/{json.loads(begun)['ticket']}"
    binary = {"Content-Type": "application/octet-stream"}
    assert asked(comfy, f"{route}/files?path=a.png", b"1", **binary)[0] == 200
    assert asked(comfy, f"{route}/discard", b"{}", **kind) == (200, b"{}")
    assert asked(comfy, f"{route}/files?path=b.png", b"1", **binary)[0] == 404
    assert not list((home / "temp").glob("lora_atelier_incoming_*"))
    assert not (home / "input" / "given up").exists()
    for name in ("../up", "", "con"):
        assert asked(comfy, "/lora_atelier/incoming", json.dumps({"name": name}).encode(), **kind)[0] == 404


def test_a_request_in_an_unknown_character_set_is_refused_in_a_sentence(comfy: ComfyServer) -> None:
    kind = {"Content-Type": "application/json; charset=nonsense"}
    status, answer = asked(comfy, "/lora_atelier/incoming", b'{"name": "style"}', **kind)
    assert (status, json.loads(answer)) == (400, {"error": "The name of a folder is sent as name."})


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_what_is_not_packed_as_it_says_is_refused_in_a_sentence(comfy: ComfyServer, coding: str) -> None:
    kind = {"Content-Type": "application/json"}
    status, answer = asked(comfy, "/lora_atelier/incoming", b'{"name": "a"}', **kind, **{"Content-Encoding": coding})
    assert (status, json.loads(answer)) == (400, {"error": "The name of a folder is sent as name."})
    _, begun = asked(comfy, "/lora_atelier/incoming", b'{"name": "a"}', **kind)
    route = f"/lora_atelier/incoming/{json.loads(begun)['ticket']}"
    binary = {"Content-Type": "application/octet-stream", "Content-Encoding": coding}
    status, answer = asked(comfy, f"{route}/files?path=a.png", b"no such packing", **binary)
    assert (status, "did not arrive whole" in json.loads(answer)["error"]) == (400, True)
    assert asked(comfy, f"{route}/discard", b"{}", **kind)[0] == 200


def test_what_is_larger_than_comfyui_takes_is_refused_in_a_sentence(comfy: ComfyServer) -> None:
    body = json.dumps({"name": "x" * (101 * 2**20)}).encode()
    place = urllib.parse.urlsplit(comfy.address)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=120)
    with contextlib.suppress(OSError):  # ComfyUI answers before it has read all of it
        connection.request("POST", "/lora_atelier/incoming", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    assert (answer.status, "too large" in json.loads(answer.read())["error"]) == (413, True)
    connection.close()


def test_a_file_without_a_type_is_refused(comfy: ComfyServer) -> None:
    """urllib always sends one."""
    kind = {"Content-Type": "application/json"}
    _, begun = asked(comfy, "/lora_atelier/incoming", json.dumps({"name": "style"}).encode(), **kind)
    route = f"/lora_atelier/incoming/{json.loads(begun)['ticket']}"
    place = urllib.parse.urlsplit(comfy.address)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=30)
    connection.request("POST", f"{route}/files?path=a.png", b"1")
    assert connection.getresponse().status == 415
    connection.close()
    assert asked(comfy, f"{route}/discard", b"{}", **kind)[0] == 200
