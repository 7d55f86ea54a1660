"""Keeps a folder to one embedded cluster at a time."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class FolderInUse(Exception):
    """Another embedded cluster runs on the folder."""


def claim(folder: Path) -> int:
    """Make a folder if need be, and keep other embedded clusters off it.

    The claim ends when this process does, however it ends.

    Args:
        folder: The folder of the cluster.

    Returns:
        The file descriptor that holds the claim; closing it gives the folder back.

    Raises:
        FolderInUse: Another process holds it; the message names its process id.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        holder = os.read(descriptor, 32).decode().strip()
        os.close(descriptor)
        raise FolderInUse(
            f"{folder} is in use by the embedded cluster with process id {holder}: "
            "stop it, or choose another --dir"
        ) from exc
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor
