"""The server's sentences in the languages of the front end, by the front end's own code."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from devtools.frontend import node_program
from devtools.places import ROOT

_WORDS = "the of is are was and to in its for not has have with name from than or it a at by on off"
_ENGLISH = re.compile(rf"(?<![\w./'-])(?:{_WORDS.replace(' ', '|')})(?![\w./'-])")

LANGUAGES = sorted(path.name for path in (ROOT / "web" / "languages").iterdir())


def translated(sentences: list[str], code: str) -> list[str]:
    """The sentences as a page in this language shows them: in English where it has no translation."""
    found: list[str] = json.loads(_node("translate_all.mjs", code, json.dumps(sentences)))
    return found


def english_left(sentence: str) -> list[str]:
    """Plain English words in a translated sentence, if it is none of a label of the interface or of a command."""
    if " -m pip " in sentence:
        return []
    return _ENGLISH.findall(sentence.replace("Open in Mask Editor", ""))


def patterns(code: str) -> list[str]:
    """The English patterns that a language has translations of."""
    found: list[str] = json.loads(_node("server_patterns.mjs", code))
    return found


def _node(script: str, code: str, text: str = "") -> str:
    command = [str(node_program(Path(sys.executable))), str(ROOT / "tests" / "web" / script), code]
    return subprocess.run(command, input=text, capture_output=True, text=True, encoding="utf-8", check=True).stdout
