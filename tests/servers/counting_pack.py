"""A custom node pack for tests: tells which models of LoRA Atelier are alive in a running ComfyUI.

It is copied into a server's custom_nodes. Models are counted by weak references from the moment they are made, and
again whenever the next of their kind is made: that is how many an earlier node has left behind.
"""

from __future__ import annotations

import weakref
from typing import Any

import torch
from aiohttp import web
from server import PromptServer

NODE_CLASS_MAPPINGS: dict[str, type] = {}
KINDS = ("UNet", "Autoencoder", "TinyAutoencoder", "CLIPTextModel", "BlipForConditionalGeneration")
DEPTH = "DepthAnythingForDepthEstimation"

alive: dict[str, weakref.WeakSet[torch.nn.Module]] = {}
at_next: dict[str, list[int]] = {}
genuine = torch.nn.Module.__init__


def counted(self: torch.nn.Module, *arguments: Any, **options: Any) -> None:
    """Notes a model when its construction begins."""
    kind, home = type(self).__name__, type(self).__module__
    if kind in (*KINDS, DEPTH) and ("lora_core" in home or home.startswith("transformers.")):
        known = alive.setdefault(kind, weakref.WeakSet())
        at_next.setdefault(kind, []).append(len(known))
        known.add(self)
    genuine(self, *arguments, **options)


torch.nn.Module.__init__ = counted  # type: ignore[method-assign]


@PromptServer.instance.routes.get("/counted")
async def tell(_request: web.Request) -> web.Response:
    """By kind: how many are alive now, and how many were whenever another was made."""
    return web.json_response({kind: {"now": len(alive[kind]), "at_next": at_next[kind]} for kind in alive})
