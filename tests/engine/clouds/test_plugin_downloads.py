"""In the shell of `make env`, this repository's stacks get the plugins that they use."""

import io
import re
import shutil
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dev.cloud.plugins import install_plugins
from tests.components.programs import JWK_TEXT
from tests.support.servers import PROJECT
from tests.support.stacks import Stack

pytestmark = pytest.mark.engine

PROGRAM = ("Pulumi.yaml", "__main__.py", "stack_config.py", "stack_identities.py", "stack_keys.py")
KEYS = {
    "dev": ["jwks"],
    "staging": ["jwks", "gcpJwks"],
    "prod": ["jwks", "gcpJwks", "azureJwks"],
}
CLUSTER = "clusterUrl=postgresql://ops@db.example.com/defaultdb"


@dataclass
class Downloads:
    """A server on loopback with the stand-ins for the plugins, and what it was asked for."""

    url: str
    asked: list[str] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, folder: Path, downloads: Downloads, *about: object) -> None:
        self._folder = folder
        self._downloads = downloads
        super().__init__(*about)  # type: ignore[arg-type] # what the server gives every handler

    def do_GET(self) -> None:
        (name,) = re.findall(r"pulumi-resource-(.+)-v[\d.]+-\w+-\w+\.tar\.gz$", self.path)
        self._downloads.asked.append(name)
        content = packed(name, self._folder)
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def packed(name: str, folder: Path) -> bytes:
    """Return the archive that is downloaded for a plugin: it holds a stand-in."""
    install_plugins(folder / f"home of {name}", folder / "clouds", [name])
    (plugin,) = (folder / f"home of {name}").rglob(f"pulumi-resource-{name}")
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        tar.add(plugin, plugin.name)
    return archive.getvalue()


@contextmanager
def plugin_server(folder: Path) -> Iterator[Downloads]:
    downloads = Downloads("")
    handler = partial(_Handler, folder, downloads)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        downloads.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield downloads
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def downloads(tmp_path: Path) -> Iterator[Downloads]:
    with plugin_server(tmp_path) as running:
        yield running


@pytest.fixture
def stack(tmp_path: Path, downloads: Downloads) -> Stack:
    """This repository's own program, in a shell of `make env`; downloads come from loopback."""
    made = Stack(tmp_path / "project")
    for file in PROGRAM:
        shutil.copy(PROJECT / file, made.folder)
    (made.folder / ".venv").symlink_to(PROJECT / ".venv")
    del made.environment["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"]
    made.environment |= {
        "PULUMI_PLUGIN_DOWNLOAD_URL_OVERRIDES": f".*={downloads.url}",
        "HTTPS_PROXY": downloads.url,  # downloads from anywhere else get no answer
        "NO_PROXY": "127.0.0.1",
    }
    return made


def preview(stack: Stack, name: str) -> str:
    """Return what a first preview of one of the repository's stacks shows."""
    stack.name = name
    shutil.copy(PROJECT / f"Pulumi.{name}.yaml", stack.folder)
    given = [word for key in KEYS[name] for word in ("--plaintext", f"{key}={JWK_TEXT}")]
    assert stack.pulumi("stack", "init", name).code == 0
    set_all = stack.pulumi("config", "set-all", "--secret", CLUSTER, *given, "-s", name)
    assert set_all.code == 0, set_all.text
    return stack.preview()


@pytest.mark.parametrize(
    ("name", "used"),
    [
        pytest.param("dev", [], id="no cloud"),
        pytest.param("staging", ["gcp"], id="Google Cloud"),
        pytest.param("prod", ["azure-native", "azuread", "gcp"], id="both"),
    ],
)
def test_a_stack_gets_the_plugins_that_it_uses_and_no_others(
    stack: Stack, downloads: Downloads, name: str, used: list[str]
) -> None:
    shown = preview(stack, name)

    assert "may log in" in shown
    assert sorted(downloads.asked) == used


def test_without_the_setting_the_engine_gets_the_plugin_of_every_installed_package(
    stack: Stack, downloads: Downloads
) -> None:
    stack.environment["PULUMI_OPTION_SKIP_PLUGIN_PRE_INSTALL"] = "false"

    preview(stack, "dev")

    assert sorted(downloads.asked) == ["azure-native", "azuread", "gcp"]
