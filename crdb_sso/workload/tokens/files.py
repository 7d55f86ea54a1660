"""Tokens that others keep fresh: in a file, or in an environment variable."""

import os
import time
from pathlib import Path
from typing import ClassVar

from crdb_sso.errors import TokenUnavailable
from crdb_sso.files import reason_of
from crdb_sso.workload.tokens.cache import Clock
from crdb_sso.workload.tokens.source import ReadSource

PROJECTED_PATH = "/var/run/secrets/crdb/token"
"""Where this project's examples mount the projected token of a Kubernetes service account."""

_LARGEST_BYTES = 65_536


class TokenFile(ReadSource):
    """A file that somebody keeps fresh, read at each connection.

    Args:
        path: Where the token is, alone in its file.
        clock: Tells the time.
    """

    kind = "file"
    main = "path"
    _renewed_by: ClassVar[str] = "Check what writes the file, e.g. `crdb-sso token-file`."
    _missing: ClassVar[str] = "Check the path, and that its writer is running."

    def __init__(self, path: str | os.PathLike[str], *, clock: Clock = time.time) -> None:
        self._path = Path(path)
        super().__init__(path=str(path), clock=clock)

    def _read(self) -> str:
        try:
            with self._path.open("rb") as file:
                octets = file.read(_LARGEST_BYTES + 1)
        except (OSError, ValueError) as error:  # a path that no file can have
            reason = reason_of(error, "not a path")
            raise TokenUnavailable(f"can't read it: {reason}", hint=self._missing) from error
        if len(octets) > _LARGEST_BYTES:
            raise TokenUnavailable("the file is too large for a token", hint=self._missing)
        return octets.decode("ascii", "replace")


class KubernetesToken(TokenFile):
    """The projected token of a Kubernetes service account; the kubelet renews the file.

    Args:
        path: Where the volume is mounted, and the `path` of its `serviceAccountToken`. Not the
            token that every pod has: its audience is the API server.
        clock: Tells the time.
    """

    kind = "kubernetes"
    _renewed_by: ClassVar[str] = "Check the pod's volume: the kubelet renews a projected token."
    _missing: ClassVar[str] = (
        "Mount a projected volume with a `serviceAccountToken` of this path into the pod."
    )

    def __init__(
        self, path: str | os.PathLike[str] = PROJECTED_PATH, *, clock: Clock = time.time
    ) -> None:
        super().__init__(path, clock=clock)


class TokenVariable(ReadSource):
    """An environment variable that holds a token, read at each connection.

    Args:
        name: Name of the variable.
        clock: Tells the time.
    """

    kind = "environment"
    main = "name"
    _renewed_by: ClassVar[str] = (
        "A variable can't be renewed: start the program anew, or use a file."
    )
    _missing: ClassVar[str] = "Set it, or name another source."

    def __init__(self, name: str, *, clock: Clock = time.time) -> None:
        self._name = name
        super().__init__(name=name, clock=clock)

    def _read(self) -> str:
        try:
            text = os.environ.get(self._name)
        except ValueError:  # a name that no variable can have
            text = None
        if not text:
            raise TokenUnavailable(f"{self._name} is not set", hint=self._missing)
        return text
