"""Ways to log in, in words: what a token says, who it becomes, whose it is, what is in the way."""

from crdb_sso.crdb.privileges import MEMBER_OF_ADMIN
from crdb_sso.verdict.access.views import Account
from crdb_sso.verdict.access.ways_in import How, WayIn
from crdb_sso.verdict.access.whose import Origin, Whose

HEADINGS = ("token says", "logs in as", "roles and rights", "whose", "last login", "now")
"""What stands above the words of `row`."""

NO_ISSUER = "(tokens without an issuer)"
WORKS = "works"


def row(way: WayIn) -> tuple[str, str, str, str, str, str]:
    """Return a way in words, for the columns of HEADINGS."""
    who = (token_says(way), logs_in_as(way), roles_and_rights(way))
    return (*who, whose(way), last_login(way.account), now(way))


def issuer_of(way: WayIn) -> str:
    """Return the issuer of the tokens."""
    return way.issuer or NO_ISSUER


def token_says(way: WayIn) -> str:
    """Return the subject or the regular expression that a token has to fit."""
    return "the name of the user" if way.how is How.NAME else way.subject


def logs_in_as(way: WayIn) -> str:
    """Return the user that a token becomes."""
    if way.user:
        return way.user
    return "any other user" if way.how is How.NAME else f"any other {way.template}"


def roles_and_rights(way: WayIn) -> str:
    """Return what the user is a member of, and what it may do besides using data."""
    if way.is_made:
        return "made at the first login"
    if way.account is None:
        return ""
    rights = [one.words for one in way.account.rights if one != MEMBER_OF_ADMIN]
    return ", ".join([*sorted(way.account.roles), *rights])


def whose(way: WayIn) -> str:
    """Return whose the line and the user are; who made a user by logging in is said too."""
    line, user = of_whom(way.line_whose), of_whom(way.user_whose)
    if way.account and way.account.provision_source:
        by = way.account.provisioned_by or way.account.provision_source
        user = f"made by a login with a token of {by}"
    is_nobodys = way.account is None and not way.user_whose.owners
    if line == user or is_nobodys:
        return line
    entry = "issuer" if way.how is How.NAME else "line"
    return f"{entry}: {line}; user: {user}"


def of_whom(entry: Whose) -> str:
    """Return whose an entry is: `org/shop/prod/sso (found)`."""
    if not entry.owners:
        return entry.origin.value
    return ", ".join(entry.owners) + (" (found)" if entry.origin is Origin.FOUND else "")


def last_login(account: Account | None) -> str:
    """Return when a user last logged in, in UTC; "" if that is not known or never happened."""
    return f"{account.last_login:%Y-%m-%d %H:%M}" if account and account.last_login else ""


def now(way: WayIn) -> str:
    """Return what is in the way, or that nothing is known to be."""
    return "; ".join(one.value for one in way.obstacles) or WORKS
