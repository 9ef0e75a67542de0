"""Captions by real BLIP and BLIP-2 classes, tiny and with random weights: nonsense, but in the right form."""

from __future__ import annotations

import gc
import json
import shutil
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from devtools.standins import build_blip
from lora_core.dataset.building_captions import ASPECTS, MOST_TOKENS, add_clause, describe_buildings
from lora_core.dataset.captions import about_tokens
from lora_core.errors import CaptionError
from lora_core.vision.blip import Captioner, _half, clean_caption


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BLIP of 0.2 million parameters under a path with spaces and Cyrillic letters."""
    torch.set_num_threads(1)
    path = tmp_path_factory.mktemp("models") / "моя модель blip"
    build_blip(path)
    return path


@pytest.fixture(scope="module")
def captioner(folder: Path) -> Captioner:
    return Captioner(folder, "cpu")


def picture(seed: int, size: tuple[int, int] = (90, 60)) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(values)


def test_the_same_picture_always_gets_the_same_words(captioner: Captioner, folder: Path) -> None:
    torch.manual_seed(1)
    first = captioner.caption(picture(0))
    torch.manual_seed(2)
    assert captioner.caption(picture(0)) == first
    assert Captioner(folder, "cpu").caption(picture(0)) == first
    assert first
    assert first == clean_caption(first)


def thin() -> list[Image.Image]:
    """Pictures whose side could be taken for the number of colours."""
    return [Image.new("RGB", size, "grey") for size in ((1, 1), (1, 40), (40, 1), (3, 40), (40, 3), (3, 3))]


def test_any_size_and_mode(captioner: Captioner) -> None:
    for image in (picture(1, (64, 900)), picture(1).convert("L"), picture(1).convert("RGBA"), *thin()):
        assert isinstance(captioner.caption(image), str)


def test_a_caption_begins_with_its_prefix(captioner: Captioner) -> None:
    caption = captioner.caption(picture(2), " a photo of a building ")
    assert caption.startswith("a photo of a building")
    assert caption.count("a photo of a building") == 1


def test_of_a_question_only_the_answer_is_kept(captioner: Captioner) -> None:
    answer = captioner.caption(picture(2), "a building of stone:")
    assert answer
    assert not answer.startswith("a building of stone")


@pytest.mark.parametrize("prompt", ["A Photo of a building", "a white - and - grey façade", "a stone building ,"])
def test_a_prompt_that_the_tokenizer_changes_stands_once(captioner: Captioner, prompt: str) -> None:
    caption = captioner.caption(picture(2), prompt)
    assert caption.startswith(prompt)
    repeated = captioner._words(captioner._processor(text=prompt, return_tensors="pt")["input_ids"])[0]
    assert repeated != prompt
    assert not caption.removeprefix(prompt).strip().startswith(repeated)


@pytest.mark.parametrize("prompt", ["", "a photo of"])
def test_a_batch_says_what_its_pictures_say_alone(captioner: Captioner, prompt: str) -> None:
    images = [picture(seed, (60 + 10 * seed, 70)) for seed in range(5)]
    assert captioner.captions(images, prompt) == [captioner.caption(image, prompt) for image in images]


def test_without_memory_for_a_batch_smaller_ones_are_tried(
    captioner: Captioner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The GPU's error is raised by hand, there being none; the way back from it is real."""
    images = [picture(seed) for seed in range(5)]
    expected = captioner.captions(images)
    generate, sizes = captioner._model.generate, []

    def cramped(**inputs: torch.Tensor) -> torch.Tensor:
        sizes.append(len(inputs["pixel_values"]))
        if sizes[-1] > limit:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return generate(**inputs)

    monkeypatch.setattr(captioner._model, "generate", cramped)
    told: list[str] = []
    monkeypatch.setattr(captioner._portion, "_told", told.append)
    limit = 2
    assert captioner.captions(images) == expected
    assert sizes == [5, 2, 2, 1]
    assert told == ["Out of memory while captioning: 2 at a time."]
    limit = 0
    with pytest.raises(CaptionError, match=r"not enough GPU memory.*BLIP-2"):
        captioner.captions(images)


def test_a_model_that_the_gpu_has_no_room_for_is_said_in_a_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places: list[str] = []

    def full(_model: torch.nn.Module, place: torch.device | str) -> None:
        places.append(str(place))
        if place != "cpu":
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("transformers.BlipForConditionalGeneration.to", full)
    with pytest.raises(CaptionError, match=r"not enough GPU memory for this model.*BLIP-2"):
        Captioner(folder, "meta")
    assert places == ["meta", "cpu"]


def test_closing_frees_the_model(folder: Path) -> None:
    captioner = Captioner(folder, "cpu")
    model = weakref.ref(captioner._model)
    captioner.close()
    captioner.close()
    gc.collect()
    assert model() is None
    with pytest.raises(CaptionError, match="was closed"):
        captioner.caption(picture(0))


def test_blip2(tmp_path: Path) -> None:
    captioner = Captioner(build_blip2(tmp_path / "blip2"), "cpu")
    caption = captioner.caption(picture(0), "a photo of")
    assert caption.startswith("a photo of")
    assert captioner.captions([picture(0), picture(1)], "a photo of")[0] == caption
    assert isinstance(captioner.caption(picture(3)), str)


@pytest.mark.parametrize("missing", ["image_token_index", "num_query_tokens"])
def test_blip2_folders_from_before_the_placeholder_token(tmp_path: Path, missing: str) -> None:
    folder = build_blip2(tmp_path / "blip2")
    changed = []
    for file in folder.glob("*.json"):
        told = json.loads(file.read_text(encoding="utf-8"))
        of_model = file.name == "config.json"
        if of_model == (missing == "image_token_index") and missing in told:
            del told[missing]
            file.write_text(json.dumps(told), encoding="utf-8")
            changed.append(file.name)
    assert changed
    assert isinstance(Captioner(folder, "cpu").caption(picture(0)), str)


def build_blip2(folder: Path) -> Path:
    """A BLIP-2 with an OPT of two layers."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import (
        Blip2Config,
        Blip2ForConditionalGeneration,
        Blip2Processor,
        BlipImageProcessor,
        PreTrainedTokenizerFast,
    )

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate(["<pad>", "</s>", "<unk>", *alphabet])}
    bytes_only = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>"))
    bytes_only.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytes_only.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bytes_only, pad_token="<pad>", bos_token="</s>", eos_token="</s>", unk_token="<unk>"
    )
    small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = Blip2Config(
        vision_config={**small, "image_size": 28, "patch_size": 14},
        qformer_config={**small, "encoder_hidden_size": 32, "vocab_size": 40},
        text_config={
            "model_type": "opt",
            "vocab_size": len(vocabulary) + 8,
            "hidden_size": 32,
            "ffn_dim": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "word_embed_proj_dim": 32,
            "max_position_embeddings": 256,
            "pad_token_id": 0,
            "bos_token_id": 1,
            "eos_token_id": 1,
        },
        num_query_tokens=4,
        image_token_index=len(vocabulary),
    )
    processor = Blip2Processor(BlipImageProcessor(size={"height": 28, "width": 28}), tokenizer, num_query_tokens=4)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        Blip2ForConditionalGeneration(config).save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def build_flan_t5(folder: Path) -> Path:
    """A BLIP-2 with a T5 of two layers, which reads the prompt and writes the answer alone."""
    from transformers import Blip2Config, Blip2ForConditionalGeneration, Blip2Processor

    build_blip2(folder)  # for its tokenizer
    processor = Blip2Processor.from_pretrained(folder)
    count = len(processor.tokenizer)
    small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = Blip2Config(
        vision_config={**small, "image_size": 28, "patch_size": 14},
        qformer_config={**small, "encoder_hidden_size": 32, "vocab_size": 40},
        text_config={
            "model_type": "t5",
            "vocab_size": count,
            "d_model": 32,
            "d_kv": 16,
            "d_ff": 64,
            "num_layers": 2,
            "num_heads": 2,
            "decoder_start_token_id": 0,
            "pad_token_id": 0,
            "eos_token_id": 1,
        },
        num_query_tokens=4,
        image_token_index=processor.tokenizer.convert_tokens_to_ids("<image>"),
    )
    with torch.random.fork_rng():
        torch.manual_seed(4)
        Blip2ForConditionalGeneration(config).save_pretrained(folder)
    return folder


def test_flan_t5(tmp_path: Path) -> None:
    captioner = Captioner(build_flan_t5(tmp_path / "flan"), "cpu")
    assert captioner.answers_questions
    caption = captioner.caption(picture(0), "a photo of")
    assert caption.startswith("a photo of")
    assert captioner.captions([picture(0), picture(1)], "a photo of")[0] == caption
    assert captioner.caption(picture(2), "Question: of stone? Answer:") == captioner.caption(
        picture(2), "Question: of stone? Answer:"
    )


@pytest.mark.parametrize(("kind", "expected"), [("t5", torch.bfloat16), ("opt", torch.float16)])
def test_float16_cannot_hold_a_flan_t5(kind: str, expected: torch.dtype) -> None:
    assert _half({"model_type": "blip-2", "text_config": {"model_type": kind}}) == expected
    assert _half({"model_type": "blip"}) == torch.float16


# Captions of buildings. -----------------------------------------------------------------------------------------------


def test_a_building_is_described_aspect_by_aspect(captioner: Captioner, tmp_path: Path) -> None:
    second = Captioner(build_blip2(tmp_path / "blip2"), "cpu")
    for each in (captioner, second):
        images = [picture(0), picture(1)]
        plain, described = each.captions(images, "a photo of"), describe_buildings(each, images, "a photo of")
        for before, after in zip(plain, described, strict=True):
            assert after.startswith(before)
            assert about_tokens(after) <= max(MOST_TOKENS, about_tokens(before))
    assert captioner.answers_questions is False


@pytest.mark.parametrize(
    ("aspect", "answer", "expected"),
    [
        (0, "red brick", "a house, the facade is made of red brick"),
        (0, "The facade is made of red brick", "a house, the facade is made of red brick"),
        (0, "it is made of brick.", "a house, the facade is made of brick"),
        (1, "they are tall and arched", "a house, the windows are tall and arched"),
        (1, "the windows of the building are small", "a house, the windows are small"),
        (2, "the roof is flat", "a house, the roof is flat"),
        (3, "there is a park", "a house, around it there is a park"),
        (3, "a HOUSE", "a house"),
        (2, "", "a house"),
        (2, "flat " * 80, "a house"),
    ],
)
def test_an_answer_becomes_a_clause(aspect: int, answer: str, expected: str) -> None:
    assert add_clause("a house", ASPECTS[aspect], answer) == expected


# Folders that are not what they should be. --------------------------------------------------------------------------


def refused(folder: Path) -> str:
    with pytest.raises(CaptionError) as caught:
        Captioner(folder, "cpu")
    text = str(caught.value)
    assert str(folder) in text
    assert "models/blip" in text
    return text


def without(folder: Path, tmp_path: Path, *names: str) -> Path:
    copy = tmp_path / "blip"
    shutil.copytree(folder, copy)
    for name in names:
        (copy / name).unlink(missing_ok=True)
    return copy


def test_wrong_folders(folder: Path, tmp_path: Path) -> None:
    assert "config.json is missing" in refused(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    assert "config.json is missing" in refused(tmp_path / "empty")
    assert "weights are missing" in refused(without(folder, tmp_path / "1", "model.safetensors"))
    names = ("preprocessor_config.json", "processor_config.json")
    assert "preprocessor_config.json is missing" in refused(without(folder, tmp_path / "2", *names))
    tokenizer = ("vocab.txt", "tokenizer.json", "tokenizer_config.json")
    assert "okenizer" in refused(without(folder, tmp_path / "3", *tokenizer))


def test_damaged_folders(folder: Path, tmp_path: Path) -> None:
    other = without(folder, tmp_path / "1")
    (other / "config.json").write_text('{"model_type": "llama"}', encoding="utf-8")
    assert "'llama', not one of blip, blip-2" in refused(other)
    (other / "config.json").write_text('{"model_', encoding="utf-8")
    assert "is damaged" in refused(other)
    cut = without(folder, tmp_path / "2")
    weights = cut / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:10_000])
    assert "cannot be loaded" in refused(cut)


def test_weights_of_another_model_are_not_replaced_by_random_ones(folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    partial = without(folder, tmp_path)
    tensors = load_file(partial / "model.safetensors")
    kept = {key: value for key, value in tensors.items() if "vision" not in key}
    save_file(kept, partial / "model.safetensors", {"format": "pt"})
    assert "tensors are missing" in refused(partial)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("there is a arafed building with a clock .", "there is a building with a clock"),
        ("Araffe church , tall .", "church, tall"),
        ("a  street\nin paris;", "a street in paris"),
        ("paraffin lamp", "paraffin lamp"),
        ("", ""),
    ],
)
def test_clean_caption(text: str, cleaned: str) -> None:
    assert clean_caption(text) == cleaned
