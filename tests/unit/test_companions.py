"""What lies beside an exported LoRA for managers of LoRA files, and that nobody else's file is overwritten."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from unit.test_export import VIEW
from unit.test_metadata import run
from unit.test_run_view import whole, write_run

from lora_core.dataset.manifest import PictureEntry
from lora_core.picking.weights import Weights
from lora_core.record.companions import write_companions
from lora_core.record.run_file import RunFile
from lora_core.record.trigger_words import trigger_words, word_metadata
from lora_core.record.view import PickedCheckpoint, Preview


def captioned(*captions: str | None, side: str = "training") -> RunFile:
    made = run()
    pictures = tuple(PictureEntry("p", "h", side, text, 64, 64, (64, 64)) for text in captions)
    return replace(made, dataset=replace(made.dataset, pictures=pictures))


@pytest.mark.parametrize(
    ("captions", "words"),
    [
        (("bauhaus, a house", "bauhaus, a tower, white"), ["bauhaus"]),
        (("a, b, c", "c, b"), ["b", "c"]),
        (("a house", "a tower"), []),
        (("bauhaus, a house", None), []),
        (("bauhaus, a house",), []),
        ((" стиль ,, дім", "стиль"), ["стиль"]),
        ((), []),
    ],
)
def test_trigger_words_are_what_all_captions_share(captions: tuple[str | None, ...], words: list[str]) -> None:
    assert trigger_words(captioned(*captions)) == words


def test_metadata_has_shared_phrases_and_no_whole_caption() -> None:
    told = word_metadata(captioned("bauhaus, a house", "bauhaus, my aunt’s garden", "bauhaus, a house"))
    assert told["modelspec.trigger_phrase"] == "bauhaus"
    assert json.loads(told["ss_tag_frequency"]) == {"бароко": {"bauhaus": 3, "a house": 2}}
    assert word_metadata(captioned("one", "another")) == {}
    assert word_metadata(captioned("held out", "held out", side="validation")) == {}


VIEWED = replace(
    VIEW,
    run="будинок",
    pick=PickedCheckpoint(12, Weights.RAW, "lowest"),
    previews=[Preview(epoch, f"epoch_{epoch:04d}.png", 1) for epoch in (5, 10, 15)],
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a run with previews that are told apart by their colour."""
    made = write_run(tmp_path / "runs" / "будинок", whole())
    (made / "previews").mkdir()
    for preview in VIEWED.previews:
        Image.new("RGB", (8, 8), (preview.epoch, 0, 0)).save(made / "previews" / preview.file)
    return made


@pytest.fixture
def lora(tmp_path: Path) -> Path:
    path = tmp_path / "loras" / "мій v1.0 стиль.safetensors"
    path.parent.mkdir()
    path.write_bytes(b"a LoRA")
    return path


def beside(lora: Path, ending: str) -> Path:
    return lora.with_name(f"мій v1.0 стиль{ending}")


def test_a_manager_finds_the_picture_and_what_it_requires(lora: Path, folder: Path) -> None:
    write_companions(lora, folder, VIEWED)
    with Image.open(beside(lora, ".preview.png")) as image:
        assert image.getpixel((0, 0)) == (10, 0, 0), "the last preview up to epoch 12"
    about = json.loads(beside(lora, ".metadata.json").read_text(encoding="utf-8"))
    assert about["sha256"] == hashlib.sha256(b"a LoRA").hexdigest()
    assert about["file_path"] == lora.as_posix() and about["preview_url"] == beside(lora, ".preview.png").as_posix()
    assert (about["file_name"], about["size"], about["base_model"]) == (lora.stem, 6, "SD 1.5")
    assert about["model_name"] == "будинок, epoch 12" and about["civitai"] == {"trainedWords": []}
    assert about["modified"] == lora.stat().st_mtime


def test_own_files_follow_the_pick(lora: Path, folder: Path) -> None:
    write_companions(lora, folder, VIEWED)
    lora.write_bytes(b"another LoRA")
    write_companions(lora, folder, replace(VIEWED, pick=PickedCheckpoint(20, Weights.RAW, "by hand")))
    with Image.open(beside(lora, ".preview.png")) as image:
        assert image.getpixel((0, 0)) == (15, 0, 0)
    about = json.loads(beside(lora, ".metadata.json").read_text(encoding="utf-8"))
    assert (about["model_name"], about["size"], about["notes"]) == ("будинок, epoch 20", 12, "by hand")


@pytest.mark.parametrize("ending", [".png", ".webp", ".preview.png", ".preview.jpg", ".mp4"])
def test_somebody_elses_picture_stays_and_is_the_preview(lora: Path, folder: Path, ending: str) -> None:
    Image.new("RGB", (4, 4)).save(beside(lora, ending), "PNG")
    before = beside(lora, ending).read_bytes()
    write_companions(lora, folder, VIEWED)
    assert beside(lora, ending).read_bytes() == before
    assert sorted(path.name for path in lora.parent.glob("*.p*")) == ([lora.stem + ending] if ".p" in ending else [])
    about = json.loads(beside(lora, ".metadata.json").read_text(encoding="utf-8"))
    assert about["preview_url"] == beside(lora, ending).as_posix()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"lora_atelier": 1}', '{"favorite": true}', "[" * 100_000])
def test_somebody_elses_metadata_stay(lora: Path, folder: Path, text: str) -> None:
    path = beside(lora, ".metadata.json")
    path.write_text(text, encoding="utf-8")
    write_companions(lora, folder, VIEWED)
    assert path.read_text(encoding="utf-8") == text


def test_metadata_that_a_manager_has_changed_stay(lora: Path, folder: Path) -> None:
    write_companions(lora, folder, VIEWED)
    path = beside(lora, ".metadata.json")
    changed = {**json.loads(path.read_text(encoding="utf-8")), "favorite": True}
    path.write_text(json.dumps(changed), encoding="utf-8")
    write_companions(lora, folder, VIEWED)
    assert json.loads(path.read_text(encoding="utf-8")) == changed


def test_what_a_manager_has_changed_stays_while_the_rest_follows_the_pick(lora: Path, folder: Path) -> None:
    write_companions(lora, folder, VIEWED)
    path = beside(lora, ".metadata.json")
    changed = {**json.loads(path.read_text(encoding="utf-8")), "favorite": True, "model_name": "my best"}
    path.write_text(json.dumps(changed), encoding="utf-8")
    for epoch, content in ((20, b"another LoRA"), (30, b"a third one")):
        lora.write_bytes(content)
        write_companions(lora, folder, replace(VIEWED, pick=PickedCheckpoint(epoch, Weights.RAW, f"epoch {epoch}")))
        about = json.loads(path.read_text(encoding="utf-8"))
        assert (about["model_name"], about["favorite"]) == ("my best", True)
        assert about["sha256"] == hashlib.sha256(content).hexdigest()
        assert (about["size"], about["notes"]) == (len(content), f"epoch {epoch}")


def test_somebody_elses_metadata_never_have_a_wrong_checksum(lora: Path, folder: Path) -> None:
    path = beside(lora, ".metadata.json")
    path.write_text(json.dumps({"sha256": "0" * 64, "model_name": "mine", "notes": "my own"}), encoding="utf-8")
    write_companions(lora, folder, VIEWED)
    found = json.loads(path.read_text(encoding="utf-8"))
    assert found == {"sha256": hashlib.sha256(b"a LoRA").hexdigest(), "model_name": "mine", "notes": "my own"}


def test_what_cannot_be_written_is_a_remark(lora: Path, folder: Path) -> None:
    assert write_companions(lora, folder, VIEWED) == ""
    long = lora.with_name("x" * 243 + ".safetensors")  # whose .metadata.json would have too long a name
    long.write_bytes(b"a LoRA")
    said = write_companions(long, folder, VIEWED)
    assert said.startswith("xxx") and "is saved, but" in said
    assert long.read_bytes() == b"a LoRA"


@pytest.mark.parametrize("damage", ["missing", "no picture", "none yet"])
def test_a_lora_without_a_preview_has_its_words(lora: Path, folder: Path, damage: str) -> None:
    view = replace(VIEWED, pick=PickedCheckpoint(3, Weights.RAW, "early")) if damage == "none yet" else VIEWED
    path = folder / "previews" / "epoch_0010.png"
    if damage == "missing":
        path.unlink()
    if damage == "no picture":
        path.write_bytes(b"no picture")
    write_companions(lora, folder, view)
    assert json.loads(beside(lora, ".metadata.json").read_text(encoding="utf-8"))["preview_url"] == ""
    assert not beside(lora, ".preview.png").exists()
