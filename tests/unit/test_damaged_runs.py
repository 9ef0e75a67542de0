"""A run's folder that came from anywhere: whatever its files hold, opening it gives one sentence or a view.

A view must be JSON that a browser reads: no NaN and no infinity in it.
"""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lora_core.config import RunConfig
from lora_core.errors import AtelierError
from lora_core.record.reader import read_view

Run = dict[str, Any]


def good_run() -> Run:
    return {
        "format": 2,
        "name": "shared",
        "created": "2026-01-01T00:00:00+0000",
        "config": RunConfig().to_json(),
        "fingerprints": {"dataset": "0" * 32, "base_model": "0" * 32},
        "dataset": {"name": "a", "resolution": 64, "pictures": [{"side": "training"}] * 4 + [{"side": "validation"}]},
        "versions": {"lora_atelier": "0.1.0"},
        "origin": {},
    }


def good_history() -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = [{"kind": "grid", "of": "validation", "pictures": ["0"], "weights": [[1.0]]}]
    for epoch in range(4):
        entries.append({"kind": "step", "step": epoch + 1, "epoch": epoch + 1, "loss": 0.5, "learning_rate": 1e-4})
        loss = 0.5 - 0.1 * epoch
        entries.append({"kind": "validation", "epoch": epoch, "step": epoch, "loss": loss, "losses": [[loss]]})
    return entries


def write(folder: Path, run: bytes, history: bytes) -> Path:
    folder.mkdir()
    (folder / "run.json").write_bytes(run)
    (folder / "history.jsonl").write_bytes(history)
    return folder


def lines(entries: list[Any]) -> bytes:
    return "".join(json.dumps(entry) + "\n" for entry in entries).encode()


def opened(folder: Path) -> dict[str, Any] | str:
    """The view, or the sentence; any other error fails the test."""
    try:
        view = read_view(folder).to_json()
    except AtelierError as error:
        sentence = str(error)
        assert sentence.endswith(".") and len(sentence) < 2000
        return sentence
    json.dumps(view, allow_nan=False)
    return view


def changed(change: Callable[[Run], object]) -> bytes:
    run = good_run()
    change(run)
    return json.dumps(run).encode()


def test_the_undamaged_run_opens(tmp_path: Path) -> None:
    view = opened(write(tmp_path / "shared", json.dumps(good_run()).encode(), lines(good_history())))
    assert isinstance(view, dict) and view["validation"]["epoch"] == [0, 1, 2, 3]


def origin(key: str, value: object) -> dict[str, object]:
    """Where the command line found pictures and model, with one part of it changed."""
    good = {"data": "d", "model": "m", "tokenizer": None, "resolution": 64}
    return {**good, "aspect_buckets": False, "validation_count": 1, "split_seed": 0, key: value}


DEEP = 200_000
RUNS = {
    "empty": b"",
    "not JSON": b"hello",
    "half of it": json.dumps(good_run()).encode()[:100],
    "binary": bytes(range(256)) * 100,
    "not UTF-8": b'{"format": 2, "name": "\xff\xfe"}',
    "a byte order mark": b"\xef\xbb\xbf" + json.dumps(good_run()).encode(),
    "null": b"null",
    "a list": b"[]",
    "a number": b"5",
    "an empty object": b"{}",
    "a format of another type": changed(lambda run: run.update(format="two")),
    "an infinite format": b'{"format": 1e999}',
    "no number as format": b'{"format": NaN}',
    "a format of the future": changed(lambda run: run.update(format=99)),
    "a long number": b'{"format": ' + b"9" * 100_000 + b"}",
    "lists in lists without end": b"[" * DEEP + b"]" * DEEP,
    "objects in objects without end": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    **{f"no {key}": changed(lambda run, key=key: run.pop(key)) for key in ("config", "dataset")},
    **{f"{key} is a list": changed(lambda run, key=key: run.update({key: [1]})) for key in ("config", "dataset")},
    **{f"{key} is null": changed(lambda run, key=key: run.update({key: None})) for key in ("config", "dataset")},
    "no pictures": changed(lambda run: run["dataset"].pop("pictures")),
    "pictures of another type": changed(lambda run: run["dataset"].update(pictures=5)),
    "a picture of another type": changed(lambda run: run["dataset"].update(pictures=["a"])),
    "a picture without its side": changed(lambda run: run["dataset"].update(pictures=[{}])),
    "half a character": changed(lambda run: run["dataset"].update(name="\ud800")),
    **{
        f"a caption that is {odd!r}": changed(
            lambda run, odd=odd: run["dataset"].update(pictures=[{"side": "training", "caption": odd}])
        )
        for odd in (5, True, ["a house"], {})
    },
    **{
        f"an origin whose {key} is {odd!r}": changed(lambda run, key=key, odd=odd: run.update(origin=origin(key, odd)))
        for key, odd in (
            *(("data", odd) for odd in (None, 5, [], "a\0b")),
            *(("model", None), ("tokenizer", 5), ("resolution", "64"), ("split_seed", None)),
            *(("validation_count", 1.5), ("unknown", 1)),
        )
    },
    "epochs below one": changed(lambda run: run["config"]["training"].update(epochs=0)),
    "a precision of a million letters": changed(lambda run: run["config"]["training"].update(precision="x" * 10**6)),
    "infinite epochs": changed(lambda run: run["config"]["training"].update(epochs=1)).replace(
        b'"epochs": 1', b'"epochs": 1e999'
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_damaged_run_json(tmp_path: Path, name: str) -> None:
    found = opened(write(tmp_path / "shared", RUNS[name], lines(good_history())))
    assert isinstance(found, dict if name == "a byte order mark" else str)


def test_a_run_json_that_was_written_with_escapes_opens(tmp_path: Path) -> None:
    run = changed(lambda run: run["dataset"].update(name="дім \U0001f3e0")).replace(b'"shared"', b'"a\\u0009b"')
    assert rb"\ud83c\udfe0" in run
    assert isinstance(opened(write(tmp_path / "shared", run, lines(good_history()))), dict)


def test_a_run_json_of_a_gigabyte_is_not_read(tmp_path: Path) -> None:
    folder = write(tmp_path / "shared", b"", b"")
    with (folder / "run.json").open("r+b") as file:
        file.truncate(1 << 30)  # a hole: it takes no room on the disk
    tracemalloc.start()
    try:
        assert isinstance(opened(folder), str)
        assert tracemalloc.get_traced_memory()[1] < 200_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["run.json", "history.jsonl"])
def test_a_folder_in_place_of_a_file(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path / "shared", json.dumps(good_run()).encode(), b"")
    (folder / name).unlink()
    (folder / name).mkdir()
    opened(folder)


STEP = {"kind": "step", "step": 1, "epoch": 1, "loss": 0.5, "learning_rate": 1e-4}
VALIDATION = {"kind": "validation", "epoch": 1, "step": 1, "loss": 0.5, "losses": [[0.5]]}
GRID = {"kind": "grid", "of": "validation", "pictures": ["0"], "weights": [[1.0]]}
ODD: list[Any] = [None, "x", "", [], {}, [None], -1, 1e308, True, "\ud800"]
LINES = {
    "null": b"null",
    "a number": b"5",
    "a list": b"[]",
    "binary": bytes(range(14, 256)),
    "lists in lists without end": b"[" * DEEP,
    "a kind of another type": b'{"kind": []}',
    "no kind": b"{}",
    "an infinite loss": json.dumps(STEP).replace("0.5", "1e999").encode(),
    "a loss that is no number": json.dumps(STEP).replace("0.5", "NaN").encode(),
    "an infinite epoch": json.dumps(STEP).replace('"epoch": 1', '"epoch": 1e999').encode(),
    "an epoch that is no number": json.dumps(VALIDATION).replace('"epoch": 1', '"epoch": NaN').encode(),
    "an epoch of 100,000 digits": json.dumps(STEP).replace('"epoch": 1', '"epoch": ' + "9" * 100_000).encode(),
    "infinite losses": json.dumps(VALIDATION).replace("[[0.5]]", "[[1e999]]").encode(),
    "rows of several lengths": json.dumps({**VALIDATION, "losses": [[0.5], [0.5, 0.5]]}).encode(),
    "a grid of another shape": json.dumps({**GRID, "weights": [[1.0, 2.0], [3.0, 4.0]]}).encode(),
    "losses nested too deep": json.dumps({**VALIDATION, "losses": [[[0.5]]]}).encode(),
    "no losses": json.dumps({**VALIDATION, "losses": []}).encode(),
    "a preview elsewhere": b'{"kind": "preview", "epoch": 1, "file": "previews/../../../secret.png"}',
    "a preview of 300 letters": json.dumps({"kind": "preview", "epoch": 1, "file": "x" * 300 + ".png"}).encode(),
    "a preview with a zero": b'{"kind": "preview", "epoch": 1, "file": "previews/a\\u0000.png"}',
    "a preview of another type": b'{"kind": "preview", "epoch": 1, "file": 5}',
    "an event without words": b'{"kind": "event"}',
    "an event of another type": b'{"kind": "event", "what": [], "text": {}}',
    **{
        f"{entry['kind']} without {key}": json.dumps({k: v for k, v in entry.items() if k != key}).encode()
        for entry in (STEP, VALIDATION, GRID)
        for key in entry
        if key != "kind"
    },
    **{
        f"{entry['kind']}.{key} is {odd!r}": json.dumps({**entry, key: odd}).encode()
        for entry in (STEP, VALIDATION, GRID)
        for key in entry
        if key != "kind"
        for odd in ODD
    },
}


@pytest.mark.parametrize("line", LINES.values(), ids=[ascii(name) for name in LINES])
def test_a_damaged_line_of_the_history(tmp_path: Path, line: bytes) -> None:
    run = json.dumps(good_run()).encode()
    opened(write(tmp_path / "after", run, lines(good_history()) + line + b"\n"))
    opened(write(tmp_path / "before", run, line + b"\n" + lines(good_history())))
    opened(write(tmp_path / "alone", run, line + b"\n"))
