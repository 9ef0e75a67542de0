"""Node DialCalibration: measures a dial by the pictures that were made from DialSteps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from comfy_api.latest import io, ui

from ..lora_core.errors import ConfigError, RunError
from ..lora_core.outline import outline
from ..lora_core.restyle.calibration import ENDING, Calibration, calibrate, file_of
from ..lora_core.restyle.dial_path import DialSteps
from ..lora_core.restyle.passport import Passport, from_text
from .host import dials
from .host.dial_plot import dial_plot
from .host.following import number
from .host.inputs import checked
from .host.sockets import CATEGORY, DialStepsSocket, schema


class DialCalibration(io.ComfyNode):
    """Fits the curve and keeps it under a name, for BuildingDial."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="DialCalibration",
            display_name="Dial Calibration",
            category=CATEGORY,
            description="Measures Building Dial with your model, LoRA, ControlNets and photographs: takes the "
            "passports of the pictures made from Dial Steps, and keeps their curve under a name for Building Dial.",
            search_aliases=["calibrate", "dial", "structure"],
            is_input_list=True,  # all pictures together
            is_output_node=True,
            not_idempotent=True,
            inputs=[
                io.String.Input(
                    "passports",
                    force_input=True,
                    tooltip="Of the pictures: passports of Restyle Passport. A picture may be a batch.",
                ),
                DialStepsSocket.Input("steps", tooltip="From the Dial Steps that the pictures were made from."),
                io.String.Input(
                    "name",
                    default="my building",
                    tooltip="What Building Dial calls it. A calibration of the same name is replaced.",
                ),
                io.String.Input(
                    "about",
                    default="",
                    multiline=True,
                    optional=True,
                    tooltip="For yourself: which model, LoRA and photograph. Kept in the file.",
                ),
            ],
            outputs=[
                io.Image.Output("plot", display_name="plot", tooltip="The measured curve."),
                io.String.Output("report", display_name="report", tooltip="The curve in figures."),
            ],
        )

    @classmethod
    @checked
    def execute(
        cls, passports: list[str], steps: list[DialSteps], name: list[str], about: list[str] | None = None
    ) -> io.NodeOutput:
        holds, found = _pictures(steps[0], passports)
        calibration = calibrate(file_of(name[0]).removesuffix(ENDING), (about or [""])[0], holds, found)
        choice = dials.write(name[0], calibration)
        plot = dial_plot(calibration)
        report = _report(choice, calibration)
        return io.NodeOutput(plot, report, ui=ui.PreviewImage(plot, cls=cls))

    @classmethod
    def validate_inputs(cls, name: Sequence[object]) -> bool | str:
        """Refuses a name that can't be a file's before any picture is made."""
        try:
            if name[0] is not None:  # else it comes from another node
                file_of(name[0])
        except RunError as error:
            return str(error)
        return True

    @classmethod
    def fingerprint_inputs(cls, **inputs: Any) -> int:
        """Changes when the file it wrote is changed or deleted."""
        return number(cls, inputs)


def _pictures(steps: DialSteps, texts: list[str]) -> tuple[list[float], list[Passport]]:
    """The hold and the passport of every picture."""
    if len(texts) != len(steps.holds):
        raise ConfigError(
            f"Passports of {len(texts)} pictures arrived for {steps}. Connect Restyle Passport behind the very Dial "
            "Steps that 'steps' comes from."
        )
    pairs = [(hold, each) for hold, text in zip(steps.holds, texts, strict=True) for each in from_text(text)]
    return [hold for hold, _ in pairs], [passport for _, passport in pairs]


def _report(choice: str, calibration: Calibration) -> str:
    curve = calibration.curve()
    lines = [
        f"keep {dial:g}: {curve.promised(dial):.0%} of the lines should agree." for dial in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    error = max(point.lines_error for point in calibration.points)
    lines.append(f"Standard error of what was measured: up to {error:.1%}. More seeds make it less.")
    return outline(f"Kept as {choice}. Press R, and choose it in Building Dial.", lines)
