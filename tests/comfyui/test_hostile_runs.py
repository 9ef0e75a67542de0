"""What somebody on the network, or a run's folder from a stranger, can ask of the pack's routes on a real server.

Every answer is what was asked for, or a 4xx with one sentence that shows nothing of the machine.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from comfyui.harness import ComfyServer, Graph, PromptFailed, write_pictures
from lora_core.config import RunConfig

LINKS = pytest.mark.skipif(os.name == "nt", reason="links need rights on this system")
RUN = {
    "format": 2,
    "name": "shared",
    "created": "2026-01-01T00:00:00+0000",
    "config": RunConfig().to_json(),
    "fingerprints": {"dataset": "0" * 32, "base_model": "0" * 32},
    "dataset": {"name": "a", "resolution": 64, "pictures": [{"side": "training"}] * 4 + [{"side": "validation"}]},
    "versions": {},
    "origin": {},
}


@pytest.fixture
def shared(home: Path) -> Iterator[Path]:
    """A run's folder, as it comes out of an archive, with one preview."""
    folder = home / "output" / "lora_atelier" / "runs" / "спільний"
    (folder / "previews").mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps(RUN), encoding="utf-8")
    (folder / "history.jsonl").write_text("", encoding="utf-8")
    shutil.move(write_pictures(home / "drawn", 1) / "picture 00.png", folder / "previews" / "epoch_0001.png")
    yield folder
    shutil.rmtree(folder)


NAME = "%D1%81%D0%BF%D1%96%D0%BB%D1%8C%D0%BD%D0%B8%D0%B9"


def asked(comfy: ComfyServer, path: str) -> tuple[int, bytes]:
    """Status and body of a GET whose path is sent as it is."""
    connection = http.client.HTTPConnection("127.0.0.1", comfy.port, timeout=60)
    try:
        connection.putrequest("GET", path, skip_host=False)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def refused(comfy: ComfyServer, home: Path, path: str) -> str:
    """The sentence of a 4xx."""
    status, body = asked(comfy, path)
    assert 400 <= status < 500, (status, body[:200])
    text = body.decode("utf-8")
    assert "Traceback" not in text and str(home) not in text
    sentence: str = json.loads(text)["error"]
    assert sentence.endswith(".")
    return sentence


def test_a_run_and_its_preview(comfy: ComfyServer, shared: Path) -> None:
    status, body = asked(comfy, f"/lora_atelier/runs/{NAME}")
    assert status == 200 and json.loads(body)["run"] == "спільний"
    status, body = asked(comfy, f"/lora_atelier/runs/{NAME}/previews/epoch_0001.png")
    assert status == 200 and body.startswith(b"\x89PNG")
    assert "спільний" in comfy.get_json("/lora_atelier/runs")


NAMES = [
    *("x" * 256, "%D1%8F" * 200, "x" * 5000, "%2e%2e", "..%2f..%2fetc", "a%2Fb", "a%5Cb", "%5C%5Cserver%5Cshare"),
    *("%00", "a%0Ab", "CON", "nul.png", "COM%C2%B9", "CONIN%24", "%20", "a.", "none", "%E2%80%AEexe", "C%3A"),
    *(
        "%7B%7D",
        "%7Bname%7D",
        "..%2F%7B",
        "%EF%BC%8F",
        "%5C%5C%3F%5CC%3A",
        "file%3A%2F%2Fa",
        "~",
        "%24HOME",
        "a%2F..%5Cb",
    ),
]


@pytest.mark.parametrize("name", NAMES)
def test_a_run_of_a_hostile_name(comfy: ComfyServer, home: Path, shared: Path, name: str) -> None:
    assert "run" in refused(comfy, home, f"/lora_atelier/runs/{name}")
    assert "run" in refused(comfy, home, f"/lora_atelier/runs/{name}/previews/epoch_0001.png")


@pytest.mark.parametrize(
    "file", [*NAMES, "x" * 296 + ".png", "..%2Frun.json", "epoch_0002.png", "epoch_0001.jpg", "..%5C..%5Ca.png"]
)
def test_a_preview_of_a_hostile_name(comfy: ComfyServer, home: Path, shared: Path, file: str) -> None:
    assert "preview" in refused(comfy, home, f"/lora_atelier/runs/{NAME}/previews/{file}")


@pytest.mark.parametrize("path", ["/lora_atelier/runs/%FF%FE", "/lora_atelier/runs/%ED%A0%80", "/lora_atelier/runs/%"])
def test_a_name_that_is_no_text(comfy: ComfyServer, home: Path, shared: Path, path: str) -> None:
    status, body = asked(comfy, path)
    assert 400 <= status < 500
    assert b"Traceback" not in body


@pytest.mark.parametrize(
    "query",
    [
        *("rule=bogus", "rule=", "weights=bogus", "weights=", "epoch=bogus", "epoch=", "epoch=1e9", "epoch=-1"),
        *("epoch=nan", "epoch=" + "9" * 5000, "epoch=%D9%A1", "rule=epoch", "rule=epoch&epoch=5", "epoch=1.5"),
    ],
)
def test_a_hostile_query(comfy: ComfyServer, home: Path, shared: Path, query: str) -> None:
    if query in ("rule=epoch", "rule=epoch&epoch=5"):  # as it should be, though this run has no checkpoint
        assert asked(comfy, f"/lora_atelier/runs/{NAME}?{query}")[0] in (200, 404)
        return
    assert refused(comfy, home, f"/lora_atelier/runs/{NAME}?{query}").split()[0] in query


@pytest.mark.parametrize(
    "run",
    [b"", b"{}", b"[]", b"null", b"\xff\xfe\x00", b"[" * 200_000, b'{"format": 1e999}', b'{"format": 2}'],
    ids=["empty", "no keys", "a list", "null", "binary", "deep", "infinite", "no config"],
)
def test_a_damaged_run_json(comfy: ComfyServer, home: Path, shared: Path, run: bytes) -> None:
    (shared / "run.json").write_bytes(run)
    refused(comfy, home, f"/lora_atelier/runs/{NAME}")


@pytest.mark.parametrize(
    "line", [b"{}", b"null", b'{"kind": "step"}', b'{"kind": "step", "step": 1, "epoch": 1e999, "loss": NaN}', b"\xff"]
)
def test_a_damaged_line_of_the_history(comfy: ComfyServer, home: Path, shared: Path, line: bytes) -> None:
    (shared / "history.jsonl").write_bytes(line + b"\n")
    status, body = asked(comfy, f"/lora_atelier/runs/{NAME}")
    assert status == 200 or 400 <= status < 500
    assert b"Traceback" not in body
    json.loads(body, parse_constant=lambda constant: pytest.fail(f"{constant} is not JSON"))


@pytest.mark.parametrize("number", ["1e999", "NaN", "-1e999", "1e300", "null", "{}"])
@pytest.mark.parametrize("strange", ["strengths", "losses"])
def test_damaged_strengths(comfy: ComfyServer, home: Path, shared: Path, strange: str, number: str) -> None:
    (shared / "checkpoints").mkdir(exist_ok=True)
    (shared / "checkpoints" / "epoch_0001.safetensors").touch()
    measured = {"epoch": 1, "weights": "raw", "lora": "x", "pictures": ["0"], "strengths": [0.5, 1.0]}
    content = json.dumps({"format": 1, "measured": [{**measured, "losses": [[0.25], [0.5]]}]})
    (shared / "strengths.json").write_text(content.replace("0.5, 1.0" if strange == "strengths" else "0.25", number))
    status, body = asked(comfy, f"/lora_atelier/runs/{NAME}")
    assert status == 200
    found = json.loads(body, parse_constant=lambda constant: pytest.fail(f"{constant} is not JSON"))
    assert found["pick"]["epoch"] == 1


@LINKS
@pytest.mark.parametrize("place", ["previews/epoch_0002.png", "checkpoints", "history.jsonl", "state"])
def test_a_link_in_a_shared_run_serves_nothing(comfy: ComfyServer, home: Path, shared: Path, place: str) -> None:
    secret = write_pictures(home / "secrets", 1) / "picture 00.png"
    (shared / place).unlink(missing_ok=True)
    (shared / place).symlink_to(secret if "." in place else secret.parent)
    assert "holds a link" in refused(comfy, home, f"/lora_atelier/runs/{NAME}")
    assert "holds a link" in refused(comfy, home, f"/lora_atelier/runs/{NAME}/previews/epoch_0002.png")


@LINKS
def test_a_run_json_that_is_a_link_is_not_looked_through(comfy: ComfyServer, home: Path, shared: Path) -> None:
    real = (shared / "run.json").rename(shared.parent.parent / "elsewhere.json")
    (shared / "run.json").symlink_to(real)
    assert NAME not in comfy.get_json("/lora_atelier/runs")
    assert "There is no training run" in refused(comfy, home, f"/lora_atelier/runs/{NAME}")


@LINKS
def test_a_folder_of_previews_that_is_a_link_serves_nothing(comfy: ComfyServer, home: Path, shared: Path) -> None:
    secrets = write_pictures(home / "secrets", 1)
    shutil.rmtree(shared / "previews")
    (shared / "previews").symlink_to(secrets, target_is_directory=True)
    assert "holds a link" in refused(comfy, home, f"/lora_atelier/runs/{NAME}/previews/picture%2000.png")


@LINKS
def test_a_run_that_is_a_link_is_neither_listed_nor_served(comfy: ComfyServer, home: Path, shared: Path) -> None:
    link = shared.with_name("linked")
    moved = Path(shutil.copytree(shared, home / "moved run", dirs_exist_ok=True))
    link.symlink_to(moved, target_is_directory=True)
    try:
        assert "linked" not in comfy.get_json("/lora_atelier/runs")
        assert "is a link" in refused(comfy, home, "/lora_atelier/runs/linked")
        assert "is a link" in refused(comfy, home, "/lora_atelier/runs/linked/previews/epoch_0001.png")
        graph = Graph()
        graph.add("ValidationLossPlot", width=640, height=480, dark=False, run=opened(graph, "linked"))
        with pytest.raises(PromptFailed, match="is a link to another folder"):
            comfy.run(graph)
    finally:
        link.unlink()


def opened(graph: Graph, name: str) -> list[object]:
    return graph.add("TrainingRunLoader", run_name=name).out(0)


def test_what_a_run_tells_of_another_machine_stays_there(comfy: ComfyServer, home: Path, shared: Path) -> None:
    """An error that was written into the history named the folder it happened in."""
    event = {"kind": "event", "what": "failed", "text": f"After step 5: RunError Cannot write {shared}: no room."}
    (shared / "history.jsonl").write_text(json.dumps(event) + "\n", encoding="utf-8")
    status, body = asked(comfy, f"/lora_atelier/runs/{NAME}")
    assert status == 200
    assert json.loads(body)["notes"] == [
        "After step 5: RunError Cannot write ComfyUI/output/lora_atelier/runs/спільний: no room."
    ]


def test_a_run_whose_name_has_braces_opens(comfy: ComfyServer, shared: Path) -> None:
    other = Path(shutil.copytree(shared, shared.with_name("{1} a}")))
    try:
        for route in ("runs/{}", "library/{}", "runs/{}/previews/epoch_0001.png"):
            assert asked(comfy, f"/lora_atelier/{route.format('%7B1%7D%20a%7D')}")[0] == 200
    finally:
        shutil.rmtree(other)


def test_a_run_with_a_name_of_earlier_versions_opens(comfy: ComfyServer, shared: Path) -> None:
    old = shared.with_name("漢" * 80)
    shutil.copytree(shared, old)
    try:
        status, body = asked(comfy, "/lora_atelier/runs/" + "%E6%BC%A2" * 80)
        assert status == 200 and json.loads(body)["run"] == old.name
    finally:
        shutil.rmtree(old)
