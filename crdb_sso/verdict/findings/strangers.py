"""Made-up strangers of public issuers: people whom nobody meant, and the names that they choose.

A stranger is free to call a repository, a branch, an environment or a step whatever a line asks
for; only the name of the owner is not theirs to choose. So a line that takes a stranger's owner
with some such names opens its SQL user to everybody.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import product

from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.crdb.letter_case import user_let_in
from crdb_sso.verdict.findings.public_issuers import PublicIssuer

STRANGER = "zz-stranger"
"""A name that no line means."""

_OWNERS = (STRANGER, "Stranger9", "stranger")
_NAMES = (STRANGER, "unknown")
_LABELS = ("main", "prod", "v1.0", "v1", "1.0")
_MAILBOXES = ("stranger", "Some.Stranger+x", "stranger99")
_MAIL_HOSTS = (
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
    "msn.com",
    "yahoo.com",
    "yahoo.co.uk",
    "icloud.com",
    "me.com",
    "aol.com",
    "proton.me",
    "protonmail.com",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "web.de",
    "mail.com",
    "mail.ru",
    "yandex.ru",
    "qq.com",
    "163.com",
    "zoho.com",
    "stranger.example",  # a domain of their own
)
_MAILS = tuple(f"{box}@{host}" for host in _MAIL_HOSTS for box in _MAILBOXES)
_ANY_TEXTS = ("x", "\u00e9 /:|", "-" * 200)

_MOST_WORDS = 12
_MOST_NAMES = 8
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
_SLOT = re.compile(r"\{(owner|name|path|label)\}")


@lru_cache(maxsize=1024)
def stranger_let_in(line: MapLine, public: PublicIssuer, claim: str, *, folds: bool) -> str:
    """Return a stranger whom a line lets in, "" if it takes only some of the accounts, or none.

    Args:
        line: A line of a public issuer.
        public: The issuer.
        claim: The claim that names the principal.
        folds: Whether the cluster ignores case.
    """
    if claim in ("sub", "/sub"):
        if public.forms:
            return _first(line, _subjects(public, line.subject), folds=folds)
        return _first_of_all(line, public.ids, folds=folds)
    if re.search("mail|upn|preferred_username", claim, re.IGNORECASE):
        return _first(line, iter(_MAILS), folds=folds)
    # of a claim that is not known any text may be one
    strangers = (*_MAILS, *public.ids, *_plain_subjects(public), *_ANY_TEXTS)
    return _first_of_all(line, strangers, folds=folds)


def words_of(subject: str) -> tuple[str, ...]:
    """Return the names that a subject or its expression may be made of."""
    return tuple(_parts(_WORD, subject))[:_MOST_WORDS]


def _parts(form: re.Pattern[str], subject: str) -> dict[str, None]:
    plain = re.sub(r"\\(?=[^A-Za-z0-9])", "", subject)
    found = (part for word in form.findall(plain) for part in (word, word.rstrip("._/-")))
    return dict.fromkeys(found)


def _subjects(public: PublicIssuer, subject: str) -> Iterator[str]:
    """Yield subjects of strangers who have read an expression; the plainest ones first."""
    yield from _plain_subjects(public)
    fixed = {word for form in public.forms for word in _WORD.findall(_SLOT.sub(" ", form))}
    words = sorted(_parts(_WORD, subject), key=fixed.__contains__)  # those come last
    chosen = [word for word in words if word not in fixed]
    last = (*chosen[-_MOST_NAMES:], *words[len(chosen) :])[:_MOST_NAMES]
    paths = [path for path in _parts(_PATH, subject) if "/" in path]
    names = (*_NAMES, *words[:_MOST_NAMES])
    slots = {
        "owner": _OWNERS,
        "name": names,
        "path": (*names, *paths[:_MOST_NAMES], *(f"{STRANGER}/{name}" for name in names)),
        "label": (*_LABELS, *last, *(f"{word}1" for word in last), *paths[-_MOST_NAMES:]),
    }
    for form in public.forms:
        yield from _filled(form, slots)


def _plain_subjects(public: PublicIssuer) -> Iterator[str]:
    plain = {"owner": _OWNERS, "name": _NAMES[:1], "path": _NAMES[:1], "label": _LABELS}
    for form in public.forms:
        yield from _filled(form, plain)


def _filled(form: str, slots: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    parts = _SLOT.split(form)  # text and slot in turn
    choices = (slots[part] if at % 2 else (part,) for at, part in enumerate(parts))
    return map("".join, product(*choices))


def _first(line: MapLine, strangers: Iterator[str], *, folds: bool) -> str:
    return next((one for one in strangers if user_let_in(line, one, folds=folds)), "")


def _first_of_all(line: MapLine, strangers: tuple[str, ...], *, folds: bool) -> str:
    is_open = all(user_let_in(line, one, folds=folds) for one in strangers)
    return strangers[0] if is_open and strangers else ""
