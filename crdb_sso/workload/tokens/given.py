"""Secrets that a workload is given: as text, in a variable, in a file, or printed by a command."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from crdb_sso.errors import InvalidInput, TokenUnavailable
from crdb_sso.files import reason_of
from crdb_sso.workload.tokens.programs import output_of, split_command
from crdb_sso.workload.tokens.running import LARGEST_BYTES
from crdb_sso.workload.tokens.token import Secret, without_secrets


@dataclass(frozen=True, slots=True)
class Given:
    """Where a secret is; it is read at each use, so that it can be rotated.

    Attributes:
        what: What it is, e.g. "the client secret".
        name: The argument's name, e.g. `client_secret`; the others are `<name>_env` and so on.
        text: The secret itself.
        env: Name of an environment variable.
        file: Path of a file.
        command: A command that prints it.

    Raises:
        InvalidInput: More than one of them is given, or none though it is needed.
    """

    what: str
    name: str
    text: str | None = field(default=None, repr=False)
    env: str | None = None
    file: str | os.PathLike[str] | None = None
    command: str | Sequence[str] | None = None
    optional: bool = False

    def __post_init__(self) -> None:
        """Check that it is given once."""
        given = [one for one in (self.text, self.env, self.file, self.command) if one is not None]
        if len(given) > 1:
            raise InvalidInput(
                f"{self.what} is given {len(given)} times", hint="Leave one argument."
            )
        if not given and not self.optional:
            raise InvalidInput(
                f"{self.what} is missing",
                hint=f"Give `{self.name}_file` or `{self.name}_env`.",
            )

    def __bool__(self) -> bool:
        return (self.text, self.env, self.file, self.command) != (None, None, None, None)

    def read(self) -> str:
        """Return the secret; hidden in `repr`.

        Raises:
            TokenUnavailable: It is not there.
        """
        found = self._found().strip()
        if not found:
            raise TokenUnavailable(f"{self.what} is empty", hint="Look at where it comes from.")
        return Secret(found)

    def _found(self) -> str:
        if self.text is not None:
            return self.text
        if self.env is not None:
            if not _is_set(self.env):
                raise TokenUnavailable(
                    f"{without_secrets(self.env)} is not set: it should hold {self.what}",
                    hint="Set it where the workload runs.",
                )
            return os.environ[self.env]
        if self.file is not None:
            try:
                named = without_secrets(repr(os.fspath(self.file)))  # perhaps the secret itself
                with Path(self.file).open("rb") as file:
                    octets = file.read(LARGEST_BYTES + 1)
                text = octets.decode()
            except (OSError, ValueError) as error:  # also of a path that no file can have
                reason = reason_of(error, "not text")
                raise TokenUnavailable(
                    f"can't read {self.what} from {named}: {reason}",
                    hint="Check the path, and that the workload may read it.",
                ) from error
            if len(octets) > LARGEST_BYTES:
                raise TokenUnavailable(
                    f"{named} is too large for {self.what}",
                    hint="Check the path.",
                )
            return text
        return output_of(split_command(self.command or ()), secret=self.what)


def _is_set(variable: str) -> bool:
    try:
        return variable in os.environ
    except ValueError:  # a name that no variable can have
        return False
