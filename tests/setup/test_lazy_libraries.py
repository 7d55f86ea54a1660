"""Libraries that the engine loads when it needs them: what Go is told to build instead of them."""

import json
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
    """A Go that has downloaded both libraries."""
    for library in LIBRARIES:
        source = tmp_path / "modules" / library
        for name, text in (("frequency", FREQUENCY), ("matching", MATCHING)):
            (source / name).mkdir(parents=True)
            (source / name / f"{name}.go").write_text(text)
    answer = f'echo "{{\\"Dir\\": \\"{tmp_path}/modules/$4\\"}}"'
    return str(script(tmp_path / "go", f'[ "$1 $2 $3" = "mod download -json" ] && {answer}'))


def overlay(go: str, tmp_path: Path) -> list[str]:
    return lazy_libraries(go, tmp_path, {"PATH": "/usr/bin:/bin"}, tmp_path / "lazy")


def test_what_would_be_read_at_once_is_read_by_who_needs_it(go: str, tmp_path: Path) -> None:
    (flag,) = overlay(go, tmp_path)

    name, _, path = flag.partition("=")
    assert name == "-overlay"
    replaced = json.loads(Path(path).read_text())["Replace"]
    assert len(replaced) == 4
    for original, changed in replaced.items():
        assert original.startswith(str(tmp_path / "modules"))
        assert "func init()" in Path(original).read_text()
        text = Path(changed).read_text()
        assert "func init()" not in text
        if original.endswith("matching.go"):
            assert "func loadFrequencyList() {\n\tfrequency.Load()\n\tfor name" in text
        else:
            assert "func Load() {\n\tread()\n}" in text
    assert len({Path(changed).read_text() for changed in replaced.values()}) == 2


@pytest.mark.parametrize("name", ["frequency/frequency.go", "matching/matching.go"])
def test_a_library_that_is_another_by_now_is_built_as_it_is(
    go: str, tmp_path: Path, name: str
) -> None:
    other, known = (tmp_path / "modules" / library for library in LIBRARIES)
    (other / name).write_text("package other\n")

    (flag,) = overlay(go, tmp_path)

    replaced = json.loads(Path(flag.partition("=")[2]).read_text())["Replace"]
    assert {Path(original).parents[1] for original in replaced} == {known}


@pytest.mark.parametrize(
    "answer",
    ["exit 1", "echo", "echo '{}'", 'echo \'{"Dir": "/nowhere"}\''],
)
def test_what_can_not_be_had_changes_nothing(tmp_path: Path, answer: str) -> None:
    assert overlay(str(script(tmp_path / "go", answer)), tmp_path) == []
    assert overlay(str(tmp_path / "no go"), tmp_path) == []
