"""Files are replaced in one step, and whole."""

import os
import socket
from contextlib import closing
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


def test_what_is_not_a_file_stays_what_it_is(tmp_path: Path) -> None:
    pipe, link, door = tmp_path / "pipe", tmp_path / "link", tmp_path / "socket"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    with closing(socket.socket(socket.AF_UNIX)) as server:
        server.bind(str(door))

        for one in (pipe, link, door):
            with pytest.raises(OSError, match="it is not a regular file"):
                replace_file(one, "new", FOR_OWNER)

    assert pipe.is_fifo()
    assert door.is_socket()
    assert link.readlink() == pipe
    assert {one.name for one in tmp_path.iterdir()} == {"link", "pipe", "socket"}


def test_links_that_lead_in_a_circle_stay(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.symlink_to(other)
    other.symlink_to(one)

    with pytest.raises(OSError, match="symbolic links"):
        replace_file(one, "new", FOR_OWNER)

    assert one.readlink() == other
    assert other.readlink() == one


def test_a_link_to_a_file_that_is_not_there_yet_stays(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("token")

    replace_file(tmp_path / "link", "new", FOR_OWNER)

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "token").read_text() == "new"
