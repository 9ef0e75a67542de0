"""The words that call up what a LoRA has learned, from the captions that it was trained with."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from .run_file import RunFile

_MOST_TAGS = 100


def trigger_words(run: RunFile) -> list[str]:
    """The phrases between commas that stand in every training caption, such as BlipCaptioner's trigger word.

    In the order of the first caption; none if there is only one picture, whose every phrase would be one.
    """
    captions = _phrases(run)
    if len(captions) < 2:
        return []
    return [phrase for phrase in captions[0] if all(phrase in caption for caption in captions[1:])]


def word_metadata(run: RunFile) -> dict[str, str]:
    """What other tools look for in the metadata of a LoRA file: Stability's trigger phrase, kohya's tag frequency.

    Tags are phrases that several captions share; whole captions, which may be personal, are left out.
    """
    counts = Counter(phrase for caption in _phrases(run) for phrase in caption)
    tags = {phrase: count for phrase, count in counts.most_common(_MOST_TAGS) if count > 1}
    words, told = trigger_words(run), {}
    if words:
        told["modelspec.trigger_phrase"] = ", ".join(words)
    if tags:
        told["ss_tag_frequency"] = json.dumps({run.dataset.name: tags}, ensure_ascii=False)
    return told


def _phrases(run: RunFile) -> Sequence[list[str]]:
    """Of each training caption, each phrase once."""
    captions = [picture.caption or "" for picture in run.dataset.pictures if picture.side == "training"]
    return [[*dict.fromkeys(filter(None, map(str.strip, caption.split(","))))] for caption in captions]
