"""A copy of an example's folder, of which the README is followed."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.docs.pages import code_blocks

INSTALLATION = ("python3 -m venv", "pip install")
"""How lines of an example begin that are not run here: the package lies on PYTHONPATH instead."""


@dataclass
class Example:
    """A copy of an example's folder, with places of this machine in it."""

    folder: Path
    environment: dict[str, str]
    places: tuple[tuple[str, str], ...] = ()

    def run(self, *lines: str) -> str:
        """Run lines in a shell; fail with what was printed if one of them fails."""
        ran = subprocess.run(
            ["bash", "-euc", "\n".join(lines)],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=280,
        )
        assert ran.returncode == 0, ran.stdout
        return ran.stdout

    def follow_readme(self) -> str:
        """Run what the example's README says, but for the installation; return what is printed."""
        (block,) = code_blocks(f"examples/{self.folder.name}/README.md", "sh")
        lines = [line for line in block.splitlines() if not line.startswith(INSTALLATION)]
        return self.run(*map(self._of_this_machine, lines))

    def _of_this_machine(self, line: str) -> str:
        for example, real in self.places:
            line = line.replace(example, real)
        return line

    def settle(self, *places: tuple[str, str]) -> None:
        """Put places of this machine for those of the example, in its stacks and its README."""
        self.places = places
        for file in self.folder.glob("Pulumi.*.yaml"):
            file.write_text(self._of_this_machine(file.read_text()))
