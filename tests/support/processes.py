"""What processes do that a test has started; any of them may end while it is asked."""

from pathlib import Path

import psutil


def working_in(folder: Path) -> set[psutil.Process]:
    """Return the processes whose current folder is this one, whoever started them."""
    wanted = str(folder.resolve())
    return {process for process in psutil.process_iter() if _folder_of(process) == wanted}


def listening(pid: int) -> set[tuple[str, int]]:
    """Return the addresses and ports at which a process listens."""
    found = psutil.Process(pid).net_connections("tcp")
    return {(at.laddr.ip, at.laddr.port) for at in found if at.status == psutil.CONN_LISTEN}


def _folder_of(process: psutil.Process) -> str | None:
    try:
        return process.cwd()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None
