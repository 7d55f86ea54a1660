"""Logins with a token, as they should be or spoilt in some ways, for `identity_first`."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

SOMEBODY, EMPTY = "someone-else", ""


@dataclass(frozen=True)
class Case:
    """One login with a token: each field as the good login has it, unless it is spoilt.

    Attributes:
        user: `there` has LOGIN, `shut` has not, `missing` does not exist; or root.
        enabled: Whether tokens are accepted.
        provisioning: Whether tokens make users.
        group_sync: Whether groups become roles.
        issuers: Whom the cluster trusts: our issuer, another, or nobody by name.
        claim: The claim that names principals; empty for the subject.
        lines: Of our issuer in the identity map: none; one from the user's own name to the user;
            one from somebody else's to the user; one from the user's name to another.
        keys: The keys in force.
        fetched: Whether the issuer is asked for them; it may have none to give.
        audience: Whether the cluster knows the token's audience.
        form: What is sent: a token, or a text that is not one.
        issuer: The token's `iss`.
        principal: Whom the token names: the user, somebody else, nobody by e-mail, nobody at all.
        signer: Whose signature it has.
        time: Whether it holds now.
        groups: What the token lists.
        letters: Whether the token names its principal in the case of the map, or in capitals.
        status: Which of the issuer's answers has a status that is not 2xx; none, its discovery
            document, or its keys.
    """

    user: str = "there"
    enabled: bool = True
    provisioning: bool = False
    group_sync: bool = False
    issuers: str = "ours"
    claim: str = ""
    lines: str = "none"
    keys: str = "right"
    fetched: bool = False
    audience: bool = True
    form: str = "token"
    issuer: str = "ours"
    principal: str = "user"
    signer: str = "ours"
    time: str = "now"
    groups: str = "one"
    letters: str = "same"
    status: str = "good"


OTHERWISE: dict[str, tuple[str | bool, ...]] = {
    "user": ("shut", "missing", "missing", "root"),
    "enabled": (False,),
    "provisioning": (True,),
    "group_sync": (True,),
    "issuers": ("other", "none"),
    "claim": ("sub", "email"),
    "lines": ("own", "somebody", "elsewhere"),
    "keys": ("wrong", "none", "unreadable"),
    "fetched": (True,),
    "audience": (False,),
    "form": ("empty", "word", "not text", "no claims"),
    "issuer": ("foreign", "absent"),
    "principal": ("somebody", "no e-mail", "nobody"),
    "signer": ("other", "nobody"),
    "time": ("past", "early"),
    "groups": ("none",),
    "letters": ("capitals",),
    "status": ("no discovery", "no keys"),
}
"""What else each field may be."""

assert OTHERWISE.keys() == {field.name for field in fields(Case)}

_SEEN_OFTEN = ("user", "provisioning", "fetched")
"""What decides which steps there are: always drawn, while few of the others are spoilt at once."""

_OFTEN_FETCHED = [False, False, False, True]
"""A fetch costs more than everything else in a login."""

_CHANGES = st.sampled_from(
    [(name, value) for name, all_ in OTHERWISE.items() if name not in _SEEN_OFTEN for value in all_]
)


def _spoilt(
    user: str, changes: list[tuple[str, str | bool]], *, provisioning: bool, fetched: bool
) -> Case:
    drawn = Case(user=user, provisioning=provisioning, fetched=fetched)
    return replace(drawn, **dict(changes))  # type: ignore[arg-type] # by name


CASES: SearchStrategy[Case] = st.builds(
    _spoilt,
    user=st.sampled_from(["there", "shut", "missing", "root"]),
    changes=st.lists(_CHANGES, max_size=3),
    provisioning=st.booleans(),
    fetched=st.sampled_from(_OFTEN_FETCHED),
)

NEW = Case(user="missing", provisioning=True)
ONE_PER_ROW = {
    "1 token": Case(form="empty"),
    "2 enabled": Case(enabled=False),
    "2 form": Case(form="no claims", signer="nobody"),
    "3 claim": Case(claim="email", principal="no e-mail", issuer="foreign"),
    "3 principal": Case(lines="own", principal="somebody", letters="capitals", time="past"),
    "4 user": Case(user="missing", issuers="other"),
    "4p issuer": replace(NEW, issuer="foreign"),
    "fetch 4p": replace(NEW, fetched=True, keys="unreadable"),
    "4p signature": replace(NEW, signer="nobody", time="early"),
    "4p source": replace(NEW, issuers="none", issuer="absent"),
    "5 LOGIN": Case(user="shut", issuers="other", signer="other"),
    "6 issuer": Case(issuers="other", signer="other"),
    "fetch 6": Case(fetched=True, keys="unreadable", time="past"),
    "6 signature": Case(signer="other", time="past", letters="capitals"),
    "6 times": replace(NEW, time="past", audience=False),
    "6 reserved": Case(user="root", letters="capitals", audience=False),
    "6 audience": Case(audience=False, group_sync=True, groups="none"),
    "7 groups": Case(group_sync=True, groups="none"),
    "in": replace(NEW, fetched=True, claim="email", letters="capitals"),
}
"""For each row of the table a login that ends there, whatever the version."""

BY_VERSION = [
    Case(lines="own", letters="capitals"),
    Case(lines="elsewhere", letters="capitals"),
    Case(fetched=True, status="no discovery"),
    replace(NEW, fetched=True, status="no keys"),
]
"""Logins that end otherwise from 26.1 or 26.2 on."""
