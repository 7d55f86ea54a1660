"""Keys are changed by hand by one process at a time."""

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from dev.issuer.minting import Keyrings
from dev.issuer.rotating import FolderInUseError, change_keys, sole_user


def test_keys_are_read_by_whoever_alone_may_change_them(tmp_path: Path) -> None:
    Keyrings.kept_in(tmp_path).open()
    last = tmp_path / "entra.json"
    text = last.read_text()
    last.unlink()
    os.mkfifo(last)  # whoever reads the keys waits here
    done: list[dict[str, Any]] = []
    changing = threading.Thread(target=lambda: done.append(change_keys(tmp_path, "rotate", {})))
    changing.start()

    with last.open("w") as writer:  # it is being read
        with pytest.raises(FolderInUseError), sole_user(tmp_path):
            pass
        writer.write(text)
    changing.join()

    (changed,) = done
    assert changed["published"][0] == changed["kid"]
    assert len(changed["published"]) == 2


def test_a_folder_without_keys_is_told_from_one_in_use(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        change_keys(tmp_path, "rotate", {})
    with pytest.raises(FileNotFoundError):
        change_keys(tmp_path / "absent", "rotate", {})
