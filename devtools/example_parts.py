"""Parts that the example workflows share: models, captioned pictures, the stopping point, sampling, restyling."""

from __future__ import annotations

from typing import Any

from .sheet import Output, Placed, Sheet

HUGGING_FACE = "https://huggingface.co"
CONTROL_NETS = f"{HUGGING_FACE}/comfyanonymous/ControlNet-v1-1_fp16_safetensors/resolve/main"
CHECKPOINT = {
    "name": "v1-5-pruned-emaonly-fp16.safetensors",
    "url": f"{HUGGING_FACE}/Comfy-Org/stable-diffusion-v1-5-archive/resolve/main/v1-5-pruned-emaonly-fp16.safetensors",
    "directory": "checkpoints",
}
LINEART = {
    "name": "control_v11p_sd15_lineart_fp16.safetensors",
    "url": f"{CONTROL_NETS}/control_v11p_sd15_lineart_fp16.safetensors",
    "directory": "controlnet",
}
DEPTH = {
    "name": "control_v11f1p_sd15_depth_fp16.safetensors",
    "url": f"{CONTROL_NETS}/control_v11f1p_sd15_depth_fp16.safetensors",
    "directory": "controlnet",
}
SAMPLING = {
    "seed": 0,
    "seed: control_after_generate": "fixed",
    "steps": 20,
    "cfg": 7.5,
    "sampler_name": "dpmpp_2m",
    "scheduler": "karras",
}
CAPTIONS, DEPTH_MODEL = "blip-image-captioning-large", "Depth-Anything-V2-Small-hf"
MODELS = (CHECKPOINT, LINEART, DEPTH)
MEGAPIXELS = 0.38  # 768 x 512

BLUE, GREEN, ORANGE, PURPLE, GREY = "#3f789e", "#4f7f52", "#a1662f", "#6c5a9c", "#5b6470"


def base_model(sheet: Sheet) -> Placed:
    """The stock checkpoint loader with SD 1.5."""
    return sheet.add(
        "CheckpointLoaderSimple", "Stable Diffusion 1.5", models=[CHECKPOINT], ckpt_name=CHECKPOINT["name"]
    )


def pictures(sheet: Sheet, folder: str) -> Output:
    """The captioned dataset of a folder, with what was found beside it in words and pictures."""
    return captioned(sheet, sheet.add("DatasetLoader", height=200, folder=folder))


def captioned(sheet: Sheet, dataset: Placed) -> Output:
    """A dataset with its missing captions, with what was found beside it in words and pictures."""
    complete = sheet.add("BlipCaptioner", height=220, grows=True, dataset=dataset["dataset"], model=CAPTIONS)
    sheet.column(460)
    sheet.add("PreviewImage", "Pictures and captions", height=600, grows=True, images=complete["overview"])
    sheet.add("PreviewAny", "What was found", height=300, source=dataset["report"])
    return complete["dataset"]


def trainer(sheet: Sheet, base: Placed, dataset: Output, **widgets: Any) -> Placed:
    """LoRATrainer at its defaults, the paper's recipe, but for `widgets`."""
    sockets = {"model": base["MODEL"], "clip": base["CLIP"], "vae": base["VAE"], "dataset": dataset}
    return sheet.add("LoRATrainer", height=1130, grows=True, **sockets, **widgets)


def stopping_point(sheet: Sheet, run: Output, prefix: str, **sockets: Output) -> Placed:
    """The curves, the picked epoch, the figure as a file and the reason in words."""
    sheet.column(520)
    plot = sheet.add("ValidationLossPlot", height=460, run=run)
    picked = sheet.add("CheckpointPicker", height=610, grows=True, run=run, **sockets)
    sheet.column(460)
    sheet.add("SaveImage", "Save the figure", height=460, images=plot["plot"], filename_prefix=prefix)
    sheet.add("PreviewAny", "Why this epoch", height=200, grows=True, source=picked["reason"])
    return picked


def with_and_without(
    sheet: Sheet,
    base: Placed,
    picked: Placed,
    prompt: str,
    size: dict[str, int] | None = None,
    prefix: str = "lora_atelier/",
    **sampling: Any,
) -> None:
    """The group in which one prompt and seed are sampled with the picked LoRA and without it.

    `sampling` are widgets of the KSampler that differ from SAMPLING.
    """
    sheet.group("4  See the style", PURPLE)
    sheet.column(340)
    text = sheet.add("PrimitiveStringMultiline", "Prompt", height=120, grows=True, value=prompt)["STRING"]
    styled = encode(sheet, picked["CLIP"], text, "with the style")
    latent = sheet.add("EmptyLatentImage", height=120, widgets=size)["LATENT"]
    plain = encode(sheet, base["CLIP"], text, "without it")
    sheet.column(340)
    images = []
    for model, prompts, which in ((picked, styled, "with the style"), (base, plain, "without it")):
        sampled = sample(sheet, model["MODEL"], prompts, latent, f"Sample {which}", grows=True, **sampling)
        images.append(sheet.add("VAEDecode", height=60, samples=sampled, vae=base["VAE"])["IMAGE"])
    sheet.column(520)
    save(sheet, images[0], "With the style", f"{prefix}with_style")
    save(sheet, images[1], "Without it: same prompt, same seed", f"{prefix}without_style")


def encode(sheet: Sheet, clip: Output, prompt: Output, which: str) -> tuple[Output, Output]:
    """Positive and negative CONDITIONING of a prompt."""
    positive = sheet.add("CLIPTextEncode", f"Prompt, {which}", height=130, clip=clip, text=prompt)
    negative = sheet.add("CLIPTextEncode", f"Negative prompt, {which}", height=130, clip=clip)
    return positive["CONDITIONING"], negative["CONDITIONING"]


def sample(
    sheet: Sheet, model: Output, prompts: tuple[Output, Output], latent: Output, title: str | None = None, **more: Any
) -> Output:
    """The stock KSampler; its LATENT."""
    positive, negative = prompts
    sockets = {"model": model, "positive": positive, "negative": negative, "latent_image": latent}
    return sheet.add("KSampler", title, **sockets, **SAMPLING | more)["LATENT"]


def save(sheet: Sheet, image: Output, title: str, prefix: str) -> None:
    """The stock SaveImage."""
    sheet.add("SaveImage", title, height=400, grows=True, images=image, filename_prefix=prefix)


def building(sheet: Sheet) -> tuple[Output, Output]:
    """The photograph at the size that SD 1.5 was made for, and the soft mask."""
    loaded = sheet.add("LoadImage", "Photograph", height=380, grows=True, image="theatre.png")
    photo = sheet.add(
        "ImageScaleToTotalPixels",
        "Size for SD 1.5",
        image=loaded["IMAGE"],
        upscale_method="lanczos",
        megapixels=MEGAPIXELS,
    )
    mask = sheet.add("LoadImageMask", "Soft mask", height=380, grows=True, image="theatre_mask.png", channel="red")
    return photo["IMAGE"], mask["MASK"]


def lines_and_depth(sheet: Sheet, photo: Output) -> dict[str, Output]:
    """Control pictures and ControlNets, by the inputs of StyledControlNetApply."""
    lineart = sheet.add("LineartMap", image=photo)
    sheet.add("PreviewImage", "Lines", height=220, grows=True, images=lineart["lineart"])
    depth = sheet.add("DepthMap", image=photo, model=DEPTH_MODEL)
    sheet.add("PreviewImage", "Depth", height=220, grows=True, images=depth["depth"])
    lineart_net = sheet.add(
        "ControlNetLoader", "ControlNet Lineart", models=[LINEART], control_net_name=LINEART["name"]
    )
    depth_net = sheet.add("ControlNetLoader", "ControlNet Depth", models=[DEPTH], control_net_name=DEPTH["name"])
    return {
        "lineart_control_net": lineart_net["CONTROL_NET"],
        "lineart": lineart["lineart"],
        "depth_control_net": depth_net["CONTROL_NET"],
        "depth": depth["depth"],
    }


def restyle(
    sheet: Sheet, base: Placed, photo: Output, mask: Output, controls: dict[str, Output], lora: Output
) -> Output:
    """StyledControlNetApply, KSampler and VAEDecode; the restyled IMAGE."""
    sheet.column(400)
    sockets = {"model": base["MODEL"], "clip": base["CLIP"], "vae": base["VAE"], "photo": photo, **controls}
    applied = sheet.add("StyledControlNetApply", height=600, soft_mask=mask, lora=lora, **sockets)
    sheet.note(
        "If it is not right yet",
        "- **Too little style**: raise *lora_strength*, or pick a later epoch.\n"
        "- **Too far from the building**: raise *lineart_strength* and *depth_strength*.\n"
        "- **Too close to it**: lower them.\n"
        "- **Good, but not this one**: another *seed* in KSampler.",
        200,
        grows=True,
    )
    sheet.column(340)
    prompts = applied["positive"], applied["negative"]
    latent = sample(sheet, applied["MODEL"], prompts, applied["latent"])
    return sheet.add("VAEDecode", height=60, samples=latent, vae=base["VAE"])["IMAGE"]
