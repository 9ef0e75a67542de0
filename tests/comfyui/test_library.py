"""The library of runs over HTTP, on a real server: listed, opened, compared, packed; and changed only when asked to."""

from __future__ import annotations

import http.client
import io
import json
import os
import urllib.parse
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from browser.invented_run import write_dataset, write_run
from comfyui.harness import ComfyServer
from comfyui.test_hostile_runs import NAMES, asked, refused
from lora_core.record.lock import RunLock

LINKS = pytest.mark.skipif(os.name == "nt", reason="links need rights on this system")
JSON = {"Content-Type": "application/json"}
PREFIX = "/lora_atelier"


@pytest.fixture
def runs(home: Path, tmp_path: Path) -> Iterator[list[Path]]:
    """Two runs on the same pictures, one with a name in Cyrillic."""
    folder = home / "output" / "lora_atelier" / "runs"
    dataset = write_dataset(tmp_path / "pictures")
    made = [folder / "library one", folder / "бібліотека"]
    for seed, run in enumerate(made):
        write_run(run, dataset, epochs=12, seed=seed)
    yield made
    for run in made:
        for path in sorted(run.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        if run.exists():
            run.rmdir()


def route(run: Path, what: str = "") -> str:
    return f"{PREFIX}/library/{urllib.parse.quote(run.name)}{what}"


def posted(comfy: ComfyServer, path: str, body: object, **headers: str) -> tuple[int, dict]:
    """Status and answer of a POST; the body is sent as it is if it is bytes."""
    connection = http.client.HTTPConnection("127.0.0.1", comfy.port, timeout=60)
    try:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection.request("POST", path, data, headers)
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text.startswith(b"{") else {}
    finally:
        connection.close()


def listed(comfy: ComfyServer) -> dict[str, dict]:
    """All runs by name; asked again as long as some are still to be read."""
    read: dict[str, dict] = {}
    mark = 0
    while True:
        found = comfy.get_json(f"{PREFIX}/library?since={mark}")
        read |= {each["run"]: each for each in found["runs"]}
        mark = found["mark"]
        if not found["waiting"]:
            return {name: read[name] for name in found["names"]}


def test_runs_are_listed_opened_and_compared(comfy: ComfyServer, runs: list[Path]) -> None:
    one, other = runs
    found = listed(comfy)
    assert found[other.name]["state"] == "finished"
    assert found[other.name]["epochs"] == 12
    assert found[other.name]["recipe"]["rank"] == 16
    details = comfy.get_json(route(one))
    assert details["notes"] == "" and {part["name"] for part in details["parts"]} >= {"checkpoints"}
    assert "training.epochs" in [each["setting"] for each in details["changed"]]
    sides = {"one": one.name, "one_epoch": 3, "one_weights": "averaged"}
    query = urllib.parse.urlencode({**sides, "other": one.name, "other_epoch": 12, "other_weights": "averaged"})
    loss = comfy.get_json(f"{PREFIX}/difference?{query}")["loss"]
    assert loss["paired"] and loss["epochs"] == [3, 12] and loss["standard_error"] > 0


def test_a_bundle_is_downloaded(comfy: ComfyServer, runs: list[Path]) -> None:
    status, body = asked(comfy, route(runs[1], "/bundle"))
    assert status == 200
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert "figure.svg" in archive.namelist()
    assert asked(comfy, route(runs[1], "/bundle"))[1] == body


def test_notes_are_written_from_this_page_alone(comfy: ComfyServer, runs: list[Path]) -> None:
    path, sent = route(runs[1], "/notes"), {"before": "", "notes": "добре"}
    assert posted(comfy, path, sent, **JSON, Origin="http://elsewhere.example")[0] == 403
    assert posted(comfy, path, sent, **{"Content-Type": "text/plain"})[0] == 415
    for wrong in (b"{", b"[]", b"{}", b"[" * 200_000, {**sent, "notes": 1}, {"notes": "x"}):
        assert posted(comfy, path, wrong, **JSON)[0] == 400
    assert not (runs[1] / "notes.txt").exists()
    assert posted(comfy, path, sent, **JSON) == (200, {"notes": "добре"})
    assert comfy.get_json(route(runs[1]))["notes"] == "добре"
    status, answer = posted(comfy, path, sent, **JSON)
    assert status == 404 and "changed elsewhere" in answer["error"]


def test_notes_that_name_a_folder_of_the_machine_can_be_changed(
    comfy: ComfyServer, home: Path, runs: list[Path]
) -> None:
    words = f"see {home}/output/x"
    assert posted(comfy, route(runs[0], "/notes"), {"before": "", "notes": words}, **JSON)[0] == 200
    before = comfy.get_json(route(runs[0]))["notes"]
    assert posted(comfy, route(runs[0], "/notes"), {"before": before, "notes": "no"}, **JSON)[0] == 200


def test_a_run_is_deleted_from_this_page_alone(comfy: ComfyServer, runs: list[Path]) -> None:
    one, other = runs
    path, sent = route(one, "/delete"), {"run": one.name}
    assert posted(comfy, path, sent, **JSON, Origin="http://elsewhere.example")[0] == 403
    assert posted(comfy, path, sent, **{"Content-Type": "text/plain"})[0] == 415
    assert posted(comfy, path, {}, **JSON)[0] == 400
    status, answer = posted(comfy, path, {"run": other.name}, **JSON)
    assert status == 404 and "its own name is sent" in answer["error"]
    assert asked(comfy, path)[0] in (404, 405)  # a GET, which a picture on any page could send
    assert one.exists()
    assert posted(comfy, path, sent, **JSON) == (200, {})
    assert not one.exists() and other.exists()
    assert one.name not in listed(comfy)


def test_a_run_that_is_being_trained_is_not_deleted(comfy: ComfyServer, runs: list[Path]) -> None:
    held = RunLock(runs[0])
    try:
        status, answer = posted(comfy, route(runs[0], "/delete"), {"run": runs[0].name}, **JSON)
    finally:
        held.release()
    assert status == 404 and "is being trained" in answer["error"]
    assert (runs[0] / "run.json").exists() and (runs[0] / "checkpoints").exists()


def test_hostile_names_in_the_library(comfy: ComfyServer, home: Path, runs: list[Path]) -> None:
    for name in NAMES:
        assert "run" in refused(comfy, home, f"{PREFIX}/library/{name}")
        assert "run" in refused(comfy, home, f"{PREFIX}/library/{name}/bundle")
        own = urllib.parse.unquote(name)
        for what, sent in (("notes", {"before": "", "notes": "x"}), ("delete", {"run": own})):
            status, answer = posted(comfy, f"{PREFIX}/library/{name}/{what}", sent, **JSON)
            assert 400 <= status < 500 and "run" in answer["error"] and str(home) not in answer["error"]
    good = urllib.parse.quote(runs[0].name)
    for query in ("x", "-1", "1e9", "9" * 5000):
        assert "since" in refused(comfy, home, f"{PREFIX}/library?since={query}")
    for query in ("", "one=..", f"one={good}", f"one={good}&one_epoch=x", f"one={good}&one_epoch=1&one_weights=best"):
        refused(comfy, home, f"{PREFIX}/difference?{query}")
    assert all((run / "run.json").exists() for run in runs)


@LINKS
def test_a_run_that_is_or_holds_a_link_is_neither_noted_upon_nor_deleted(
    comfy: ComfyServer, home: Path, runs: list[Path]
) -> None:
    secret = home / "secret.txt"
    secret.write_text("secret", encoding="utf-8")
    (runs[0] / "notes.txt").symlink_to(secret)
    linked = runs[0].with_name("linked library")
    linked.symlink_to(runs[1], target_is_directory=True)
    try:
        for run in (runs[0], linked):
            assert "link" in refused(comfy, home, route(run))
            for what, sent in (("notes", {"before": "secret", "notes": "x"}), ("delete", {"run": run.name})):
                status, answer = posted(comfy, route(run, f"/{what}"), sent, **JSON)
                assert status == 404 and "link" in answer["error"]
        assert linked.name not in listed(comfy)
    finally:
        linked.unlink()
    assert secret.read_text(encoding="utf-8") == "secret"
    assert all((run / "run.json").exists() for run in runs)
