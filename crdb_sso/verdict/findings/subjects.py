r"""Findings about lines of the identity map: whom they let in besides those who were meant."""

from collections.abc import Iterable, Iterator
from itertools import product
from urllib.parse import urlsplit

from crdb_sso.crdb.letter_case import as_written, can_be_judged, user_let_in
from crdb_sso.crdb.settings import Setting
from crdb_sso.crdb.widenings import widenings
from crdb_sso.registry.claims import Entry, Kind
from crdb_sso.verdict.cluster.mapping import Rule as NumberedLine
from crdb_sso.verdict.findings.finding import Found, LineSentence, Severity
from crdb_sso.verdict.findings.public_issuers import GITHUB, PublicIssuer, public_issuer
from crdb_sso.verdict.findings.situation import Situation
from crdb_sso.verdict.findings.strangers import STRANGER, stranger_let_in, words_of

_ACCOUNT = "system:serviceaccount:"
_CLAIM = Entry(Kind.SETTING, Setting.CLAIM.value)
_SUBJECTS = ("sub", "/sub")


def patterns_for_everybody(situation: Situation) -> Iterator[Found]:
    """Yield patterns that take strangers of an issuer where anybody can get a token."""
    for one in situation.lines:
        public = public_issuer(one.line.issuer)
        if public is None or not one.is_pattern:
            continue
        is_known = can_be_judged(one.line)
        stranger = _stranger(situation, one, public) if is_known else ""
        if stranger or not is_known:
            how = "lets in" if is_known else "is too large to be judged, and may let in"
            yield Found(
                _about(one, f"{how} everybody who has an account at {public.name}."),
                "Name the principals that you mean, one line each, or a pattern that only they"
                f" match{f', and not {stranger}' if stranger else ''}.",
                (Entry.of(one.line),),
                conditions=(Entry(Kind.ISSUER, one.line.issuer), _CLAIM),
            )


def ambiguous_subjects(situation: Situation) -> Iterator[Found]:
    """Yield lines whose subjects, as GitHub or Kubernetes write them, may be somebody else's."""
    if situation.claim not in _SUBJECTS:
        return
    for one in situation.lines:
        if one.line.issuer.rstrip("/") == GITHUB:
            yield from _of_github(situation, one)
        elif _ACCOUNT in one.line.subject:
            yield from _of_kubernetes(situation, one)


def _of_github(situation: Situation, one: NumberedLine) -> Iterator[Found]:
    public = public_issuer(GITHUB)
    if public and one.is_pattern and _stranger(situation, one, public):
        return  # said by another rule
    words = words_of(one.line.subject)
    others = (
        f"repo:{owner}/{repository}:ref:refs/heads/main"
        for owner in (f"{word}-{STRANGER}" for word in words)
        for repository in (*words, STRANGER)
    )
    if one.is_pattern and _lets_in_some(situation, one, others):
        yield Found(
            _about(
                one,
                "also takes owners whose name only begins like the one that is meant; anybody can"
                " register such a name.",
            ),
            r"Write the owner and the slash behind it in full: /^repo:OWNER/REPOSITORY:.*$",
            (Entry.of(one.line),),
        )
        return
    requests = (f"repo:{owner}/{name}:pull_request" for owner, name in product(words, repeat=2))
    if one.is_pattern and _lets_in_some(situation, one, requests):
        yield Found(
            _about(
                one,
                "also takes workflows of pull requests: anyone who may open one from a branch of"
                " the repository can log in with code that nobody has reviewed.",
            ),
            "Name the branch or environment: repo:OWNER/REPOSITORY:environment:prod",
            (Entry.of(one.line),),
        )
        return
    if one.line.subject.startswith("repo:") and "@" not in one.line.subject:
        yield Found(
            _about(
                one,
                "knows a repository by its name. Somebody else can have that name once it is free,"
                " and its tokens with it.",
            ),
            "Have GitHub put ids that never change into `sub` (repository_owner_id,"
            " repository_id), and use those.",
            (Entry.of(one.line),),
            Severity.INFO,
        )


def _of_kubernetes(situation: Situation, one: NumberedLine) -> Iterator[Found]:
    host = _host(one.line.issuer)
    if host.startswith("kubernetes.default") or not host:
        yield Found(
            _about(
                one,
                "is for the issuer that every Kubernetes cluster has by default: a service account"
                " of the same name on another cluster is the same subject; only the keys tell them"
                " apart.",
            ),
            "Give each Kubernetes cluster an issuer of its own (--service-account-issuer).",
            (Entry.of(one.line),),
        )
    words = words_of(one.line.subject)
    elsewhere = (f"{_ACCOUNT}{STRANGER}:{name}" for name in (*words, STRANGER))
    if one.is_pattern and _lets_in_some(situation, one, elsewhere):
        yield Found(
            _about(
                one,
                "takes service accounts of any namespace: anyone who may make a namespace can log"
                " in.",
            ),
            f"Name the namespace: {_ACCOUNT}NAMESPACE:NAME",
            (Entry.of(one.line),),
        )


def lines_without_case(situation: Situation) -> Iterator[Found]:
    """Yield principals that get in by a line for another one, as case does not count."""
    folds = situation.rules.folds_case
    widened = widenings(numbered.line for numbered in situation.lines)
    for one in widened.found:
        when = "Case does not count" if folds else "From CockroachDB 26.1 on, case does not count"
        yield Found(
            f"{when} in the identity map: {one.principal} of {one.line.issuer}"
            f" {'logs' if folds else 'will log'} in as {one.user} too, by the line {one.line.text}"
            f" (its own line is {one.other.text}).",
            f"If the two are not the same workload, write {as_written(one.line.subject)}"
            f"{'' if folds else ' before you upgrade'}.",
            (Entry.of(one.line),),
            None if folds else Severity.INFO,
        )
    if not widened.is_all:
        yield Found(
            "The identity map has too many lines, or too large expressions, to look at all of them"
            " for principals that get in as case does not count from CockroachDB 26.1 on.",
            "Look for lines whose subjects differ only in case, and write each as /(?-i)^...$.",
            (),
            Severity.INFO,
        )


def _about(one: NumberedLine, says: str) -> LineSentence:
    return LineSentence(one.number, f" ({one.line.text}) {says}")


def _host(issuer: str) -> str:
    """Return the host of an issuer in lower case, the issuer itself if it is not a URL."""
    try:
        return urlsplit(issuer).hostname or ("" if "://" in issuer else issuer.lower())
    except ValueError:  # e.g. an unclosed bracket
        return issuer.lower()


def _stranger(situation: Situation, one: NumberedLine, public: PublicIssuer) -> str:
    folds = situation.rules.folds_case
    return stranger_let_in(one.line, public, situation.claim, folds=folds)


def _lets_in_some(situation: Situation, one: NumberedLine, principals: Iterable[str]) -> bool:
    folds = situation.rules.folds_case
    return any(user_let_in(one.line, principal, folds=folds) for principal in principals)
