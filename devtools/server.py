"""A real ComfyUI server as an object: start it, give it a graph, wait for the result, stop it.

Runs in the environment; standard library only, except for the websocket in events.py.
"""

from __future__ import annotations

import atexit
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from . import child
from .comfyui import NO_TRACES, Checkout, chosen_front_end
from .console import Failure, say
from .events import Events, listen
from .outcome import NodeError, Outcome, PromptFailed, PromptRejected, outcome_of, validation_errors

__all__ = ["ComfyServer", "Events", "Graph", "NodeError", "Outcome", "PromptFailed", "PromptRejected"]

Graph = Mapping[str, Mapping[str, Any]]


class ComfyServer:
    """One ComfyUI process on 127.0.0.1.

    Args:
        checkout: which ComfyUI.
        home: its base directory (devtools.home.make_home).
        log: where its output goes.
        port: a fixed port; by default a free one is used.
        offline: forbid the Hugging Face libraries to use the network, as in every test.
        extra: more arguments for main.py.
    """

    def __init__(
        self,
        checkout: Checkout,
        home: Path,
        *,
        log: Path | None = None,
        port: int | None = None,
        offline: bool = False,
        extra: Sequence[str] = (),
    ):
        self.checkout = checkout
        self.home = home
        self.log = log or home / "comfyui.log"
        self.port = port or _free_port()
        self.offline = offline
        self.extra = tuple(extra)
        self.client_id = uuid.uuid4().hex
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        """Whether the process is running."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process id. Raises RuntimeError before the start."""
        if self._process is None:
            raise RuntimeError("the server has not been started")
        return self._process.pid

    # Life

    def start(self, deadline: float = 600.0) -> ComfyServer:
        """Start ComfyUI and wait until it answers. Raises Failure with the end of its log if it does not."""
        command = child.command(sys.executable, ["main.py", *server_arguments(self.home, self.port), *self.extra])
        environment = dict(os.environ, PYTHONUNBUFFERED="1", PYTHONUTF8="1")
        if self.offline:
            environment.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as out:
            # A session of its own: Ctrl+C reaches only this process, which then stops the server in an orderly way.
            self._process = subprocess.Popen(
                command,
                cwd=self.checkout.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        atexit.register(self.stop)
        begun = time.monotonic()
        while not self._answers():
            if not self.running:
                raise Failure(f"ComfyUI stopped while starting:\n{self.log_tail()}")
            if time.monotonic() - begun > deadline:
                self.stop()
                raise Failure(f"ComfyUI did not answer within {deadline:.0f} s:\n{self.log_tail()}")
            time.sleep(0.2)
        return self

    def stop(self) -> None:
        """Ask ComfyUI to end, and kill it if it does not within ten seconds."""
        atexit.unregister(self.stop)
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)

    def kill(self) -> None:
        """Kill it without warning, as a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    def __enter__(self) -> ComfyServer:
        return self if self.running else self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def log_text(self) -> str:
        """Everything that ComfyUI has printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def log_tail(self, lines: int = 40) -> str:
        """The last lines of it, and where the rest is."""
        return "\n".join(self.log_text().splitlines()[-lines:]) + f"\n(log: {self.log})"

    def _answers(self) -> bool:
        try:
            self.get_json("/system_stats", timeout=5)
        except (OSError, ValueError):
            return False
        return True

    # Plain requests

    def get(self, path: str, timeout: float = 60.0) -> bytes:
        """The body of a GET. Raises urllib.error.HTTPError for any status other than 2xx."""
        with urllib.request.urlopen(f"{self.address}{path}", timeout=timeout) as answer:
            body: bytes = answer.read()
        return body

    def get_json(self, path: str, timeout: float = 60.0) -> Any:
        """The JSON of a GET. Raises urllib.error.HTTPError for any status other than 2xx."""
        return json.loads(self.get(path, timeout))

    def post_json(self, path: str, body: Any, timeout: float = 60.0) -> Any:
        """POST JSON; the answer's JSON, {} if it has none. Raises urllib.error.HTTPError."""
        request = urllib.request.Request(
            f"{self.address}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            text = answer.read()
        return json.loads(text) if text.strip() else {}

    def serve(self) -> int:
        """Copy the log to the screen until ComfyUI ends or Ctrl+C is pressed; an exit code."""
        try:
            shown = len(self.log_text())
            while self.running:
                text = self.log_text()
                sys.stdout.write(text[shown:])
                sys.stdout.flush()
                shown = len(text)
                time.sleep(0.5)
            say("ComfyUI has ended.")
            return 1
        except KeyboardInterrupt:
            say("\nStopping ComfyUI.")
            return 0
        finally:
            self.stop()

    # Graphs

    def object_info(self, node: str | None = None) -> dict[str, Any]:
        """What ComfyUI knows about every node, or about one."""
        info: dict[str, Any] = self.get_json(f"/object_info/{urllib.parse.quote(node)}" if node else "/object_info")
        return info

    def submit(self, graph: Graph) -> str:
        """Queue a graph in API format; its prompt id. Raises PromptRejected if it does not pass validation."""
        try:
            answer = self.post_json("/prompt", {"prompt": graph, "client_id": self.client_id})
        except urllib.error.HTTPError as refused:
            raise PromptRejected(validation_errors(json.loads(refused.read()))) from None
        prompt_id: str = answer["prompt_id"]
        if answer.get("node_errors"):  # ComfyUI runs the rest of a graph if one part of it is wrong
            self.post_json("/queue", {"delete": [prompt_id]})
            self.interrupt()
            raise PromptRejected(validation_errors(answer))
        return prompt_id

    def wait(self, prompt_id: str, timeout: float = 600.0) -> Outcome:
        """Wait until a graph has ended, in success or not. Raises TimeoutError, or Failure if ComfyUI itself ended."""
        end = time.monotonic() + timeout
        while True:
            outcome = self.outcome(prompt_id)
            if outcome is not None:
                return outcome
            if time.monotonic() > end:
                raise TimeoutError(f"the graph did not end within {timeout:.0f} s:\n{self.log_tail()}")
            time.sleep(0.1)

    def run(self, graph: Graph, timeout: float = 600.0) -> Outcome:
        """Submit and wait. Raises PromptRejected, or PromptFailed if it does not end in success."""
        outcome = self.wait(self.submit(graph), timeout)
        if outcome.status != "success":
            raise PromptFailed(outcome)
        return outcome

    def interrupt(self) -> None:
        """Press Cancel."""
        self.post_json("/interrupt", {})

    def free(self) -> None:
        """Drop cached results and unload models before the next graph runs."""
        self.post_json("/free", {"unload_models": True, "free_memory": True})

    def outcome(self, prompt_id: str) -> Outcome | None:
        """How a graph ended, None while it waits or runs. Raises Failure if ComfyUI itself ended."""
        try:
            entry = self.get_json(f"/history/{prompt_id}").get(prompt_id)
        except OSError:
            if not self.running:
                raise Failure(f"ComfyUI ended while the graph ran:\n{self.log_tail()}") from None
            return None
        return outcome_of(prompt_id, entry) if entry and entry.get("status") else None

    def events(self) -> AbstractContextManager[Events]:
        """Listen to the websocket as the client that submits this server's graphs."""
        return listen(f"{self.address.replace('http', 'ws')}/ws?clientId={self.client_id}")


def server_arguments(home: Path, port: int) -> list[str]:
    """Arguments of main.py for a server of our own: no browser, no paid nodes, no database on the disk.

    Raises Failure if FRONTEND_DIR names no front end.
    """
    arguments = ["--base-directory", str(home), "--listen", "127.0.0.1", "--port", str(port)]
    arguments += ["--disable-auto-launch", *NO_TRACES]
    front_end = chosen_front_end()
    if front_end is not None:
        arguments += ["--front-end-root", str(front_end)]
    return arguments if _has_gpu() else [*arguments, "--cpu"]


def _has_gpu() -> bool:
    if os.environ.get("ATELIER_CPU"):
        return False
    import torch

    return torch.cuda.is_available() or torch.backends.mps.is_available()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
