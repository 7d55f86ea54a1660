"""Sources that text names: in a stack's `connect` output, and on the command line."""

import inspect
import re
from collections.abc import Iterable, Mapping

from crdb_sso.errors import InvalidInput
from crdb_sso.workload.tokens.aws_roles import AwsRole
from crdb_sso.workload.tokens.azure_identities import AzureWorkloadIdentity, ManagedIdentity
from crdb_sso.workload.tokens.ci_jobs import BuildkiteJob, CircleCiJob, GitHubJob, GitLabJob
from crdb_sso.workload.tokens.files import KubernetesToken, TokenFile, TokenVariable
from crdb_sso.workload.tokens.google_accounts import GoogleAccount
from crdb_sso.workload.tokens.oauth_clients import ClientCredentials
from crdb_sso.workload.tokens.oauth_refresh_tokens import RefreshToken
from crdb_sso.workload.tokens.programs import TokenCommand
from crdb_sso.workload.tokens.self_signed import SelfSigned
from crdb_sso.workload.tokens.source import NamedSource
from crdb_sso.workload.tokens.spiffe_identities import SpiffeIdentity
from crdb_sso.workload.tokens.token import MASK

KINDS: Mapping[str, type[NamedSource]] = {
    source.kind: source
    for source in (
        *(GoogleAccount, ManagedIdentity, AzureWorkloadIdentity, AwsRole, KubernetesToken),
        *(GitHubJob, GitLabJob, BuildkiteJob, CircleCiJob, SpiffeIdentity),
        *(ClientCredentials, RefreshToken, SelfSigned),
        *(TokenFile, TokenVariable, TokenCommand),
    )
}
"""All sources that text can name, by their kind."""

_FROM_LOGIN = ("audience", "app_id")
"""Parameters that are the audience of the login, unless something else is given."""

_SECRET = ("client_secret", "refresh_token")
"""Parameters that would show a secret to everybody who sees the command or the output."""

_NOT_TEXT = ("clock", "parameters", "claims", "delegates")


def named(kind: str, audience: str, parameters: Mapping[str, str]) -> NamedSource:
    """Return a source by its name.

    Args:
        kind: One of KINDS.
        audience: The audience of the login.
        parameters: What else it takes, all as text.

    Raises:
        InvalidInput: There is no such source, or it does not take these parameters.
    """
    check_source(kind, parameters)
    source, known = KINDS[kind], parameters_of(kind)
    given: dict[str, object] = dict(parameters)
    for name in _FROM_LOGIN:
        if name in known and name not in given and (audience or known[name]):
            given[name] = audience
    for name, is_required in known.items():
        if is_required and not given.get(name):
            raise InvalidInput(f"{kind} needs `{name}`", hint=_how_to_give(source, name))
    if "lifetime_s" in given:
        given["lifetime_s"] = _whole_number(str(given["lifetime_s"]))
    return source(**given)


def check_source(kind: str, parameters: Iterable[str]) -> None:
    """Check the name of a source, and the names of its parameters.

    Args:
        kind: One of KINDS.
        parameters: The names.

    Raises:
        InvalidInput: There is no such source, or it does not take these parameters.
    """
    if kind not in KINDS:
        raise InvalidInput(
            f"there is no token source {named_or_masked(kind)!r}",
            hint=f"Name one of {', '.join(KINDS)}.",
        )
    known = parameters_of(kind)
    for name in parameters:
        if name in _SECRET:
            raise InvalidInput(
                f"`{name}` would be visible here", hint=f"Give {name}_file or {name}_env."
            )
        if name not in known:
            takes = f"It takes {', '.join(known)}." if known else "It takes none."
            raise InvalidInput(f"{kind} does not take `{named_or_masked(name)}`", hint=takes)


def named_or_masked(text: str) -> str:
    """Return what should be a name, for an error: masked if it could be a secret instead."""
    return text if _NAME.fullmatch(text) else MASK


_NAME = re.compile("[A-Za-z0-9_ -]{0,24}|[A-Za-z_ -]{0,40}")  # no token is as short


def parameters_of(kind: str) -> Mapping[str, bool]:
    """Return the parameters that text can give to a source, and whether each is required."""
    signature = inspect.signature(KINDS[kind].__init__)
    return {
        name: parameter.default is inspect.Parameter.empty
        for name, parameter in signature.parameters.items()
        if name not in ("self", *_SECRET, *_NOT_TEXT)
    }


def _how_to_give(source: type[NamedSource], name: str) -> str:
    if name == source.main:
        return f"Write {source.kind}:VALUE."
    return f"Give {name}=VALUE."


def _whole_number(text: str) -> int:
    if not text.isdecimal():
        raise InvalidInput("`lifetime_s` is not a number of seconds", hint="Write e.g. 300.")
    return int(text)
