"""What the engine asks pip before each command, answered from what pip has said once.

The language host asks for the list of packages, to find the plugins that they need. That takes half
a second each time, and is the same list in all tests of a run.
"""

import subprocess
import sys
from pathlib import Path

from tests.support.shared_folder import made_once

QUESTION = ["list", "-v", "--format", "json"]
PROGRAM = f"""\
import sys
from pathlib import Path

if sys.argv[1:] != {QUESTION}:
    sys.exit(f"this pip only lists packages, and was asked for {{sys.argv[1:]}}")
print(Path(__file__).with_name("list.json").read_text())
"""


def quick_pip() -> list[str]:
    """Return the folders to put on PYTHONPATH."""
    return [str(made_once("quick-pip", _ask))]


def _ask(folder: Path) -> None:
    package = folder / "pip"
    package.mkdir()
    asked = [sys.executable, "-m", "pip", *QUESTION]
    said = subprocess.run(asked, capture_output=True, text=True, check=True)
    (package / "list.json").write_text(said.stdout)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(PROGRAM)
