"""What tests against a real ComfyUI server often need: small graphs in API format, and the pictures that come back."""

from __future__ import annotations

import io
import urllib.parse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from devtools.graphs import Settings
from devtools.server import ComfyServer, Events, NodeError, Outcome, PromptFailed, PromptRejected
from devtools.standins import BLIP, CHECKPOINT, DEPTH, DEPTH_ANYTHING, LINEART, THIN, THIN_DEPTH, THIN_LINEART

__all__ = [
    "BLIP",
    "CHECKPOINT",
    "DEPTH",
    "DEPTH_ANYTHING",
    "LINEART",
    "THIN",
    "THIN_MODELS",
    "ComfyServer",
    "Events",
    "Graph",
    "NodeError",
    "Outcome",
    "PromptFailed",
    "PromptRejected",
    "defaults",
    "picture",
    "saved_pictures",
    "write_pictures",
]


THIN_MODELS: Settings = {
    "CheckpointLoaderSimple": {"ckpt_name": THIN},
    "ControlNet Lineart": {"control_net_name": THIN_LINEART},
    "ControlNet Depth": {"control_net_name": THIN_DEPTH},
}
"""Inputs of the examples' loaders: a quick model of the same family, where its size is not what is tested."""


class Graph(dict[str, dict[str, Any]]):
    """A graph in API format, written as calls: `add` returns a node, `node.out(i)` an output to connect.

    >>> graph = Graph()
    >>> loader = graph.add("CheckpointLoaderSimple", ckpt_name="model.safetensors")
    >>> text = graph.add("CLIPTextEncode", text="a building", clip=loader.out(1))
    >>> graph[text.id]["inputs"]["clip"]
    ['1', 1]
    """

    def add(self, class_type: str, **inputs: Any) -> Node:
        node_id = str(len(self) + 1)
        self[node_id] = {"class_type": class_type, "inputs": inputs}
        return Node(node_id)

    def base_model(self, name: str = CHECKPOINT) -> Node:
        """The stock checkpoint loader: out(0) is the MODEL, out(1) the CLIP, out(2) the VAE."""
        return self.add("CheckpointLoaderSimple", ckpt_name=name)


class Node(str):
    """A node's id, and its outputs."""

    @property
    def id(self) -> str:
        return str(self)

    def out(self, index: int = 0) -> list[Any]:
        return [str(self), index]


def defaults(definition: Mapping[str, Any]) -> dict[str, Any]:
    """The values that the inputs of a node start with, by name; `definition` is its entry in GET /object_info."""
    found = {}
    for name, (kind, *rest) in {**definition["input"]["required"], **definition["input"].get("optional", {})}.items():
        options = rest[0] if rest else {}
        choices = kind if isinstance(kind, list) else options.get("options")
        if "default" in options or choices:
            found[name] = options.get("default", choices and choices[0])
    return found


def picture(server: ComfyServer, told: Mapping[str, str]) -> Image.Image:
    """The picture in a node's ui output: {"filename", "subfolder", "type"}."""
    body = server.get(f"/view?{urllib.parse.urlencode(dict(told))}")
    return Image.open(io.BytesIO(body)).convert("RGB")


def saved_pictures(server: ComfyServer, outcome: Outcome, node: str) -> list[Image.Image]:
    """Every picture from a SaveImage or PreviewImage node."""
    return [picture(server, told) for told in outcome.outputs[str(node)]["images"]]


def places(page: np.ndarray, cell: np.ndarray) -> list[tuple[int, int]]:
    """Every (top, left) at which a page holds a cell pixel by pixel, both (H, W, 3), from top to bottom."""
    height, width = cell.shape[:2]
    corners = np.argwhere((page == cell[0, 0]).all(axis=-1)).tolist()
    return [(y, x) for y, x in corners if np.array_equal(page[y : y + height, x : x + width], cell)]


def write_pictures(folder: Path, count: int, side: int = 64) -> Path:
    """`count` different pictures, enough for a dataset whose content does not matter."""
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        image = Image.effect_noise((side, side), 20 + 5 * index).convert("RGB")
        image.paste((40 * index % 256, 90, 200), (0, 0, side // 2, side // 3 + index % (side // 2)))
        image.save(folder / f"picture {index:02d}.png")
    return folder
