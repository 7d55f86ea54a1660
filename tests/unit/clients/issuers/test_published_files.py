"""Files that a web server serves: what is written, and what is left as it is."""

from pathlib import Path

import pytest

from crdb_sso.clients.issuers.published_files import publish
from crdb_sso.errors import InvalidInput


def names(folder: Path) -> set[str]:
    return {str(one.relative_to(folder)) for one in folder.rglob("*")}


def test_folders_are_made_and_everybody_may_read_the_files(tmp_path: Path) -> None:
    publish(str(tmp_path / "web"), {"a/keys.json": "{}", "b.json": "é"})

    assert names(tmp_path / "web") == {"a", "a/keys.json", "b.json"}
    assert (tmp_path / "web/b.json").read_bytes() == b"\xc3\xa9"
    assert (tmp_path / "web/a/keys.json").stat().st_mode & 0o777 == 0o644


def test_a_file_that_has_its_text_is_left_alone(tmp_path: Path) -> None:
    publish(str(tmp_path), {"same": "1", "other": "1"})
    before = (tmp_path / "same").stat()

    publish(str(tmp_path), {"same": "1", "other": "2"})

    after = (tmp_path / "same").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert (tmp_path / "other").read_text() == "2"
    assert names(tmp_path) == {"same", "other"}


def test_a_link_stays_and_the_file_behind_it_gets_the_text(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk/keys").write_text("old")
    (tmp_path / "web").mkdir()
    (tmp_path / "web/keys.json").symlink_to(tmp_path / "disk/keys")

    publish(str(tmp_path / "web"), {"keys.json": "new"})

    assert (tmp_path / "web/keys.json").is_symlink()
    assert (tmp_path / "disk/keys").read_text() == "new"
    assert names(tmp_path) == {"disk", "disk/keys", "web", "web/keys.json"}


def test_a_file_that_can_not_be_written_is_named_and_no_other_stays_behind(tmp_path: Path) -> None:
    (tmp_path / "keys.json").mkdir()

    with pytest.raises(InvalidInput, match=r"keys\.json' can't be written: Is a directory"):
        publish(str(tmp_path), {"keys.json": "new"})

    assert names(tmp_path) == {"keys.json"}
