"""Node DialSteps: the settings along the dial, one after another, for the stock nodes to run through."""

from __future__ import annotations

from dataclasses import astuple

from comfy_api.latest import io

from ..lora_core.restyle.dial_path import even_steps, settings_at
from .building_dial import settings_outputs
from .host.inputs import checked
from .host.seeds import counted_up, seed_input
from .host.sockets import CATEGORY, DialStepsSocket, schema


class DialSteps(io.ComfyNode):
    """Lists the settings of a calibration; ComfyUI runs every node behind it once for each picture."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="DialSteps",
            display_name="Dial Steps",
            category=CATEGORY,
            description="Lists settings from a free style to a held building. The nodes behind it make a picture of "
            "each, as if each had been queued by itself; Dial Calibration measures the dial by them.",
            search_aliases=["calibrate", "dial", "structure"],
            inputs=[
                io.Int.Input(
                    "steps",
                    default=7,
                    min=2,
                    max=50,
                    tooltip="How many settings from free to held, evenly: more make a finer curve and take longer.",
                ),
                io.Int.Input(
                    "seeds",
                    default=3,
                    min=1,
                    max=100,
                    tooltip="Pictures of each, with seeds counted up: more make the curve surer and take longer.",
                ),
                seed_input("The first of them. Another one draws other pictures and gives a slightly other curve."),
            ],
            outputs=[
                *settings_outputs(is_output_list=True),
                io.Int.Output("step_seed", display_name="seed", is_output_list=True, tooltip="For KSampler."),
                DialStepsSocket.Output(
                    "dial_steps", display_name="steps", tooltip="Which picture is which, for Dial Calibration."
                ),
            ],
        )

    @classmethod
    @checked
    def execute(cls, steps: int, seeds: int, seed: int) -> io.NodeOutput:
        plan = even_steps(steps, seeds)
        settings = [astuple(settings_at(hold)) for hold in plan.holds]
        counted = counted_up(seed, seeds) * steps
        return io.NodeOutput(*(list(values) for values in zip(*settings, strict=True)), counted, plan)
