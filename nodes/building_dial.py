"""Node BuildingDial: one number from "free the style" to "keep the building"."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

from comfy_api.latest import io

from ..lora_core.errors import ConfigError, RunError
from ..lora_core.restyle.calibration import Calibration
from ..lora_core.restyle.dial_path import Settings, settings_at
from .host import dials
from .host.dial_plot import dial_plot
from .host.following import number
from .host.inputs import checked
from .host.sockets import CATEGORY, remarks, schema


class BuildingDial(io.ComfyNode):
    """Turns one number into both ControlNets' strengths and ends and KSampler's denoise."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="BuildingDial",
            display_name="Building Dial",
            category=CATEGORY,
            description="One dial from a free style to a kept building. It moves both ControlNets and the denoising "
            "together, along a curve that was measured: equal steps are equal steps of line agreement.",
            search_aliases=["structure", "fidelity", "keep the building", "free the style", "control strength"],
            has_intermediate_output=True,
            inputs=[
                io.Float.Input(
                    "keep",
                    default=0.7,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    display_mode=io.NumberDisplay.slider,
                    tooltip="0: the style is free. 1: the building is kept. Raise it if walls and windows move; "
                    "lower it if the style hardly shows.",
                ),
                io.Combo.Input(
                    "calibration",
                    options=dials.choices(),
                    tooltip="What the dial was measured with: your own file from Dial Calibration, or the pocket "
                    "model's. Uncalibrated, it turns the settings evenly. Press R to refresh the list.",
                ),
            ],
            outputs=[*settings_outputs(), *_shown()],
        )

    @classmethod
    @checked
    def execute(cls, keep: float, calibration: str) -> io.NodeOutput:
        measured = dials.read(calibration)
        settings = settings_at(keep if measured is None else measured.curve().hold(keep))
        report = _report(keep, settings, measured)
        return io.NodeOutput(*astuple(settings), dial_plot(measured, keep), report, ui=remarks(report))

    @classmethod
    def validate_inputs(cls, calibration: object) -> bool | str:
        """Refuses what can be no choice before anything runs; whether its file exists is checked later."""
        try:
            if calibration is not None:  # else it comes from another node
                dials.check_choice(calibration)
        except (ConfigError, RunError) as error:
            return str(error)
        return True

    @classmethod
    def fingerprint_inputs(cls, **inputs: Any) -> int:
        """Changes when the calibration's file does."""
        return number(cls, inputs)


def settings_outputs(is_output_list: bool = False) -> list[io.Output]:
    """Outputs for `Settings`, in their order."""
    control = "{} of Styled ControlNet Apply."
    tooltips = {name: control.format(name) for name in Settings.__dataclass_fields__} | {"denoise": "For KSampler."}
    return [
        io.Float.Output(f"dial_{name}", display_name=name, is_output_list=is_output_list, tooltip=tooltip)
        for name, tooltip in tooltips.items()
    ]


def _shown() -> list[io.Output]:
    return [
        io.Image.Output("plot", display_name="plot", tooltip="The measured curve, and where the dial stands."),
        io.String.Output("report", display_name="report", tooltip="What to expect, and the settings, in words."),
    ]


def _report(keep: float, settings: Settings, measured: Calibration | None) -> str:
    s = settings
    said = (
        f"Lineart {s.lineart_strength:g} until {s.lineart_end:.0%}, depth {s.depth_strength:g} until "
        f"{s.depth_end:.0%}, denoise {s.denoise:g}."
    )
    if measured is None:
        return f"{said} Not calibrated: what that keeps is not known for your model. Dial Calibration measures it."
    curve = measured.curve()
    return (
        f"{curve.promised(keep):.0%} of the lines should agree (edge F1; {curve.lines[0]:.0%} free, "
        f"{curve.lines[-1]:.0%} held). {said}"
    )
