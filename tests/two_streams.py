"""How `dev.py test` shares the tests among its processes: those that need ComfyUI stay together.

They share a server and a browser, which takes half a minute to start and too much memory to have twice. All others,
those with a server of their own among them, are handed out by file, because a file's tests share fixtures.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

SERVED = ("browser/", "comfyui/")


class TwoStreams(LoadScopeScheduling):
    """Hands the tests out in the order they were collected in, which begins with the served ones."""

    def _split_scope(self, nodeid: str) -> str:
        return stream_of(nodeid)


def stream_of(nodeid: str) -> str:
    """The name that tests of the same process have in common."""
    return "served" if nodeid.startswith(SERVED) else nodeid.split("::")[0]
