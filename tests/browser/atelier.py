"""A page with ComfyUI's front end, and what a user does in it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import ElementHandle, Page

from devtools.page import set_setting, show
from devtools.places import PACK_NAME, dev_dir
from devtools.server import ComfyServer

NODES = (
    "PocketModelLoader",
    "PocketControlNetLoader",
    "PocketLoRALoader",
    "DatasetLoader",
    "DrawnDataset",
    "BlipCaptioner",
    "LoRATrainer",
    "TrainingRunLoader",
    "ValidationLossPlot",
    "CheckpointPicker",
    "LineartMap",
    "DepthMap",
    "StyledControlNetApply",
    "RestylePassport",
    "DrawnBuilding",
    "SheetCells",
    "StyleSheet",
    "StrengthCurve",
    "BuildingDial",
    "DialSteps",
    "DialCalibration",
    "TrainOnAllPictures",
    "SecondOpinion",
)
CHARTS = ("LoRATrainer", "ValidationLossPlot", "CheckpointPicker")
# The renderers, and the names that they write into a workflow.
RENDERERS = {"canvas": "LG", "vue": "Vue"}
TOAST = "[data-testid=toast]"
"""In front ends from 1.58 on; before, a toast has a class of PrimeVue's."""
OURS = f"/extensions/{PACK_NAME}/"
EMPTY = {"version": 0.4, "last_node_id": 0, "last_link_id": 0, "nodes": [], "links": [], "groups": [], "extra": {}}


class Atelier:
    """One page; `problems` is what went wrong in the pack's own scripts and files since it was opened."""

    def __init__(self, page: Page, server: ComfyServer) -> None:
        self.page = page
        self.server = server
        self.problems: list[str] = []
        page.on("console", lambda message: self._heard(message.type, message.text, message.location.get("url", "")))
        page.on("pageerror", lambda error: self._heard("error", f"{error}\n{error.stack}", ""))
        page.on("response", lambda answer: self._answered(answer.status, answer.url))

    def _heard(self, kind: str, text: str, url: str) -> None:
        if kind in ("error", "warning") and OURS in f"{text} {url}" and "404" not in text:
            self.problems.append(f"{kind}: {text} ({url})")

    def _answered(self, status: int, url: str) -> None:
        # ComfyUI first asks for a help page in the user's language; it is no problem if there is none.
        ours = OURS in url or "lora_atelier" in url
        if ours and status >= 400 and "/docs/" not in url:
            self.problems.append(f"{status}: {url}")

    def open(self) -> None:
        """Open ComfyUI, or reload it."""
        show(self.page, self.server)

    def front_end(self) -> tuple[int, ...]:
        """The version of the front end: (1, 32, 9) is that of ComfyUI 0.3.75."""
        version: str = self.page.evaluate("() => window.__COMFYUI_FRONTEND_VERSION__")
        return tuple(map(int, version.split(".")))

    def renderer(self, name: str) -> None:
        """Switch to "canvas" or "vue" (Nodes 2.0)."""
        self.setting("Comfy.VueNodes.Enabled", name == "vue")
        self.page.wait_for_function("vue => LiteGraph.vueNodesMode === vue", arg=name == "vue")

    def setting(self, name: str, value: Any) -> None:
        set_setting(self.page, name, value)

    # Graph

    def load(self, workflow: dict[str, Any] = EMPTY) -> None:
        """Open a workflow in a tab of its own."""
        self.page.evaluate("workflow => app.loadGraphData(workflow)", workflow)

    def tab(self) -> str:
        """The path of the workflow in front, which tells tabs apart."""
        path: str = self.page.evaluate("() => app.extensionManager.workflow.activeWorkflow.path")
        return path

    def bring_to_front(self, path: str) -> None:
        """Turn to the tab of a workflow that is open."""
        self.page.evaluate(
            """async (path) => {
                const { workflow } = app.extensionManager;
                const tab = workflow.openWorkflows.find((each) => each.path === path);
                await app.loadGraphData(tab.activeState, true, true, tab);
            }""",
            path,
        )

    def add(self, kind: str, x: float = 0, y: float = 0, **values: Any) -> int:
        """Put a node into the graph, as the search box does; its id."""
        node: int = self.page.evaluate(
            """([kind, x, y, values]) => {
                const node = LiteGraph.createNode(kind);
                node.pos = [x, y];
                app.graph.add(node);
                for (const [name, value] of Object.entries(values)) {
                    const widget = node.widgets.find((widget) => widget.name === name);
                    widget.value = value;
                    widget.callback?.(value);
                }
                return node.id;
            }""",
            [kind, x, y, values],
        )
        return node

    def connect(self, source: int, output: int, target: int, name: str) -> None:
        self.page.evaluate(
            """([source, output, target, name]) => {
                const to = app.graph.getNodeById(target);
                app.graph.getNodeById(source).connect(output, to, to.findInputSlot(name));
            }""",
            [source, output, target, name],
        )

    def reading(self, run: str) -> tuple[int, int, int]:
        """TrainingRunLoader, ValidationLossPlot and CheckpointPicker, connected; their ids."""
        loader = self.add("TrainingRunLoader", 0, 0, run_name=run)
        plot = self.add("ValidationLossPlot", 360, 0)
        picker = self.add("CheckpointPicker", 920, 0)
        for node in (plot, picker):
            self.connect(loader, 0, node, "run")
        return loader, plot, picker

    def showing(self, run: str) -> tuple[int, int]:
        """ValidationLossPlot and CheckpointPicker whose charts show a run that they were executed with; their ids."""
        _, plot, picker = self.reading(run)
        self.fit()
        self.run()
        self.shows_curve(plot)
        self.shows_curve(picker)
        return plot, picker

    def remembers(self, node: int, run: str) -> None:
        """Let a node show a run as if it had come with a saved workflow."""
        self.page.evaluate(
            """([id, run]) => {
                const node = app.graph.getNodeById(id);
                Object.assign(node.properties, { lora_atelier_shown: run, lora_atelier_runs: [run] });
                node.onConfigure?.(node.serialize());
            }""",
            [node, run],
        )

    def resize(self, node: int, width: float, height: float | None = None) -> None:
        """Make a node as wide, and as high as it needs to be by default."""
        self.page.evaluate(
            """([id, width, height]) => {
                const node = app.graph.getNodeById(id);
                node.setSize([width, height ?? node.computeSize()[1]]);
                document.querySelector(`[data-node-id="${id}"]`)?.style.setProperty("--node-width", `${width}px`);
                app.canvas.setDirty(true, true);
            }""",
            [node, width, height],
        )

    def run(self) -> None:
        """Press Run and wait for the end."""
        self.page.evaluate(
            """async () => {
                const { api } = await import("/scripts/api.js");
                const ended = new Promise((resolve, reject) => {
                    api.addEventListener("execution_success", resolve, { once: true });
                    api.addEventListener("execution_error", (e) => reject(new Error(e.detail.exception_message)));
                });
                await app.queuePrompt(0, 1);
                await ended;
            }"""
        )

    def note_changes(self) -> None:
        """Let ComfyUI take note of what a test has changed, as it does at a click of the mouse.

        From 1.58 on it adds whatever changes in the next 50 ms to the same step.
        """
        self.page.evaluate("() => window.dispatchEvent(new MouseEvent('mouseup'))")
        self.page.wait_for_timeout(100)

    def undo(self) -> None:
        self._hold_with_control("z")

    def redo(self) -> None:
        self._hold_with_control("y")

    def _hold_with_control(self, key: str) -> None:
        """Hold a shortcut down for two frames, as a hand does.

        ComfyUI acts in the frame after the key goes down. If it is released before, ComfyUI first records a step of its
        own wherever the Vue renderer has measured new nodes meanwhile, and an undo takes back only that.
        """
        keyboard = self.page.keyboard
        keyboard.down("Control")
        keyboard.down(key)
        self.page.evaluate("() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))")
        keyboard.up(key)
        keyboard.up("Control")

    def value(self, node: int, widget: str) -> Any:
        return self.page.evaluate(
            "([id, name]) => app.graph.getNodeById(id).widgets.find((widget) => widget.name === name)?.value",
            [node, widget],
        )

    def size(self, node: int) -> tuple[float, float]:
        width, height = self.page.evaluate("id => [...app.graph.getNodeById(id).size]", node)
        return width, height

    # View

    def title_of(self, node: int) -> tuple[float, float]:
        """Where on the screen the title of a node is."""
        x, y = self.page.evaluate(
            """id => {
                const { pos } = app.graph.getNodeById(id);
                const box = app.canvas.canvas.getBoundingClientRect();
                const { scale, offset } = app.canvas.ds;
                return [box.left + (pos[0] + 90 + offset[0]) * scale, box.top + (pos[1] - 14 + offset[1]) * scale];
            }""",
            node,
        )
        return x, y

    def open_help(self, node: int) -> None:
        """Select a node and press the (i) of the toolbox above it."""
        self.page.evaluate("() => { app.canvas.ds.offset[1] += 120; app.canvas.setDirty(true, true); }")
        self.page.mouse.click(*self.title_of(node))
        self.page.locator('[data-testid="info-button"]').click()

    def fit(self, scale: float | None = None) -> None:
        """Bring all nodes into sight, below the menus."""
        self.page.evaluate(
            """(wanted) => {
                const nodes = app.canvas.graph.nodes;
                const [left, top] = [0, 1].map((i) => Math.min(...nodes.map((n) => n.pos[i])));
                const [right, bottom] = [0, 1].map((i) => Math.max(...nodes.map((n) => n.pos[i] + n.size[i])));
                const box = app.canvas.canvas.getBoundingClientRect();
                const [width, height] = [box.width - 120, box.height - 190];
                const { ds } = app.canvas;
                ds.scale = wanted ?? Math.min(width / (right - left), height / (bottom - top), 1);
                ds.offset = [90 / ds.scale - left, 150 / ds.scale - top];
                app.canvas.setDirty(true, true);
            }""",
            scale,
        )
        self.page.wait_for_timeout(300)

    def chart(self, node: int) -> ElementHandle:
        """The chart of a node of the graph that is open."""
        found = self.page.evaluate_handle(
            """id => app.canvas.graph.getNodeById(id).widgets.find((w) => w.name === "lora_atelier_chart").element""",
            node,
        ).as_element()
        assert found is not None
        return found

    def shows_curve(self, node: int) -> ElementHandle:
        """Wait until the chart of a node shows a validation curve that can be seen; the chart."""
        chart = self.chart(node)
        self.until(lambda: len(self.path(chart, ".la-line")) > 20)
        self.until(lambda: chart.is_visible())
        return chart

    def overlaps(self) -> list[str]:
        """The nodes that cover one another as they are drawn, in pairs."""
        pairs: list[str] = self.page.evaluate(
            """() => {
                const box = (node) => {
                    const drawn = document.querySelector(`.lg-node[data-node-id="${node.id}"]`);
                    if (LiteGraph.vueNodesMode && drawn) return drawn.getBoundingClientRect();
                    const [left, top, width, height] = node.getBounding();
                    return { left, top, right: left + width, bottom: top + height };
                };
                const nodes = app.canvas.graph.nodes.map((node) => [node.title, box(node)]);
                return nodes.flatMap(([title, one], index) =>
                    nodes
                        .slice(index + 1)
                        .filter(([, other]) => one.left < other.right - 1 && other.left < one.right - 1)
                        .filter(([, other]) => one.top < other.bottom - 1 && other.top < one.bottom - 1)
                        .map(([other]) => `${title} / ${other}`),
                );
            }"""
        )
        return pairs

    def beside_groups(self) -> list[str]:
        """The nodes that are not wholly in one of the groups, as they are drawn."""
        titles: list[str] = self.page.evaluate(
            """() => app.canvas.graph.nodes
                .filter(({ pos: [x, y], size: [width, height] }) => !app.canvas.graph.groups.some((group) =>
                    group.pos[0] <= x && x + width <= group.pos[0] + group.size[0] &&
                    group.pos[1] <= y && y + height <= group.pos[1] + group.size[1]))
                .map(({ title }) => title)"""
        )
        return titles

    def toasts(self) -> str:
        """What the toasts in sight say."""
        return " ".join(self.page.locator(f"{TOAST}, .p-toast-message").all_text_contents())

    def error_toasts(self) -> int:
        """How many of them tell an error."""
        return self.page.locator(f"{TOAST}[data-toast-kind=error], .p-toast-message-error").count()

    def dismiss_toasts(self) -> None:
        """Those of tests before."""
        self.page.evaluate(
            """() => {
                const { toast } = app.extensionManager;
                (toast.dismissAll ?? toast.removeAll)();
            }"""
        )

    def path(self, chart: ElementHandle, selector: str) -> str:
        found = chart.query_selector(selector)
        return (found.get_attribute("d") or "") if found else ""

    def text(self, chart: ElementHandle, selector: str) -> str:
        found = chart.query_selector(selector)
        return " ".join((found.text_content() or "").split()) if found else ""

    def outside(self, chart: ElementHandle) -> list[str]:
        """The words of a chart that extend beyond its edges."""
        words: list[str] = chart.evaluate(
            """chart => {
                const edges = chart.getBoundingClientRect();
                const within = ({ left, right, bottom }) =>
                    left >= edges.left - 1 && right <= edges.right + 1 && bottom <= edges.bottom + 1;
                return [...chart.querySelectorAll("text, .la-key, .la-run, .la-status-text")]
                    .filter((part) => !within(part.getBoundingClientRect()))
                    .map((part) => part.textContent);
            }"""
        )
        return words

    def place_of(self, chart: ElementHandle, epoch: int) -> tuple[float, float]:
        """Where on the screen an epoch of a chart is, halfway up; taken from two numbers under its axis."""
        x, y = chart.evaluate(
            """(chart, epoch) => {
                const ticks = [...chart.querySelectorAll(".la-tick-x")].map((tick) => {
                    const { left, width } = tick.getBoundingClientRect();
                    return [Number(tick.textContent), left + width / 2];
                });
                const [[first, x0], [last, x1]] = [ticks[0], ticks.at(-1)];
                const { top, height } = chart.querySelector(".la-plot").getBoundingClientRect();
                return [x0 + ((epoch - first) * (x1 - x0)) / (last - first), top + height / 2];
            }""",
            epoch,
        )
        return x, y

    def until(self, good: Callable[[], bool], timeout: float = 30.0) -> None:
        """Wait until a condition holds. Raises AssertionError."""
        end = time.monotonic() + timeout
        while not good():
            assert time.monotonic() < end, f"not within {timeout:.0f} s"
            self.page.wait_for_timeout(50)

    def shot(self, name: str) -> Path:
        """A picture of the page in .dev/screenshots, to look at."""
        path = dev_dir() / "screenshots" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path)
        return path
