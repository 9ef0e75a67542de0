"""What ComfyUI asks the pack for: its nodes. Folders and routes are registered on import, for older versions of it."""

from __future__ import annotations

import logging
from functools import partial

from comfy_api.latest import ComfyExtension, io

from ..lora_core.requirements import problems
from .blip_captioner import BlipCaptioner
from .building_dial import BuildingDial
from .checkpoint_picker import CheckpointPicker
from .dataset_loader import DatasetLoader
from .depth_map import DepthMap
from .dial_calibration import DialCalibration
from .dial_steps import DialSteps
from .drawn_building import DrawnBuilding
from .drawn_dataset import DrawnDataset
from .host import folders, log_lines, queued, refusal, routes, taken_ids
from .lineart_map import LineartMap
from .lora_trainer import LoRATrainer
from .pocket_control_net_loader import PocketControlNetLoader
from .pocket_lora_loader import PocketLoRALoader
from .pocket_model_loader import PocketModelLoader
from .restyle_passport import RestylePassport
from .second_opinion import SecondOpinion
from .sheet_cells import SheetCells
from .strength_curve import StrengthCurve
from .style_sheet import StyleSheet
from .styled_controlnet_apply import StyledControlNetApply
from .train_on_all_pictures import TrainOnAllPictures
from .training_run_loader import TrainingRunLoader
from .validation_loss_plot import ValidationLossPlot

NODES: list[type[io.ComfyNode]] = [
    PocketModelLoader,
    PocketControlNetLoader,
    PocketLoRALoader,
    DatasetLoader,
    DrawnDataset,
    BlipCaptioner,
    LoRATrainer,
    TrainingRunLoader,
    ValidationLossPlot,
    CheckpointPicker,
    StrengthCurve,
    TrainOnAllPictures,
    SecondOpinion,
    LineartMap,
    DepthMap,
    StyledControlNetApply,
    RestylePassport,
    DrawnBuilding,
    SheetCells,
    StyleSheet,
    BuildingDial,
    DialSteps,
    DialCalibration,
]

_log = logging.getLogger(__name__)


def _report_problems() -> None:
    """Writes to ComfyUI's log which packages cannot be used, before a node needs them."""
    for problem in problems():
        _log.warning("LoRA Atelier: %s", problem)


folders.register_folders()
routes.register()
routes.before_serving(lambda: taken_ids.register_again(NODES))
routes.before_queueing(taken_ids.with_known_ids)
routes.before_queueing(partial(refusal.refuse_whole, NODES))
routes.after_queueing(partial(queued.told_to_page, NODES))
log_lines.shorten()
routes.when_started(_report_problems)


class LoraAtelier(ComfyExtension):
    """The pack, as ComfyUI sees it."""

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        taken_ids.tell_replaced(NODES)
        return NODES


async def comfy_entrypoint() -> LoraAtelier:
    return LoraAtelier()
