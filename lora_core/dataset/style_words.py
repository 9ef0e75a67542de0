"""Captions without the words that name a style: what all its pictures share is left to the trigger word.

A caption explains to the model what it sees. If it says "a bauhaus building", the look of the style is learned under
the word that the model knows already, and the trigger word learns little.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_ARTICLE = r"(?:(?:an?|the)\s+)?"
_MANNER = r"(?:[\s-]+(?:style[ds]?|architecture))?"


def read_words(text: str, style: str = "") -> list[str]:
    """Words and phrases with commas between them; `{style}` stands for the name of the style, its hyphens as spaces."""
    named = re.sub(r"[_\-\s]+", " ", style).strip()
    parts = (part.strip() for part in text.replace("{style}", named).split(","))
    return [part for part in dict.fromkeys(parts) if part]


def without_words(caption: str, words: Sequence[str]) -> str:
    """A caption without these words or phrases, whole and in any case of letters, and without what only they held.

    >>> without_words("an Art Deco building in the style of bauhaus, tall", ["art deco", "bauhaus"])
    'a building, tall'
    """
    spelt = "|".join(filter(None, map(_spelt, sorted(words, key=len, reverse=True))))
    if not spelt:
        return caption
    name = rf"(?<!\w)(?:{spelt}){_MANNER}(?!\w)"
    names = rf"{name}(?:(?:\s*,\s*|\s+(?:and|or|&)\s+){name})*"
    held = rf",?\s+(?:in|of|with)\s+{_ARTICLE}(?:(?:style|manner)\s+of\s+{_ARTICLE})?{names}(?=\s*(?:[,.;:!?]|$))"
    caption = re.sub(held, "", caption, flags=re.IGNORECASE)
    caption = re.sub(rf"(?:(?P<article>(?<!\w)an?)\s+)?{names}\s*", _article, caption, flags=re.IGNORECASE)
    return _tidy(caption)


def _spelt(word: str) -> str:
    """A pattern for a phrase, whatever stands between its words."""
    return r"[\s_-]+".join(re.escape(part) for part in re.split(r"[\s_-]+", word) if part)


def _article(found: re.Match[str]) -> str:
    """The article of what was left out, in the form that the next word needs."""
    if not found["article"]:
        return ""
    following = found.string[found.end() :]
    if not re.match(r"\w", following):
        return ""
    right = "an" if re.match(r"[aeiou]", following, re.IGNORECASE) else "a"
    return f"{right.capitalize() if found['article'][0].isupper() else right} "


def _tidy(text: str) -> str:
    """No spaces or commas where something was left out."""
    text = re.sub(r"\s+([,.;:!?])", r"\1", " ".join(text.split()))
    text = re.sub(r",(?:\s*,)+", ",", text)
    return text.strip(" ,")
