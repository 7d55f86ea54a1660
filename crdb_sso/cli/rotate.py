"""`crdb-sso rotate`: whether issuers have new keys for `pulumi up`."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated

import typer

from crdb_sso.cli.cluster_options import (
    DatabaseOption,
    JsonOption,
    UrlOption,
    check_owner,
    chosen_database,
    chosen_url,
)
from crdb_sso.cli.exit_codes import UP_IS_DUE, WRONG_USE
from crdb_sso.cli.screen import say, say_aside, say_json
from crdb_sso.clients.cluster import Names, open_cluster
from crdb_sso.clients.issuers.discovery import is_of_unknown_ca
from crdb_sso.clients.issuers.published_keys import Look, Publisher, look_for_rotation
from crdb_sso.desired.fetched_keys import AUTO_FETCH
from crdb_sso.errors import DiscoveryFailed, InvalidInput
from crdb_sso.preview.commands.rotation import freshness_lines, rotation_lines
from crdb_sso.registry.claims import Claim, Kind

_NAME_CA = (
    "If a private CA signs this server's certificate, name its file: --ca-file ISSUER=PATH, as the"
    " program does with `ca_file`."
)


def rotate(
    context: typer.Context,
    *,
    owner: Annotated[str, typer.Option("--owner", help="as `claims list` shows it")],
    check: Annotated[bool, typer.Option("--check", help="look, write nothing")] = False,
    ca_file: Annotated[
        list[str] | None,
        typer.Option(
            "--ca-file",
            metavar="ISSUER=PATH",
            help="PEM file with the private CA of an issuer's server; may be repeated",
        ),
    ] = None,
    as_json: JsonOption = False,
    cluster_url: UrlOption = None,
    database: DatabaseOption = None,
) -> None:
    """Tell whether issuers have new keys for `pulumi up`."""
    if not check:
        say_aside("crdb-sso: `pulumi up` rotates keys; --check tells whether that is due")
        raise typer.Exit(WRONG_USE)
    check_owner(owner)
    url, where = chosen_url(context, cluster_url), chosen_database(context, database)
    with open_cluster(url, database=where) as cluster:
        mine = cluster.read(Names()).claims_of(owner)
    ca_files = dict(_ca_file(text) for text in ca_file or ())
    unchecked = sorted(_given_by_programs(mine))
    given = {c.entry.name: c.text for c in mine if c.entry.kind is Kind.KEY} if unchecked else {}
    publishers = list(_publishers(mine, ca_files))
    try:
        look = look_for_rotation(url, where, owner, publishers, given)
    except DiscoveryFailed as error:
        if is_of_unknown_ca(error):
            raise DiscoveryFailed(error.what, hint=_NAME_CA) from error
        raise
    if as_json:
        say_json(_as_json(look, unchecked))
    else:
        for line in _lines(look, unchecked):
            say(line)
    if look.rotation.needs_up:
        raise typer.Exit(UP_IS_DUE)


def _lines(look: Look, unchecked: Sequence[str]) -> Iterator[str]:
    for issuer in unchecked:
        yield f"  {issuer}: not checked, the program gives its keys"
    for issuer, reason in sorted(look.not_reached.items()):
        yield f"  {issuer}: not checked: {reason}"
    yield from freshness_lines(look.freshness)
    if look.is_fetched:
        yield "the nodes fetch the keys: there is nothing to rotate"
    else:
        yield from rotation_lines(look.rotation, is_checked=bool(look.freshness))


def _given_by_programs(claims: Collection[Claim]) -> Iterator[str]:
    """Yield the issuers whose keys nobody fetches."""
    for claim in claims:
        if claim.entry.kind is Kind.ISSUER and not claim.text and not _is_fetched(claims):
            yield claim.entry.name


def _publishers(claims: Collection[Claim], ca_files: Mapping[str, str]) -> Iterator[Publisher]:
    for claim in claims:
        if claim.entry.kind is Kind.ISSUER and (claim.text or _is_fetched(claims)):
            yield Publisher(claim.entry.name, claim.text or None, ca_files.get(claim.entry.name))


def _is_fetched(claims: Collection[Claim]) -> bool:
    return any(claim.entry == AUTO_FETCH for claim in claims)


def _as_json(look: Look, unchecked: Sequence[str]) -> dict[str, object]:
    found = look.rotation
    return {
        "new": list(found.new),
        "missing": list(found.missing),
        "retired": list(found.retired),
        "due": list(found.due),
        "waiting": {kid: until.isoformat() for kid, until in sorted(found.waiting.items())},
        "not_checked": sorted({*unchecked, *look.not_reached}),
        "needs_up": found.needs_up,
        "needs_refresh": found.needs_refresh,
        "fetched": look.is_fetched,
        "caching": {
            issuer: {
                "cache_control": fresh.cache_control,
                "expires": fresh.expires,
                "fresh_s": fresh.lasts_s,
            }
            for issuer, fresh in sorted(look.freshness.items())
        },
    }


def _ca_file(text: str) -> tuple[str, str]:
    issuer, equals, path = text.rpartition("=")
    if not equals or not issuer or not path:
        raise InvalidInput(
            f"--ca-file {text!r} does not name an issuer and a file",
            hint="Write e.g. --ca-file https://idp.example.com=ca.pem",
        )
    return issuer, path
