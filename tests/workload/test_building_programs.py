"""A program that can't be built for a reason outside of it is skipped; any other reason counts."""

from pathlib import Path

import pytest

from tests.workload.language_programs import GO, JAVA, NODE, Language, NotHere, build

NOWHERE = "http://127.0.0.1:9"
"""Nothing answers there."""

SETTINGS = f"""\
<settings>
  <mirrors>
    <mirror><id>nowhere</id><mirrorOf>*</mirrorOf><url>{NOWHERE}</url></mirror>
  </mirrors>
</settings>
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder to build in, where Maven has got nothing yet."""
    made = tmp_path / "program"
    (made / ".mvn").mkdir(parents=True)
    (tmp_path / "settings.xml").write_text(SETTINGS)
    options = [f"-Dmaven.repo.local={tmp_path / 'maven'}", f"-s{tmp_path / 'settings.xml'}"]
    (made / ".mvn" / "maven.config").write_text("\n".join(options))
    return made


def without_registry(tmp_path: Path) -> dict[str, str]:
    return {
        "GOPROXY": NOWHERE,
        "GOFLAGS": "-modcacherw",
        "GOMODCACHE": str(tmp_path / "go"),
        "npm_config_registry": NOWHERE,
        "npm_config_cache": str(tmp_path / "npm"),
    }


@pytest.mark.parametrize("language", [GO, JAVA, NODE], ids=lambda language: language.folder)
def test_a_registry_that_does_not_answer_is_named(
    language: Language, folder: Path, tmp_path: Path
) -> None:
    tool = language.build[0].partition(" ")[0]
    with pytest.raises(NotHere) as raised:
        build(language, folder, **without_registry(tmp_path))

    assert str(raised.value) in (
        f"the registry of {tool} is out of reach",
        *(f"there is no {name} on this machine" for name in language.tools),
    )


def test_a_tool_that_is_missing_is_named(folder: Path) -> None:
    with pytest.raises(NotHere, match="there is no cobc on this machine"):
        build(Language("go", ("cobc",), (), ""), folder)


def test_a_tool_that_is_too_old_is_named(folder: Path) -> None:
    says = "echo 'go: go.mod requires go >= 1.99 (running go 1.2)'; false"
    with pytest.raises(NotHere, match=r"sh is too old: requires go >= 1\.99"):
        build(Language("go", (), (f'sh -c "{says}"',), ""), folder)


def test_a_program_that_is_wrong_fails_its_test(folder: Path) -> None:
    with pytest.raises(AssertionError, match="undefined: x"):
        build(Language("go", (), ("sh -c 'echo undefined: x; false'",), ""), folder)
