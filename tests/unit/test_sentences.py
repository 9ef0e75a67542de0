"""Whatever the server can say has a translation, as far as its source tells, and names things as the interface does.

Sentences that are put together from several parts are made in earnest by test_server_sentences.
"""

from __future__ import annotations

import functools
import json
import re

import pytest
from sentences import Sentence, all_sentences, sentences_in
from speaking import LANGUAGES, english_left, translated

from devtools.places import ROOT

MODULES = {
    "lora_core/cli.py": "the command line",
    "lora_core/cli_options.py": "the command line",
    "lora_core/cli_origin.py": "the command line",
    "lora_core/model/disk.py": "the command line",
    "lora_core/model/diffusers_folder.py": "the command line",
    "lora_core/training/determinism.py": "the command line",
    "lora_core/record/canvas.py": "the command line",
    "lora_core/record/figure.py": "drawn into a figure, which is in English",
    "lora_core/record/dial_figure.py": "drawn into a figure",
    "lora_core/record/strength_figure.py": "drawn into a figure",
    "lora_core/dataset/contact_sheet.py": "drawn into a picture",
    "lora_core/dataset/report.py": "a text for other nodes",
    "lora_core/dataset/building_captions.py": "what BLIP is asked",
    "lora_core/library/bundle.py": "a file that is kept",
    "lora_core/library/citation.py": "a file that is kept",
}
"""Modules whose sentences stay English."""

IN_PARTS = {
    "lora_core/dataset/load.py": r".* has no usable picture|.* at least one for training|\. .*skipped|or lower",
    "lora_core/dataset/scan.py": r"save single pictures|.* files are not read",
    "lora_core/names.py": r"The 7 'щось' 7",
    "lora_core/memory.py": r"Out of memory$|There is room again$",
    "lora_core/picking/memorisation.py": r".*where chance alone|.*the LoRA knows its own",
    "lora_core/picking/selection.py": r"a run keeps averaged|This run has no checkpoint of",
    "lora_core/picking/strength.py": r".*lower than at strength 1|.* of 7 from",
    "lora_core/picking/words.py": r"validation 7 %|the epochs still to come|The loss was still falling",
    "lora_core/record/run_file.py": r"epoch 7 of|Trained on all|so that each is|about as many|going on from",
    "lora_core/record/writer.py": r"choose another run name|delete its folder|A run named",
    "lora_core/resemblance/kinship.py": r"so both are kept",
    "lora_core/restyle/opinion.py": r"validation 7 %|.*the pick\)|like training pictures",
    "lora_core/training/disk_space.py": r"The disk of",
    "lora_core/training/outlook.py": r"\. About|About 7 on this|and 7 of memory|.*Unlike the paper",
    "lora_core/training/portions.py": r"7, same effective batch",
}
"""Parts of sentences, by module."""

KEPT = {
    "lora_core/config.py": r"validation every",  # the name of a setting
    "lora_core/dataset/folder_scan.py": r".*is not followed",  # part of a fingerprint
    "lora_core/dataset/style.py": r".*is not a picture of the style",  # a defect
    "lora_core/memory.py": r"out of memory|not enough gpu|memory ran out",  # how others' errors are known; for the log
    "lora_core/model/lora_fit.py": r"Stable Diffusion XL",  # a name
    "lora_core/model/lora_layer.py": r"project\(\) sees",  # a defect
    "lora_core/record/run_file.py": r"Cannot read the recipe|.* holds no recipe",  # the command line
    "lora_core/requirements.py": r"is required for a normal",  # how an error of another package is known
    "lora_core/restyle/passport.py": r"outside the mask 7",  # drawn below a picture
    "lora_core/settings.py": r".*has no setting",  # of a file of settings
    "lora_core/training/all_pictures.py": r"each picture as often|as many steps|go on from",  # choices
    "lora_core/vision/blip.py": r".*was closed",  # a defect
    "lora_core/vision/depth.py": r".*was closed",
    "lora_core/vision/lineart.py": r"lineart takes an image",  # a defect
    "nodes/blip_captioner.py": r"none \(|as the model|materials, openings",  # choices
    "nodes/building_dial.py": r"\{\} of Styled",  # a tooltip
    "nodes/second_opinion.py": r".*second opinion, seed",  # drawn
    "nodes/styled_controlnet_apply.py": r"Building of the city",  # a prompt
    "nodes/host/rules.py": r"earliest within",  # a choice
    # What the page itself sends as it should; other programs are answered in English.
    "nodes/host/answers.py": r"7 is sent as",
    "nodes/host/gallery_routes.py": r"private, max-age",
    "nodes/host/incoming_routes.py": r"The (name|end) of a folder|A file is sent",
    "nodes/host/library_routes.py": r"attachment;|To delete the run",
    "nodes/host/queue_routes.py": r"7 must be an object|A training|Whether|A place",
    "nodes/host/routes.py": r"A request to stop",
}
"""What stays English, by module."""


def untranslated(sentences: list[Sentence], code: str) -> list[Sentence]:
    """Those that a language has no translation of, alone or with names behind a colon."""
    listed = [f"{each.text}: 'щось'" for each in sentences]
    said = translated([*(each.text for each in sentences), *listed], code)
    alone, among = said[: len(sentences)], said[len(sentences) :]
    return [
        each
        for each, other, before, after in zip(sentences, alone, listed, among, strict=True)
        if (each.text, before) == (other, after)
    ]


@functools.cache
def interface() -> str:
    """The texts of nodes, inputs and outputs, which have translations of their own in locales/."""
    return (ROOT / "locales" / "en" / "nodeDefs.json").read_text(encoding="utf-8")


def excepted(sentence: Sentence) -> bool:
    if json.dumps(sentence.text, ensure_ascii=False)[1:-1] in interface():
        return True
    rules = [table[sentence.module] for table in (IN_PARTS, KEPT) if sentence.module in table]
    return sentence.module in MODULES or any(re.match(rule, sentence.text, re.DOTALL) for rule in rules)


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_sentence_has_a_translation(code: str) -> None:
    sentences = all_sentences()
    assert len(sentences) > 400
    assert [each for each in untranslated(sentences, code) if not excepted(each)] == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_translation_is_half_english(code: str) -> None:
    sentences = [each.text for each in all_sentences()]
    both = zip(sentences, translated(sentences, code), strict=True)
    assert [other for english, other in both if other != english and english_left(other)] == []
    assert english_left("Тека the output folder") == ["the"]


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_exception_is_one(code: str) -> None:
    left = untranslated(all_sentences(), code)
    assert MODULES.keys() <= {each.module for each in left}
    for table in (IN_PARTS, KEPT):
        for module, rule in table.items():
            texts = [each.text for each in left if each.module == module]
            idle = [part for part in _alternatives(rule) if not any(re.match(part, text, re.DOTALL) for text in texts)]
            assert idle == [], module


def _alternatives(rule: str) -> list[str]:
    """The parts of a pattern between the bars outside of parentheses."""
    return re.split(r"\|(?![^(]*(?<!\\)\))", rule)


def test_a_new_sentence_is_found() -> None:
    source = '''
"""About cheese, in many words."""
LIMIT = "so many words"
def why(name: str, size: int) -> str:
    if size:
        raise ConfigError(f"The moon {name!r} has {size} holes " + "of cheese in it.")
    logging.info("nobody sees this text")
    raise ValueError("a defect is not translated")
'''
    found = list(sentences_in(source, "moon.py"))
    texts = ["so many words", "The moon 'щось' has 7 holes", "of cheese in it."]
    assert sorted(each.text for each in found) == sorted(texts)
    for code in LANGUAGES:
        assert untranslated(found, code) == found


def test_nodes_are_called_as_the_interface_calls_them() -> None:
    names = json.loads((ROOT / "locales" / "en" / "nodeDefs.json").read_text(encoding="utf-8"))
    ids = [name for name, texts in names.items() if texts["display_name"] != name]
    assert len(ids) > 20
    by_id = re.compile(rf"\b({'|'.join(ids)})\b")
    assert [each for each in all_sentences() if by_id.search(each.text)] == []
    tooltips = json.dumps([[text["description"], text["inputs"], text["outputs"]] for text in names.values()])
    assert by_id.findall(tooltips) == []


def test_a_tooltip_says_more_than_the_inputs_name() -> None:
    """Of what is set by hand: at least eight words besides those of the name, so that there is room for an effect."""
    frozen = json.loads((ROOT / "tests" / "comfyui" / "node_inputs.json").read_text(encoding="utf-8"))
    texts = json.loads((ROOT / "locales" / "en" / "nodeDefs.json").read_text(encoding="utf-8"))
    by_hand = {"INT", "FLOAT", "BOOLEAN", "STRING", "COMBO"}
    tooltips = {
        (node, name): texts[node]["inputs"][name]["tooltip"]
        for node, sockets in frozen.items()
        for name, socket in sockets["inputs"].items()
        if socket["type"] in by_hand
    }
    assert len(tooltips) > 80
    assert [place for place, text in tooltips.items() if _says_little(place[1], text)] == []
    assert _says_little("seed", "The seed of the run.") and _says_little("title", "Title of the sheet")


def _says_little(name: str, text: str) -> bool:
    return len(set(re.findall("[a-z]+", text.lower())) - set(name.split("_"))) < 8
