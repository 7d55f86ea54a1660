"""What is wrong with the inputs; each problem names the input that has to change.

A row of `inputs` checks its own value; the rules here concern several.
"""

from collections.abc import Iterator, Mapping
from functools import partial

from crdb_sso.argument_names import Argument
from crdb_sso.clients.connecting.connection import check_cluster_url
from crdb_sso.crdb.identity_map import map_line
from crdb_sso.crdb.user_names import check_name
from crdb_sso.desired.logins import Desired, Identity, Source
from crdb_sso.desired.proof import (
    KIND,
    Proof,
    known_texts,
    parameters,
    proof_problems,
    proven_identity,
    proven_users,
)
from crdb_sso.desired.unknown import UNKNOWN
from crdb_sso.provider.inputs import CLUSTER_URL, INPUTS, OUTPUTS, SOURCES
from crdb_sso.provider.property_types import Problem, PropertyBag, tried
from crdb_sso.provider.reading import has_whole_maps, read_desired, read_proof
from crdb_sso.provider.rows import Shape
from crdb_sso.tokens.issuers import is_https
from crdb_sso.tokens.jwks import MOST_KEYS, one_key

_ALL: Shape[object] = Shape(dict, (*INPUTS, *OUTPUTS))

_INTERNAL = "__"
"""The prefix of names that the engine adds, e.g. that of the pickled provider."""


def problems(props: PropertyBag) -> list[Problem]:
    """Return what is wrong with the inputs, each with the input that has to change.

    Values that are not known yet count as good; they are checked once they are known.
    """
    given = {name: value for name, value in props.items() if not name.startswith(_INTERNAL)}
    desired, proof = read_desired(props), read_proof(props)
    has_sources = isinstance(props.get(SOURCES.name), Mapping | None)
    return [
        *_ALL.problems("", given),
        *_kid_problems(desired),
        *(_fetch_problems(desired) if desired.fetched else ()),
        *_passthrough_problems(desired),
        *(_role_problems(desired) if desired.group_sync else ()),
        *_identity_problems(desired, desired.sources if has_sources else None),
        *_proof_problems(proof, desired if has_whole_maps(props) else None),
        *(_way_problems(props.get(CLUSTER_URL.name)) if proven_users(proof, desired) else ()),
    ]


def _kid_problems(desired: Desired) -> Iterator[Problem]:
    """Yield the sources with too many keys, and the kids that name two different keys."""
    first: dict[str, tuple[str, str]] = {}
    for name, source in desired.sources.items():
        if len(source.known_keys) > MOST_KEYS:
            yield Problem(
                f"sources.{name}.keys",
                f"there are {len(source.known_keys)} keys; a cluster gets at most {MOST_KEYS} of"
                " one issuer. Have the issuer retire old keys.",
            )
        for kid, text in source.known_keys.items():
            if text is UNKNOWN or not text:
                continue
            other, other_text = first.setdefault(kid, (name, text))
            if other_text != text and not _is_one_key(other_text, text):
                yield Problem(
                    f'sources.{name}.keys["{kid}"]',
                    f"the kid {kid!r} names one key in {other} and another in {name}: a cluster"
                    " uses only the first. Let one issuer publish its key under another kid.",
                )


def _is_one_key(text: str, other: str) -> bool:
    """Tell whether two texts are one key, for the same algorithms."""
    return one_key(text, other) == text and one_key(other, text) == other


def _fetch_problems(desired: Desired) -> Iterator[Problem]:
    """Yield the sources whose keys nodes can't fetch."""
    for name, source in desired.sources.items():
        if source.known_keys:
            yield Problem(
                f"sources.{name}.keys",
                "the nodes fetch keys and ignore pinned ones. Leave the keys out.",
            )
        if source.jwks_uri != "" or source.issuer is UNKNOWN:
            continue
        if not is_https(source.issuer):
            yield Problem(
                f"sources.{name}.issuer",
                f"nodes can't fetch keys from {source.issuer!r}: it is not an https URL. Give the"
                f' https URL of its keys as {Argument.JWKS_URI}, or write keys="pinned".',
            )


def _passthrough_problems(desired: Desired) -> Iterator[Problem]:
    """Yield the sources whose subjects can't be user names."""
    first: dict[str, tuple[str, bool]] = {}
    for name, source in desired.sources.items():
        at, takes_subjects = f"sources.{name}.subject_is_username", source.subject_is_username
        if takes_subjects and source.close_passthrough:
            yield Problem(
                at, f"it is the opposite of {Argument.CLOSE_PASSTHROUGH}. Use one of them."
            )
        if takes_subjects and source.audience == "":
            reason = "the audience is empty. Give the `aud` that the tokens carry."
            yield Problem(f"sources.{name}.audience", reason)
        if source.issuer is UNKNOWN:
            continue
        other, does_other = first.setdefault(source.issuer, (name, takes_subjects))
        if does_other is not takes_subjects:
            yield Problem(
                at,
                f"{other} and {name} are the same issuer: either its subjects are user names, or"
                " lines map them. Choose one for both.",
            )


def _role_problems(desired: Desired) -> Iterator[Problem]:
    """Yield the logins whose roles group sync would revoke."""
    for user, login in desired.logins.items():
        if login.roles:
            yield Problem(
                f'logins["{user}"].roles',
                f"{Argument.GROUP_SYNC} revokes {', '.join(sorted(login.roles))} from {user} at its"
                " next login unless the token's groups name it. Remove `roles` and let groups grant"
                " them, or remove group sync.",
            )


def _identity_problems(desired: Desired, sources: Mapping[str, Source] | None) -> Iterator[Problem]:
    """Yield the identities that have no source, or whose subject can't be mapped.

    Args:
        desired: The wish.
        sources: Sources by name; None if they are not known yet, or are not a map.
    """
    for user, login in desired.logins.items():
        for name, identity in login.identities.items():
            at = f'logins["{user}"].identities["{name}"]'
            if identity.source is UNKNOWN:
                yield from _subject_problems(at, user, identity, None)
                continue
            if sources is not None and identity.source not in sources:
                yield Problem(f"{at}.source", f"there is no source {identity.source!r}")
            yield from _subject_problems(at, user, identity, (sources or {}).get(identity.source))


def _subject_problems(
    at: str, user: str, identity: Identity, source: Source | None
) -> Iterator[Problem]:
    subject, issuer = identity.subject, source.issuer if source else ""
    if subject is UNKNOWN:
        return
    if source is not None and source.subject_is_username:
        yield from tried(f"{at}.subject", partial(check_name, subject, user))
    else:
        line = partial(map_line, "" if issuer is UNKNOWN else issuer, subject, user)
        yield from tried(f"{at}.subject", line)


def _proof_problems(proof: Proof, desired: Desired | None) -> Iterator[Problem]:
    """Yield what keeps a login from being tried.

    Args:
        proof: What is to be proven.
        desired: The wish; None if it is not known yet.
    """
    if not proof.logins:
        return
    from crdb_sso.workload.tokens.by_name import check_source, named  # noqa: PLC0415 - few programs prove

    flawed = dict(proof_problems(proof, desired)) if desired else {}
    for user, source in proof.logins.items():
        at, given = f'prove["{user}"]', parameters(source)
        kind, texts = source.get(KIND, ""), known_texts(given)
        if user in flawed:
            yield Problem(at, str(flawed[user]))
        elif kind is UNKNOWN:
            continue
        elif desired is None or texts is None:
            yield from tried(at, partial(check_source, kind, given))
        else:
            audience = proven_identity(desired, user, source).audience
            text = "..." if audience is UNKNOWN else audience
            yield from tried(at, partial(named, kind, text, texts))


def _way_problems(cluster_url: object) -> Iterator[Problem]:
    """Yield what keeps a token from the cluster, where the operator's own login may get there.

    The property is not named: the engine would add its value.
    """
    from crdb_sso.provider.proving import way_of  # noqa: PLC0415 - few programs prove

    if isinstance(cluster_url, str) and not [*tried("", partial(check_cluster_url, cluster_url))]:
        for problem in tried("", partial(way_of, cluster_url, "")):
            reason = f"cluster_url does not lead to where `prove` can log in: {problem.reason}"
            yield Problem("", reason)
