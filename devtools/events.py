"""The websocket of a ComfyUI server, listened to in a thread."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .console import Failure


class Events:
    """The websocket messages of a server, collected in a thread: (type, data) in the order of arrival."""

    def __init__(self) -> None:
        self._messages: list[tuple[str, dict[str, Any]]] = []
        self._arrived = threading.Condition()
        self.connected = threading.Event()

    def add(self, kind: str, data: dict[str, Any]) -> None:
        """A message has arrived."""
        with self._arrived:
            self._messages.append((kind, data))
            self._arrived.notify_all()

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The data of every message of one type so far."""
        with self._arrived:
            return [data for name, data in self._messages if name == kind]

    def after(self, count: int, timeout: float = 1.0) -> list[tuple[str, dict[str, Any]]]:
        """What came after the first `count` messages; waits up to `timeout` seconds for something to arrive."""
        with self._arrived:
            if len(self._messages) <= count:
                self._arrived.wait(timeout)
            return self._messages[count:]

    def wait_for(self, kind: str, timeout: float = 60.0, count: int = 1) -> list[dict[str, Any]]:
        """Wait until `count` messages of a type have come. Raises TimeoutError."""
        end = time.monotonic() + timeout
        with self._arrived:
            while sum(name == kind for name, _ in self._messages) < count:
                left = end - time.monotonic()
                if left <= 0:
                    raise TimeoutError(f"no {kind} (x{count}) within {timeout:.0f} s")
                self._arrived.wait(left)
        return self.of(kind)


@contextmanager
def listen(url: str) -> Iterator[Events]:
    """Collect the messages of the websocket at `url`. Raises Failure if it does not answer."""
    gathered = Events()
    loop = asyncio.new_event_loop()
    gathering = loop.create_task(_gather(url, gathered))
    thread = threading.Thread(target=loop.run_until_complete, args=(asyncio.wait([gathering]),), daemon=True)
    thread.start()
    try:
        if not gathered.connected.wait(30):
            raise Failure("ComfyUI's websocket did not answer within 30 s.")
        yield gathered
    finally:
        loop.call_soon_threadsafe(gathering.cancel)
        thread.join(10)
        if not thread.is_alive():
            loop.close()


async def _gather(url: str, gathered: Events) -> None:
    import aiohttp

    async with aiohttp.ClientSession() as session, session.ws_connect(url, max_msg_size=0) as socket:
        gathered.connected.set()
        async for message in socket:
            if message.type == aiohttp.WSMsgType.TEXT:  # and not a picture
                told = json.loads(message.data)
                gathered.add(told["type"], told.get("data") or {})
