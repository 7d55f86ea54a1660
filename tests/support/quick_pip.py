"""What the engine asks pip before each command, answered from what pip has said once.

The language host asks for the list of packages, to find the plugins that they need. That takes half
a second each time, and is the same list in all tests of a run. Who answers is
`prefork/client/sitecustomize.py`.
"""

import subprocess
import sys
from pathlib import Path

from tests.support.shared_folder import made_once

SAID = "CRDB_SSO_TEST_PIP_SAID"
QUESTION = ["list", "-v", "--format", "json"]


def quick_pip() -> dict[str, str]:
    """Return the variable by which interpreters that read the client know the answer."""
    return {SAID: str(made_once("quick-pip", _ask) / "list.json")}


def _ask(folder: Path) -> None:
    asked = [sys.executable, "-m", "pip", *QUESTION]
    said = subprocess.run(asked, capture_output=True, text=True, check=True)
    (folder / "list.json").write_text(said.stdout)
