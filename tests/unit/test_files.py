"""Files are replaced in one step, and whole."""

from pathlib import Path

import pytest

from crdb_sso.files import FOR_EVERYBODY, FOR_OWNER, replace_file


@pytest.mark.parametrize("mode", [FOR_OWNER, FOR_EVERYBODY])
def test_a_reader_keeps_the_old_text_and_the_next_one_finds_the_new(
    tmp_path: Path, mode: int
) -> None:
    file = tmp_path / "token"
    file.write_text("old")
    file.chmod(0o640)
    with file.open() as reader:
        replace_file(file, "new: é", mode)
        assert reader.read() == "old"

    assert file.read_bytes() == b"new: \xc3\xa9"
    assert file.stat().st_mode & 0o777 == mode
    assert [one.name for one in tmp_path.iterdir()] == ["token"]


def test_a_link_stays_and_the_file_behind_it_is_replaced(tmp_path: Path) -> None:
    file, link = tmp_path / "elsewhere" / "token", tmp_path / "link"
    file.parent.mkdir()
    file.write_text("old")
    link.symlink_to(file)

    replace_file(link, "new", FOR_OWNER)

    assert link.is_symlink()
    assert file.read_text() == "new"
    assert [one.name for one in file.parent.iterdir()] == ["token"]
    assert {one.name for one in tmp_path.iterdir()} == {"elsewhere", "link"}


def test_a_file_that_can_not_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "token").mkdir()

    with pytest.raises(OSError, match="directory"):
        replace_file(tmp_path / "token", "new", FOR_OWNER)

    assert [one.name for one in tmp_path.iterdir()] == ["token"]


def test_a_text_that_no_file_can_hold_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old")

    with pytest.raises(UnicodeEncodeError):
        replace_file(file, "\ud800", FOR_OWNER)

    assert file.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["token"]
