"""Findings about what the cluster trusts as a whole: issuers, audiences, the claim, and times."""

import re
from collections.abc import Iterator

from crdb_sso.argument_names import Argument
from crdb_sso.crdb.settings import Setting
from crdb_sso.registry.claims import Entry, Kind
from crdb_sso.verdict.findings.finding import Found, Severity, listed
from crdb_sso.verdict.findings.public_issuers import public_issuer
from crdb_sso.verdict.findings.situation import Situation

_GENERIC = frozenset(
    {
        "account",  # Keycloak's own
        "api",
        "default",
        "api://azureadtokenexchange",
        "sts.amazonaws.com",
        "sigstore",
        "vault",
        "kubernetes",
        "kubernetes.default.svc",
        "https://kubernetes.default.svc",
        "https://kubernetes.default.svc.cluster.local",
        "https://accounts.google.com",
        "https://gitlab.com",
        "https://graph.microsoft.com",
        "https://management.azure.com",
        "https://management.core.windows.net",
        "00000003-0000-0000-c000-000000000000",  # Microsoft Graph
        "32555940559.apps.googleusercontent.com",  # gcloud
    }
)
"""Audiences in lower case, without a slash at their end, of tokens that are meant for others."""

_GENERIC_FORMS = re.compile(r"https://github\.com/[^/]+|https://[a-z0-9.-]+\.googleapis\.com")
_OWNER_PARTS = 3  # organization/project/stack


def shared_keys(situation: Situation) -> Iterator[Found]:
    """Yield that one list of pinned keys signs for several issuers."""
    if len(situation.issuers) > 1 and situation.keys:
        yield Found(
            f"The pinned keys of {len(situation.issuers)} issuers are one list: whoever has a key"
            f" of one of them can sign tokens of any ({listed(situation.issuers)}).",
            'Let the nodes fetch keys (keys="fetched"), which keeps those of each issuer apart, or'
            " trust only issuers that may stand in for each other.",
        )


def wide_audiences(situation: Situation) -> Iterator[Found]:
    """Yield audiences of tokens that were meant for another environment, or for somebody else."""
    for audience in situation.audiences:
        entry = Entry(Kind.AUDIENCE, audience)
        bare = audience.lower().rstrip("/")
        if bare in _GENERIC or _GENERIC_FORMS.fullmatch(bare):
            yield Found(
                f"The audience {audience} is that of tokens for other services: whoever receives"
                " such a token can use it here.",
                "Give the cluster an audience of its own, such as crdb-sso/PROJECT/STACK, and have"
                " the workloads ask for tokens with it.",
                (entry,),
            )
        environments = _environments(situation.owners_of(entry))
        if len(environments) > 1:
            yield Found(
                f"The audience {audience} is shared by the environments {listed(environments)}: a"
                " token of one is as good in the other.",
                "Give each environment an audience of its own.",
                (entry,),
            )


def _environments(owners: tuple[str, ...]) -> set[str]:
    """Return the names of the stacks of some owners (organization/project/stack/...)."""
    parts = [owner.split("/") for owner in owners]
    return {one[2] for one in parts if len(one) > _OWNER_PARTS}


def claims_of_several_issuers(situation: Situation) -> Iterator[Found]:
    """Yield that several issuers are believed about a claim that each fills as it likes."""
    claim = situation.claim
    if claim not in ("sub", "/sub") and len(situation.issuers) > 1:
        yield Found(
            f"Logins are mapped by the claim {claim!r} of {len(situation.issuers)} issuers"
            f" ({listed(situation.issuers)}). Only `sub` is sure to name one principal forever;"
            " what another claim means, and who may change it, differs between issuers.",
            "Map by `sub`, or make sure that each issuer verifies this claim and never gives its"
            " value to somebody else.",
        )


def tokens_without_end(situation: Situation) -> Iterator[Found]:
    """Yield that tokens without `exp` are accepted, which no setting changes."""
    if situation.is_on(Setting.ENABLED) and situation.issuers:
        yield Found(
            "CockroachDB accepts tokens without `exp`, forever, and no setting changes that.",
            "Trust only issuers that give every token an end; take away the keys of one that"
            " does not.",
        )


def open_issuers(situation: Situation) -> Iterator[Found]:
    """Yield issuers whose subjects are user names, as they have no line in the identity map."""
    for issuer in situation.unmapped:
        entry, public = Entry(Kind.ISSUER, issuer), public_issuer(issuer)
        is_meant = bool(situation.owners_of(entry))
        if public is not None:
            yield Found(
                f"{issuer} ({public.name}) has no line in the identity map, so its"
                f" {situation.claim} is the user name. Anybody can get a token there.",
                "Write lines for the principals that you mean; the first one ends logins by name.",
                (entry,),
            )
        elif not is_meant:
            yield Found(
                f"{issuer} has no line in the identity map, so each of its tokens logs in as the"
                f" SQL user that its {situation.claim} names.",
                "Write lines for the principals that you mean, or declare it in a stack with"
                f" {Argument.SUBJECT_IS_USERNAME}.",
                (entry,),
                Severity.WARNING,
            )
