"""Findings about SQL users: who shares one, and who gets power by logging in."""

from collections import defaultdict
from collections.abc import Iterator

from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.crdb.settings import Setting
from crdb_sso.registry.claims import Entry, Kind
from crdb_sso.verdict.access.ways_in import How, WayIn
from crdb_sso.verdict.findings.finding import Found, LineSentence, Severity, listed
from crdb_sso.verdict.findings.situation import Situation


def users_of_several_issuers(situation: Situation) -> Iterator[Found]:
    """Yield users whom the tokens of more than one issuer open."""
    by_user: defaultdict[str, list[WayIn]] = defaultdict(list)
    for way in situation.ways:
        if way.how is not How.NAME and not way.is_open:
            by_user[way.user].append(way)
    for user, ways in sorted(by_user.items()):
        issuers = {way.issuer for way in ways}
        if len(issuers) > 1:
            entries = tuple(dict.fromkeys(_entry(way) for way in ways))
            is_one_wish = len({way.line_whose.owners for way in ways}) == 1
            is_meant = is_one_wish and len(ways[0].line_whose.owners) == 1
            yield Found(
                f"{user} is opened by the tokens of {len(issuers)} issuers ({listed(issuers)}):"
                " what one of them signs is as good as what the other does, and the cluster's log"
                " is all that tells them apart.",
                "Give the principals of each issuer a user of their own, with the same roles.",
                entries,
                Severity.INFO if is_meant else None,
            )


def privileged_users(situation: Situation) -> Iterator[Found]:
    """Yield users that tokens log in as, and that may do more than use data."""
    for way in situation.ways:
        account = way.account
        if account is None or not account.rights or way.user in situation.allowed:
            continue
        power = f"{way.user} ({', '.join(right.words for right in account.rights)})"
        if way.is_open:
            before = f"A token of {way.issuer} whose {situation.claim} fits logs in as {power}, by "
            behind = ": the issuer alone decides whose does."
            yield Found(
                LineSentence(way.line, behind, before)
                if way.line
                else f"{before}no line at all{behind}",
                "Write lines for single principals, or take the power from the user.",
                (_entry(way),),
                Severity.WARNING,
            )
        else:
            yield Found(
                f"{way.subject} of {way.issuer} logs in as {power}: whoever gets hold of such a"
                " token has that power.",
                "Log in as a user without it, and give that one what it needs by roles; or accept"
                " it, if holders of the token should have that power.",
                (_entry(way),),
                None if account.is_admin else Severity.WARNING,
            )


def admins_by_groups(situation: Situation) -> Iterator[Found]:
    """Yield that the groups of a token may make its user an admin."""
    if not situation.is_on(Setting.GROUP_SYNC):
        return
    where = situation.text(Setting.GROUP_CLAIM)
    yield Found(
        f"Group sync is on: a token whose {where!r} names a group admin, or one with the name of"
        " a role with that power, makes its user an admin; nothing on the cluster keeps a group"
        f" from it. So whoever names groups at {listed(situation.issuers) or 'an issuer'} decides"
        " who is an admin here.",
        "Have the issuer put no such group into tokens for this cluster, or turn group sync off.",
    )


def _entry(way: WayIn) -> Entry:
    if way.how is How.NAME:
        return Entry(Kind.ISSUER, way.issuer)
    return Entry.of(MapLine(way.issuer, way.subject, way.template))
