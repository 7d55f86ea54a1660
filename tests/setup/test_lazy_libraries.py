"""Libraries that the engine loads when it needs them: what is built instead of them."""

from pathlib import Path

import pytest

from dev.setup.lazy_libraries import LIBRARIES, lazy_libraries
from tests.setup.fake_programs import script

FREQUENCY = "package frequency\n\nvar Lists = map[string]int{}\n\nfunc init() {\n\tread()\n}\n"
MATCHING = """\
package matching

func init() {
\tloadFrequencyList()
}

func loadFrequencyList() {
\tfor name := range frequency.Lists {
\t}
}
"""


@pytest.fixture
def go(tmp_path: Path) -> str:
    """A Go that has downloaded both libraries; nobody may write where they are."""
    module = tmp_path / "engine"
    module.mkdir()
    (module / "go.mod").write_text("module engine\n\ngo 1.25\n")
    (module / "go.sum").write_text("a sum\n")
    for library in LIBRARIES:
        source = tmp_path / "modules" / library
        (source.with_suffix(".mod")).parent.mkdir(parents=True, exist_ok=True)
        source.with_suffix(".mod").write_text(f"module {library}\n")
        for name, text in (("frequency", FREQUENCY), ("matching", MATCHING)):
            (source / name).mkdir(parents=True)
            (source / name / f"{name}.go").write_text(text)
            (source / name / f"{name}.go").chmod(0o444)
            (source / name).chmod(0o555)
        source.chmod(0o555)
    there = f"{tmp_path}/modules/$4"
    answer = f'{{\\"Dir\\": \\"{there}\\", \\"GoMod\\": \\"{there}.mod\\"}}'
    return str(script(tmp_path / "go", f'[ "$1 $2 $3" = "mod download -json" ] && echo "{answer}"'))


def flags(go: str, tmp_path: Path) -> list[str]:
    environment = {"PATH": "/usr/bin:/bin"}
    return lazy_libraries(go, tmp_path / "engine", environment, tmp_path / "lazy")


def replaced(go: str, tmp_path: Path) -> dict[str, Path]:
    """Return the libraries that are replaced, with what replaces them."""
    lazy = tmp_path / "lazy"
    assert flags(go, tmp_path) == [f"-modfile={lazy / 'go.mod'}"]
    assert (lazy / "go.sum").read_text() == "a sum\n"
    module, _, rest = (lazy / "go.mod").read_text().partition("\nreplace ")
    assert module == "module engine\n\ngo 1.25\n"
    pairs = (line.removeprefix("replace ").split(" => ") for line in rest.splitlines())
    return {library: Path(copy) for library, copy in pairs}


def test_what_would_be_read_at_once_is_read_by_who_needs_it(go: str, tmp_path: Path) -> None:
    copies = replaced(go, tmp_path)

    assert copies.keys() == {*LIBRARIES}
    for library, copy in copies.items():
        frequency = (copy / "frequency/frequency.go").read_text()
        matching = (copy / "matching/matching.go").read_text()
        assert "func init()" not in frequency + matching
        assert "func Load() {\n\tread()\n}" in frequency
        assert "func loadFrequencyList() {\n\tfrequency.Load()\n\tfor name" in matching
        assert (copy / "go.mod").read_text() == f"module {library}\n"
        assert (tmp_path / "modules" / library / "matching/matching.go").read_text() == MATCHING
        assert all(place.stat().st_mode & 0o200 for place in (copy, *copy.rglob("*")))


@pytest.mark.parametrize("name", ["frequency", "matching"])
def test_a_library_that_is_another_by_now_is_built_as_it_is(
    go: str, tmp_path: Path, name: str
) -> None:
    other, known = LIBRARIES
    file = tmp_path / "modules" / other / name / f"{name}.go"
    file.chmod(0o644)
    file.write_text("package other\n")

    assert replaced(go, tmp_path).keys() == {known}


@pytest.mark.parametrize(
    "answer",
    ["exit 1", "echo", "echo '{}'", 'echo \'{"Dir": "/nowhere", "GoMod": "/nowhere"}\''],
)
def test_what_can_not_be_had_changes_nothing(tmp_path: Path, answer: str) -> None:
    assert flags(str(script(tmp_path / "go", answer)), tmp_path) == []
    assert flags(str(tmp_path / "no go"), tmp_path) == []
