"""Captions of buildings: what BLIP says by itself, then materials, openings, roof and setting."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from ..vision.blip import Captioner
from .captions import about_tokens

MOST_TOKENS = 60
"""CLIP reads 75; the rest is for the trigger word."""


@dataclass(frozen=True)
class Aspect:
    """Something to know of a building."""

    clause: str
    """The beginning of what the caption says of it. BLIP continues it, and after it stands what BLIP-2 answers."""
    question: str


ASPECTS = (
    Aspect("the facade is made of", "Question: What is the facade of the building made of? Answer:"),
    Aspect("the windows are", "Question: What do the windows of the building look like? Answer:"),
    Aspect("the roof is", "Question: What kind of roof does the building have? Answer:"),
    Aspect("around it there is", "Question: What is around the building? Answer:"),
)
"""Materials, openings, roof, setting."""


def describe_buildings(captioner: Captioner, images: Sequence[Image.Image], prefix: str = "") -> list[str]:
    """Captions of at least one RGB picture, beginning with `prefix`.

    Raises:
        CaptionError: as `Captioner.captions`.
    """
    said = captioner.captions(images, prefix)
    for aspect in ASPECTS:
        answers = captioner.captions(images, aspect.question if captioner.answers_questions else aspect.clause)
        said = [add_clause(text, aspect, answer) for text, answer in zip(said, answers, strict=True)]
    return said


def add_clause(text: str, aspect: Aspect, answer: str) -> str:
    """A caption with what was answered, unless that is nothing or makes it longer than CLIP reads.

    >>> add_clause("a white house", ASPECTS[2], "it is flat")
    'a white house, the roof is flat'
    """
    bare = _bare(answer, aspect)
    if not bare or bare.lower() in text.lower():
        return text
    longer = f"{text}, {aspect.clause} {bare}"
    return longer if about_tokens(longer) <= MOST_TOKENS else text


def _bare(answer: str, aspect: Aspect) -> str:
    """An answer without the beginning of its sentence."""
    answer = re.sub(rf"^{re.escape(aspect.clause)}\b", "", answer.strip(), flags=re.IGNORECASE).strip()
    begun = r"(?:it|they|there|this|the\s+\w+(?:\s+of\s+the\s+building)?)\s+(?:is|are|has|have)\s+(?:made\s+of\s+)?"
    return re.sub(rf"^{begun}", "", answer, flags=re.IGNORECASE).strip(" ,.;")
