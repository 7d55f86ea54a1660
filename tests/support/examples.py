"""A copy of an example's folder, and what its README says to run there."""

from dataclasses import dataclass
from pathlib import Path

from tests.docs.pages import code_blocks
from tests.support.shells import run_script

INSTALLATION = ("python3 -m venv", "pip install")
"""Lines of an example that are not run here begin like this: the package is on PYTHONPATH."""


@dataclass
class Example:
    """A copy of an example's folder, with addresses of this machine in it."""

    folder: Path
    environment: dict[str, str]
    places: tuple[tuple[str, str], ...] = ()

    def run(self, *lines: str) -> str:
        """Run lines in a shell; return what they print, or fail with it if a line fails."""
        return run_script("\n".join(lines), self.folder, self.environment)

    def bring_up(self, cluster_url: str, stack: str = "dev") -> str:
        """Make the stack as the pages say, and bring it up; return what is printed."""
        return self.run(
            f"pulumi stack init {stack}",
            f"pulumi config set --secret clusterUrl '{cluster_url}'",
            "pulumi up",
        )

    def follow_readme(self) -> str:
        """Run what the example's README says, without the installation; return what is printed."""
        (block,) = code_blocks(str(self.folder / "README.md"), "sh")
        lines = [line for line in block.splitlines() if not line.startswith(INSTALLATION)]
        return self.run(*map(self._of_this_machine, lines))

    def _of_this_machine(self, line: str) -> str:
        for example, real in self.places:
            line = line.replace(example, real)
        return line

    def settle(self, *places: tuple[str, str]) -> None:
        """Replace addresses of the example, its README too, with real ones."""
        self.places = places
        for file in (*self.folder.glob("Pulumi.*.yaml"), self.folder / "__main__.py"):
            file.write_text(self._of_this_machine(file.read_text()))
