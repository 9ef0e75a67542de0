"""Node ValidationLossPlot: the training and validation curves with the point to stop at."""

from __future__ import annotations

from comfy_api.latest import io

from ..lora_core.lettering import notice
from ..lora_core.record.canvas import to_array
from ..lora_core.record.figure import draw
from ..lora_core.record.reader import read_view
from ..lora_core.requirements import MATPLOTLIB
from .host.images import from_arrays, from_pil
from .host.inputs import checked
from .host.sockets import CATEGORY, TrainingRun, TrainingRunSocket, advanced, chart, schema


class ValidationLossPlot(io.ComfyNode):
    """Draws the paper's Figure 2 for a run."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="ValidationLossPlot",
            display_name="Validation Loss Plot",
            category=CATEGORY,
            description="Draws training and validation loss over the epochs, the region G in which to look for the "
            "stopping point, the overfitting region O and the picked point p; the chart in the node is live while "
            "training runs.",
            search_aliases=["loss graph", "learning curve"],
            is_output_node=True,
            not_idempotent=True,
            inputs=[
                TrainingRunSocket.Input("run", tooltip="The run to draw, of LoRA Trainer or Training Run Loader."),
                io.Int.Input(
                    "width",
                    default=1600,
                    min=480,
                    max=4096,
                    step=8,
                    tooltip="Width of the figure in pixels. More gives the epochs room, for print.",
                ),
                io.Int.Input(
                    "height",
                    default=900,
                    min=320,
                    max=4096,
                    step=8,
                    tooltip="Height of the figure in pixels. More makes small differences of the loss visible.",
                ),
                advanced(
                    io.Boolean.Input,
                    "dark",
                    default=False,
                    tooltip="On: light lines on a dark background, for slides. Off: dark on white, for print.",
                ),
            ],
            outputs=[
                io.Image.Output("plot", display_name="plot", tooltip="The figure, ready for Save Image."),
                io.String.Output("summary", display_name="summary", tooltip="What the curves say, in words."),
            ],
        )

    @classmethod
    @checked
    def execute(cls, run: TrainingRun, width: int, height: int, dark: bool) -> io.NodeOutput:
        view = read_view(run.folder)
        summary = view.summary
        problem = MATPLOTLIB.problem()
        if problem:  # curves and pick are there: only the picture is missing
            picture, summary = from_pil(notice(problem, width, height)), f"{summary}\n{problem}"
        else:
            picture = from_arrays([to_array(draw(view, width=width, height=height, dark=dark))])
        return io.NodeOutput(picture, summary, ui=chart(view))
