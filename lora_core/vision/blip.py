"""Captions from BLIP and BLIP-2, with transformers (4.50 or newer), offline once the model is in its folder.

Sources: Li et al., "BLIP", ICML 2022; Li et al., "BLIP-2", ICML 2023, the captioner of the paper this project follows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from ..errors import CaptionError
from ..memory import Portion, in_portions, release_cached, silent
from ..requirements import BLIP
from .hub import load_model, model_config, placed, planes

MAX_NEW_TOKENS = 50
BEAMS = 3
MOST_AT_ONCE = 64
"""Of the pictures that are given together, as long as there is memory."""

_ADVICE = (
    "Put all files of https://huggingface.co/Salesforce/blip-image-captioning-large or "
    "https://huggingface.co/Salesforce/blip2-opt-2.7b into a folder of their own under models/blip."
)

_SMALLER = "Choose BLIP instead of BLIP-2, or close other programs that use the GPU."


class Captioner:
    """A BLIP or BLIP-2 model that describes pictures in words. The same picture always gets the same words."""

    def __init__(
        self,
        model_folder: Path,
        device: torch.device | str,
        dtype: torch.dtype | None = None,
        told: Callable[[str], None] = silent,
    ) -> None:
        """Load a model from its folder; no connection is needed.

        Args:
            model_folder: with config.json, weights, processor and tokenizer.
            device: where to run it.
            dtype: of the weights; by default float32 on a CPU, and on a GPU float16, or bfloat16 for a Flan-T5, whose
                values float16 can't hold.
            told: hears how many pictures are captioned at once if that changes.

        Raises:
            CaptionError: files are missing or damaged, or it is another kind of model; the message says what to do.
            RequirementError: transformers cannot be used.
        """
        BLIP.require()
        import transformers

        config = model_config(model_folder, ("blip", "blip-2"), CaptionError, _ADVICE)
        second = config["model_type"] == "blip-2"
        self.device = torch.device(device)
        self.dtype = dtype or (torch.float32 if self.device.type == "cpu" else _half(config))
        self.answers_questions = second
        """Whether it answers a question; BLIP only goes on with a sentence."""
        processor_class = transformers.Blip2Processor if second else transformers.BlipProcessor
        model_class = (
            transformers.Blip2ForConditionalGeneration if second else transformers.BlipForConditionalGeneration
        )
        try:
            self._processor: Any = processor_class.from_pretrained(model_folder, local_files_only=True)
        except Exception as error:  # whatever a damaged or missing tokenizer file makes transformers raise
            raise CaptionError(
                f"The tokenizer or processor in {model_folder} cannot be loaded: {error}\n{_ADVICE}"
            ) from error
        model = load_model(model_class, model_folder, self.dtype, CaptionError, _ADVICE)
        # Without its files some versions of transformers invent an empty tokenizer.
        if len(self._processor.tokenizer) < 0.9 * model.config.text_config.vocab_size:
            raise CaptionError(f"The tokenizer's files are missing in {model_folder}. {_ADVICE}")
        if second:
            _complete_blip2(model, self._processor)
        self._model: Any = placed(model, self.device, CaptionError, _SMALLER)
        self._portion = Portion(MOST_AT_ONCE, self.device, told)

    def caption(self, image: Image.Image, prompt: str = "") -> str:
        """Describe an RGB picture of any size; see `captions`."""
        return self.captions([image], prompt)[0]

    @torch.no_grad()
    def captions(self, images: Sequence[Image.Image], prompt: str = "") -> list[str]:
        """Describe RGB pictures of any size at once, or in smaller batches if the GPU's memory is too small for all.

        Args:
            images: at least one.
            prompt: the words to begin with, which stay in the caption ("a photo of a building"); if it ends in a
                colon or a question mark it is a question, and only the answer is returned.

        Raises:
            CaptionError: the captioner is closed, or there is not enough memory.
        """
        if self._model is None:
            raise CaptionError("This captioner was closed.")
        prompt = prompt.strip()
        failure = CaptionError(f"There is not enough GPU memory to caption. {_SMALLER}")
        generate = partial(self._generate, prompt=prompt)
        done = in_portions(images, self._portion, generate, "while captioning", failure)
        answers = [clean_caption(text) for _, texts in done for text in texts]
        return answers if prompt.endswith((":", "?")) else [f"{prompt} {answer}".strip() for answer in answers]

    def close(self) -> None:
        """Free the model's memory; the captioner cannot be used afterwards. May be called twice."""
        self._model = None
        release_cached(self.device)

    def _generate(self, images: Sequence[Image.Image], prompt: str) -> list[str]:
        """What the model says after the prompt. Whether it repeats the prompt differs by model and version."""
        text = [prompt] * len(images) if prompt else None
        pixels, layout = planes(images)
        inputs = self._processor(images=pixels, text=text, return_tensors="pt", **layout)
        inputs = {name: self._placed(tensor) for name, tensor in inputs.items() if name != "token_type_ids"}
        # Without repeats of three words: "a building with a building with a ..." is BLIP's commonest failure.
        tokens = self._model.generate(
            **inputs, max_new_tokens=MAX_NEW_TOKENS, num_beams=BEAMS, do_sample=False, no_repeat_ngram_size=3
        )
        # The tokenizer changes spaces, capitals and accents, so the prompt is compared as the tokenizer returns it.
        repeated = self._words(inputs["input_ids"])[0] if prompt else ""
        return [words.removeprefix(repeated).strip() for words in self._words(tokens)]

    def _words(self, tokens: torch.Tensor) -> list[str]:
        return [text.strip() for text in self._processor.tokenizer.batch_decode(tokens, skip_special_tokens=True)]

    def _placed(self, tensor: torch.Tensor) -> torch.Tensor:
        return tensor.to(self.device, self.dtype if tensor.is_floating_point() else None)


def clean_caption(text: str) -> str:
    """Tidy a model's caption.

    Removes the non-word that BLIP large is known for ("araffe", "arafed", "araffed ..."), white space before
    punctuation, doubled white space, and a final full stop.

    >>> clean_caption("there is a arafed building with a clock .")
    'there is a building with a clock'
    """
    text = re.sub(r"\baraf+\w*", "", text, flags=re.IGNORECASE)
    text = re.sub(r"\s+([,.;:!?])", r"\1", " ".join(text.split()))
    return text.strip(" .,;")


def _half(config: Mapping[str, Any]) -> torch.dtype:
    """The number format of 16 bits for a model, by its config.json."""
    text = config.get("text_config")
    return torch.bfloat16 if isinstance(text, dict) and text.get("model_type") == "t5" else torch.float16


def _complete_blip2(model: Any, processor: Any) -> None:
    """Update models from before transformers 4.46, which added a placeholder token for the picture."""
    tokenizer = processor.tokenizer
    if getattr(processor, "num_query_tokens", None) is None:
        processor.num_query_tokens = model.config.num_query_tokens
    if getattr(model.config, "image_token_index", None) is None:
        model.config.image_token_index = tokenizer.convert_tokens_to_ids("<image>")
    if model.config.image_token_index >= model.get_input_embeddings().num_embeddings:
        model.resize_token_embeddings(len(tokenizer), pad_to_multiple_of=64)
