"""Captions in the manner of BLIP, from the same facts the picture was drawn from."""

from __future__ import annotations

from ..engine.dice import Dice
from ..engine.setting import Setting
from .massing import NUMBERS, Facts

STYLE_WORDS = {
    "bauhaus": "Bauhaus",
    "deconstructivist": "deconstructivist",
    "parametric": "parametric",
    "renaissance": "Renaissance",
    "neoclassical": "neoclassical",
}


def _article(words: str) -> str:
    return (
        f"{'an' if (words[0] in 'aeio' and not words.startswith('one')) or words.startswith('eight') else 'a'} {words}"
    )


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def _sky(dice: Dice, setting: Setting) -> str:
    clear = setting.clouds < 0.3
    words = {
        "morning": ("in the morning light", "in soft morning light", "early in the morning"),
        "day": ("under a clear blue sky", "on a sunny day", "with a blue sky in the background")
        if clear
        else ("under a blue sky with clouds", "on a sunny day with clouds in the sky", "with white clouds in the sky"),
        "overcast": ("under a grey sky", "on a cloudy day", "under an overcast sky"),
        "dusk": ("at dusk", "at sunset with lights on", "in the evening with an orange sky"),
        "night": ("at night", "at night with lit windows", "lit up at night"),
    }
    return dice.pick(words[setting.time])


def _season(dice: Dice, setting: Setting) -> str:
    words = {
        "spring": ("in spring", "in the spring"),
        "summer": ("in summer", "", "", "in the summer"),
        "autumn": ("in autumn", "in the fall with autumn colours"),
        "winter": ("in winter", "covered in snow", "in the snow"),
    }
    return dice.pick(words[setting.season])


def _place(dice: Dice, setting: Setting) -> str:
    words = {
        "lawn": ("on a green lawn", "with a path leading to the door", "surrounded by grass"),
        "street": ("on a city street", "next to a road", "on the side of a street"),
        "plaza": ("on a paved square", "in front of a plaza"),
        "cobbles": ("on a cobbled street", "in an old street"),
        "water": ("reflected in a pool of water", "next to a pool"),
    }
    if setting.season == "winter" and setting.ground in ("lawn", "water"):
        return dice.pick(("on snowy ground", ""))
    return dice.pick(words[setting.ground])


def caption(facts: Facts, setting: Setting, around: list[str], dice: Dice, style: str | None = None) -> str:
    """One sentence without a full stop, naming the style only where it is given."""
    storeys = ""
    if facts.storeys and dice.chance(0.75):
        number = NUMBERS[facts.storeys] if facts.storeys < len(NUMBERS) else str(facts.storeys)
        storeys = dice.pick((f"{number} storey", f"{number}-storey"))
    material = facts.material if dice.chance(0.6) else ""
    look = [storeys, facts.colour, material, STYLE_WORDS.get(style or "", style or ""), facts.noun]
    subject = _article(" ".join(word for word in look if word))
    opening = dice.weighted(
        ("", "a view of ", "a drawing of ", "the front of ", "the façade of ", "there is "), (6, 1, 1, 1, 0.7, 0.8)
    )
    count = min(len(facts.features), dice.whole(2, 3))
    details = list(facts.features[:1]) + dice.some(facts.features[1:], count - 1)
    if dice.chance(0.6):
        details.append(facts.roof)
    tail = [_sky(dice, setting), _season(dice, setting)]
    if dice.chance(0.6):
        tail.insert(0, _place(dice, setting))
    if around and dice.chance(0.5):
        tail.insert(0, f"and {dice.pick(around)} nearby")
    return " ".join(part for part in (opening + subject, "with", _listed(details), *tail) if part)
