"""How to cite a run: the paper, the tool, and the run itself, as BibTeX."""

from __future__ import annotations

import re

from ..record.run_file import RunFile

_PAPER = """@article{ivanchenko2025application,
  title   = {Application of the low-rank adaptation method on the example of fine-tuning a latent diffusion model},
  author  = {Ivanchenko, H. M. and Getun, H. V. and Skliarov, I. O. and Solomin, A. V. and Getun, S. Yu.},
  journal = {Strength of Materials and Theory of Structures},
  year    = {2025},
  number  = {114},
  pages   = {299--310},
  doi     = {10.32347/2410-2547.2025.114.299-310}
}
"""
_TOOL = """@software{{lora_atelier,
  title   = {{LoRA Atelier}},
  author  = {{{{The LoRA Atelier authors}}}},
  version = {{{version}}},
  url     = {{https://github.com/lora-atelier/comfyui-lora-atelier}}
}}
"""
_RUN = """@misc{{lora_atelier_run,
  title = {{Training run {name}}},
  note  = {{LoRA for Stable Diffusion 1.5 trained with LoRA Atelier {version} {on}; pictures {pictures},
           base model {base_model}}}
}}
"""
_SPECIAL = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def bibtex(run: RunFile) -> str:
    """Three entries. A run has no author: whoever publishes it adds themselves."""
    version = _escaped(run.versions.get("lora_atelier", "unknown"))
    date = re.match(r"\d{4}-\d\d-\d\d", run.created)
    about = _RUN.format(
        name=_escaped(run.name),
        version=version,
        on=f"on {date.group()}" if date else "on an unknown date",
        pictures=_escaped(run.fingerprints.dataset),
        base_model=_escaped(run.fingerprints.base_model),
    )
    return "\n".join([_PAPER, _TOOL.format(version=version), about])


def _escaped(text: str) -> str:
    """A text as TeX prints it, on one line."""
    line = " ".join(text.split())
    return re.sub(r"[\\~^{}$&#%_]", lambda found: _SPECIAL.get(found.group(), "\\" + found.group()), line)
