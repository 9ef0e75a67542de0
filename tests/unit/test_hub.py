"""Downloading a model's files from a small HTTP server that answers as Hugging Face does, and from nowhere."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import threading
import time
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lora_core.errors import AtelierError
from lora_core.vision.hub import download

REPOSITORY = "Salesforce/tiny-blip"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {
    "config.json": b'{"model_type": "blip"}',
    "preprocessor_config.json": b"{}",
    "vocab.txt": b"a\nbuilding\n",
    "model.safetensors": bytes(range(256)) * 400,
    "pytorch_model.bin": b"the same weights once more",
    "README.md": b"a model card",
    "onnx/model.safetensors": b"another format",
}


class Hub:
    """The parts of the hub that a download asks for."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.served: list[str] = []
        self.broken: set[str] = set()
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self) -> None:
                self.do_GET()

            def do_GET(self) -> None:
                path = urllib.parse.unquote(self.path.split("?")[0])
                name = re.sub(rf"^/{REPOSITORY}/resolve/[^/]+/", "", path)
                if path.startswith(f"/api/models/{REPOSITORY}"):
                    self._answer(json.dumps(hub.listing(path)).encode(), {"Content-Type": "application/json"})
                elif name in hub.broken and self.command == "GET":
                    self.send_error(500)
                elif name in hub.files and name != path:
                    digest = hashlib.sha256(hub.files[name]).hexdigest()
                    self._answer(hub.files[name], {"ETag": f'"{digest}"', "X-Repo-Commit": COMMIT})
                    if self.command == "GET":
                        hub.served.append(name)
                else:
                    self._answer(b"{}", {"X-Error-Code": "RepoNotFound"}, 404)

            def _answer(self, body: bytes, headers: dict[str, str], status: int = 200) -> None:
                self.send_response(status)
                for key, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(key, value)
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def listing(self, path: str) -> object:
        if "/tree/" in path:
            return [
                {"type": "file", "path": name, "size": len(data), "oid": COMMIT} for name, data in self.files.items()
            ]
        return {
            "id": REPOSITORY,
            "modelId": REPOSITORY,
            "sha": COMMIT,
            "siblings": [{"rfilename": n} for n in self.files],
        }

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    server = Hub(dict(FILES))
    yield server
    server.close()


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_what_is_needed_is_fetched_and_nothing_else(hub: Hub, tmp_path: Path) -> None:
    folder = tmp_path / "мої models" / "blip" / "tiny"
    assert download(REPOSITORY, folder, endpoint=hub.url) == folder
    assert names(folder) == ["config.json", "model.safetensors", "preprocessor_config.json", "vocab.txt"]
    assert all((folder / name).read_bytes() == FILES[name] for name in names(folder))
    assert [entry.name for entry in folder.parent.iterdir() if entry.name != ".incomplete"] == ["tiny"]
    assert names(folder.parent / ".incomplete") == []


def test_without_safetensors_pytorch_weights_are_fetched(hub: Hub, tmp_path: Path) -> None:
    del hub.files["model.safetensors"]
    download(REPOSITORY, tmp_path / "tiny", endpoint=hub.url)
    assert names(tmp_path / "tiny") == ["config.json", "preprocessor_config.json", "pytorch_model.bin", "vocab.txt"]


def test_a_download_that_broke_off_is_no_model_and_is_continued(hub: Hub, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    hub.broken.add("model.safetensors")
    with pytest.raises(AtelierError, match=f"Cannot download {REPOSITORY}"):
        download(REPOSITORY, folder, endpoint=hub.url)
    assert not folder.exists()
    before = list(hub.served)
    hub.broken.clear()
    download(REPOSITORY, folder, endpoint=hub.url)
    assert len(names(folder)) == 4
    assert set(hub.served[len(before) :]) == {"model.safetensors"} | (set(names(folder)) - set(before))


def told(folder: Path, endpoint: str, repository: str = REPOSITORY) -> str:
    with pytest.raises(AtelierError) as caught:
        download(repository, folder, endpoint=endpoint)
    text = str(caught.value)
    assert text.startswith(f"Cannot download {repository}: ")
    for advice in (f"{endpoint}/{repository}", "config.json", ".safetensors", str(folder)):
        assert advice in text
    assert not folder.exists()
    return text


def test_no_connection(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)  # the hub's client waits longer and longer, 23 s in all
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told(tmp_path / "tiny", f"http://127.0.0.1:{port}")


def test_no_such_model(hub: Hub, tmp_path: Path) -> None:
    assert "nobody/nothing" in told(tmp_path / "tiny", hub.url, "nobody/nothing")


def test_a_folder_that_cannot_be_written(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where a folder should be", encoding="utf-8")
    with pytest.raises(AtelierError, match="Cannot download"):
        download(REPOSITORY, tmp_path / "models" / "tiny", endpoint=hub.url)
