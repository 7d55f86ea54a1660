"""Every error of this package, split by who must act.

::

    CrdbSsoError                 always has .hint
    ├── InvalidInput             the caller must change an argument
    │   ├── InvalidIssuer
    │   ├── InvalidJwks
    │   ├── InvalidMapLine
    │   └── InvalidUserName
    ├── DiscoveryFailed          the identity provider did not answer as its standard says
    ├── ClusterUnreachable       no connection, TLS or login failure of the operator
    ├── GuardRefused             we say no before anything is written but, if it says so, the claim
    │                            tables; names the way out
    ├── ClusterRefused           the cluster said no (SQL error); says what was already written
    ├── ClusterChanged           another cluster, or someone keeps writing the same setting
    │   ├── LeaseLost            this process was silent, and another one writes by now
    │   └── ChangeNotCompleted   what was begun can't be completed now; names the reason
    ├── ClusterBusy              others kept writing for longer than we wait
    ├── UnsupportedVersion       a setting is missing; names the first version that has it
    ├── ProofFailed              a login that was tried after the write was not let in; says why
    ├── TokenUnavailable         a workload's token source gave no token; names the source
    └── MissingPackage           an optional package is not installed; names the extra
"""

from collections.abc import Sequence

from crdb_sso.printing import printable_lines


class CrdbSsoError(Exception):
    """Base of all errors of this package; their texts do nothing to a terminal.

    Attributes:
        what: What happened.
        hint: The operator's next step.
    """

    def __init__(self, what: str, *, hint: str) -> None:
        self.what = printable_lines(what)
        self.hint = printable_lines(hint)
        super().__init__(self.what, self.hint)
        self._tell()

    @property
    def reason(self) -> str:
        """What happened, for a sentence that says itself to what."""
        return self.what

    def _tell(self, *notes: str) -> None:
        """Set the text of this error: what happened, then notes, then the next step."""
        self.args = ("\n  ".join((self.what, *notes, f"Next step: {self.hint}")),)

    def add_undone(self) -> None:
        """Add that what was written before the error was undone."""
        self._tell("What was written before was undone.")

    def add_claim_tables(self, database: str, *, is_new: bool) -> None:
        """Add that the claim tables were made, or brought up to date, and nothing else was."""
        done = "made" if is_new else "brought up to date"
        self._tell(
            f"The claim tables in database {database} were {done}; nothing else was written."
        )


class InvalidInput(CrdbSsoError):
    """An argument can't be used as it is; nothing was read or written."""


class InvalidIssuer(InvalidInput):
    """The text can't be the `iss` of a token that an identity map can name."""


class InvalidJwks(InvalidInput):
    """The text is not a key set, or holds a key that must not be handed to a cluster."""


class InvalidMapLine(InvalidInput):
    """An identity map can't carry this subject, user or line."""


class InvalidUserName(InvalidInput):
    """CockroachDB has no such SQL user names, or reserves this one."""


class DiscoveryFailed(CrdbSsoError):
    """The identity provider did not answer in time, or not as its standard says."""


class ClusterUnreachable(CrdbSsoError):
    """No connection to the cluster: network, TLS, or the operator's own login.

    Attributes:
        is_silent: Whether nothing answered, so that a cluster may be down, or not up yet. Otherwise
            the URL, a file that it names, TLS or the login is at fault: waiting does not help.
    """

    def __init__(self, what: str, *, hint: str, is_silent: bool = True) -> None:
        super().__init__(what, hint=hint)
        self.is_silent = is_silent


class GuardRefused(CrdbSsoError):
    """We said no before anything was written: it would harm somebody, or could not be undone.

    The claim tables may have been made, if the text says so.
    """


class ClusterRefused(CrdbSsoError):
    """The cluster said no. `written` names what had already been written, in order."""

    def __init__(self, what: str, *, hint: str, written: Sequence[str] = ()) -> None:
        super().__init__(what, hint=hint)
        self.written = tuple(written)
        if written:
            self._tell(f"Already written: {', '.join(written)}.")  # names of settings


class ClusterChanged(CrdbSsoError):
    """The cluster is another one, or someone keeps writing the same setting."""


class LeaseLost(ClusterChanged):
    """This process was silent for longer than its lease lasts, and another one took over."""


class ChangeNotCompleted(ClusterChanged):
    """A change has begun, and a guard, others who keep writing, or the cluster now stop it."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"this change has begun, and can't be completed now: {reason}",
            hint="Run again: that says what has to be done first, if anything.",
        )
        self._reason = printable_lines(reason)

    @property
    def reason(self) -> str:
        """Why, without what is said of it."""
        return self._reason


class ClusterBusy(CrdbSsoError):
    """Others kept writing to this cluster for longer than we wait."""


class UnsupportedVersion(CrdbSsoError):
    """This CockroachDB (or this registry schema) lacks, or is newer than, what is asked for."""


class ProofFailed(CrdbSsoError):
    """A login was tried after a change was written, and was not let in; says why."""

    def add_outcome(self, outcome: str) -> None:
        """Add what became of the change."""
        self._tell(printable_lines(outcome))


class TokenUnavailable(CrdbSsoError):
    """A token source did not give a token that a cluster could take; nothing was dialled."""


class MissingPackage(CrdbSsoError):
    """A package that an extra of crdb-sso installs is missing."""


def extra_hint(extra: str) -> str:
    """Return how to install an extra; no public index has crdb-sso, so none is to be asked for it.

    Args:
        extra: Its name in pyproject.toml, e.g. "gcp".
    """
    return f"Install crdb-sso with the extra: pip install '<folder of crdb-sso>[{extra}]'"
