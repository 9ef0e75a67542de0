"""A pack as others make them, installed as zzz_other by the tests: nodes with ids of LoRA Atelier's, and loaders."""

import json
from pathlib import Path

import comfy.clip_vision
import comfy.controlnet
import comfy.ops
import folder_paths
import torch
from comfy.cldm.cldm import ControlNet
from safetensors.torch import load_file


class Other:
    """Another pack's node of the same id."""

    INPUT_TYPES = classmethod(lambda cls: {"required": {}})
    RETURN_TYPES = ("STRING",)
    FUNCTION = "run"
    CATEGORY = "other"

    def run(self):
        return ("somebody else's",)


class LoraFile(Other):
    """A LoRA as it is in a file."""

    INPUT_TYPES = classmethod(lambda cls: {"required": {"name": ("STRING", {"default": ""})}})
    RETURN_TYPES = ("LORA_MODEL",)

    def run(self, name):
        return (load_file(folder_paths.get_full_path("loras", name)),)


class NarrowControlNet(Other):
    """A ControlNet that reads prompts as wide as the pocket model's, as small as it can be otherwise."""

    TEXT_FEATURES = 64
    RETURN_TYPES = ("CONTROL_NET",)

    def run(self):
        network = ControlNet(
            image_size=32,
            in_channels=4,
            model_channels=32,
            hint_channels=3,
            num_res_blocks=[1, 1],
            channel_mult=[1, 2],
            transformer_depth=[1, 1],
            transformer_depth_middle=1,
            num_head_channels=32,
            context_dim=self.TEXT_FEATURES,
            use_spatial_transformer=True,
            operations=comfy.ops.disable_weight_init,
        )
        return (comfy.controlnet.ControlNet(network),)


class WideControlNet(NarrowControlNet):
    """One that reads prompts as wide as SDXL's."""

    TEXT_FEATURES = 2048


class SmallClipVision(Other):
    """A vision model of ComfyUI's own class, as small as it can be, with random weights."""

    RETURN_TYPES = ("CLIP_VISION",)

    def run(self):
        sizes = {"hidden_size": 16, "intermediate_size": 32, "projection_dim": 8, "image_size": 28, "patch_size": 14}
        layers = {"num_attention_heads": 2, "num_hidden_layers": 2, "num_channels": 3, "hidden_act": "quick_gelu"}
        config = Path(folder_paths.get_temp_directory(), "small_clip_vision.json")
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(json.dumps({**sizes, **layers, "layer_norm_eps": 1e-5, "model_type": "clip_vision_model"}))
        vision = comfy.clip_vision.ClipVisionModel(config)
        generator = torch.Generator().manual_seed(0)
        for weight in vision.model.parameters():
            weight.data = torch.randn(weight.shape, generator=generator) / weight[0].numel() ** 0.5
        return (vision,)


class OtherTrainer(Other):
    """A second node of an id of ours."""


NODE_CLASS_MAPPINGS = {
    "DepthMap": Other,
    "LoRATrainer": OtherTrainer,
    "LoraFile": LoraFile,
    "NarrowControlNet": NarrowControlNet,
    "SmallClipVision": SmallClipVision,
    "WideControlNet": WideControlNet,
}
