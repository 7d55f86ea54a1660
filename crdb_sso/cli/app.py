"""`crdb-sso`: what an operator does by hand to a cluster that stacks share.

Exit codes: 0 done; 1 the cluster, or a guard, said no; 2 wrong arguments; 3 not confirmed; 4 keys
wait for `pulumi up`.
"""

import argparse
import json
import os
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.prompt import Confirm
from rich.table import Table

from crdb_sso.adopt.adoption import adoption_of, named_users
from crdb_sso.adopt.program import config_text, program_text
from crdb_sso.clients.cluster import Names, open_cluster
from crdb_sso.clients.operation import Operation, carry_out, with_claimed_users
from crdb_sso.clients.published_keys import Publisher, look_for_rotation
from crdb_sso.clients.statements import RegistryTables, registry_script
from crdb_sso.crdb.user_names import check_database_name, check_role_name
from crdb_sso.errors import CrdbSsoError, GuardRefused, InvalidInput
from crdb_sso.plan.inputs import ClusterState, OwnerRequest
from crdb_sso.plan.planner import plan_changes
from crdb_sso.preview.removals import going_lines
from crdb_sso.preview.rotation import rotation_lines
from crdb_sso.registry.claims import Claim, Kind

DONE, REFUSED, WRONG_USE, NOT_CONFIRMED, UP_IS_DUE = 0, 1, 2, 3, 4

DEFAULT_DATABASE = "crdb_sso"
URL_VARIABLE = "CRDB_SSO_CLUSTER_URL"


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command; return the exit code."""
    options = _parser().parse_args(arguments)
    screen, errors = Console(), Console(stderr=True)
    try:
        check_database_name(options.database)
        code: int = options.command(options, screen)
    except InvalidInput as exc:
        _say(errors, f"crdb-sso: {exc}")
        return WRONG_USE
    except CrdbSsoError as exc:
        _say(errors, f"crdb-sso: {exc}")
        return REFUSED
    return code


def _say(screen: Console, text: str) -> None:
    """Print a text as it is: no markup, no colours, no line breaks of our own."""
    screen.out(text, highlight=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="crdb-sso",
        description="Look after a CockroachDB cluster whose SSO settings several stacks share.",
        epilog="Exit codes: 0 done, 1 the cluster or a guard said no, 2 wrong arguments,"
        " 3 not confirmed, 4 keys wait for `pulumi up`.",
    )
    parser.add_argument(
        "--cluster-url",
        default=os.environ.get(URL_VARIABLE, ""),
        help=f"libpq URL of the operator; by default ${URL_VARIABLE}",
    )
    parser.add_argument("--database", default=DEFAULT_DATABASE, help="where the claim tables are")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    init = commands.add_parser("init", help="make the claim tables for operators who are no admins")
    init.add_argument("--registry-role", required=True, help="the role that may use them")
    init.add_argument("--print-sql", action="store_true", help="print the statements, do nothing")
    init.set_defaults(command=_init)
    claims = commands.add_parser("claims", help="what stacks have claimed")
    actions = claims.add_subparsers(required=True, metavar="ACTION")
    listed = actions.add_parser("list", help="show all claims")
    listed.add_argument("--owner", help="of this owner only")
    listed.add_argument("--json", action="store_true", help="as JSON")
    listed.set_defaults(command=_list)
    released = actions.add_parser("release", help="take away what a dead stack left")
    released.add_argument("owner", help="organization/project/stack/resource, as `list` shows it")
    released.add_argument("--yes", action="store_true", help="do not ask")
    released.set_defaults(command=_release)
    adopt = commands.add_parser("adopt", help="print a program that says what is on a cluster")
    adopt.add_argument("--project", default="sso", help="name of the Pulumi project to be")
    adopt.add_argument("--stack", default="prod", help="name of its stack")
    adopt.add_argument(
        "--take-over", action="store_true", help="what is there goes when the stack goes"
    )
    adopt.add_argument("--config", action="store_true", help="print the stack's configuration")
    adopt.set_defaults(command=_adopt)
    rotate = commands.add_parser("rotate", help="whether issuers have new keys for `pulumi up`")
    rotate.add_argument("--check", action="store_true", required=True, help="look, write nothing")
    rotate.add_argument("--owner", required=True, help="as `claims list` shows it")
    rotate.add_argument(
        "--ca-file",
        action="append",
        default=[],
        metavar="ISSUER=PATH",
        help="PEM file with the private CA of an issuer's server; may be repeated",
    )
    rotate.set_defaults(command=_rotate)
    return parser


def _url(options: argparse.Namespace) -> str:
    if not options.cluster_url:
        raise InvalidInput(
            "no cluster is named", hint=f"Give --cluster-url, or set {URL_VARIABLE}."
        )
    return str(options.cluster_url)


# init


def _init(options: argparse.Namespace, screen: Console) -> int:
    """Make the claim tables, and let a role use them."""
    role: str = options.registry_role
    check_role_name(role)
    if options.print_sql:
        _say(screen, registry_script(RegistryTables(options.database), role))
        return DONE
    with open_cluster(_url(options), database=options.database) as cluster:
        cluster.prepare(role)
    _say(screen, f'{options.database} is ready. For each operator: GRANT "{role}" TO ...;')
    return DONE


# claims


def _list(options: argparse.Namespace, screen: Console) -> int:
    """Show the claims."""
    with open_cluster(_url(options), database=options.database) as cluster:
        claims = _claims(cluster.read(Names()))
    shown = sorted(
        (c for c in claims if options.owner in (None, c.owner)), key=lambda c: (c.owner, c.entry)
    )
    if options.json:
        _say(screen, json.dumps([_as_json(claim) for claim in shown], indent=2))
    else:
        screen.print(_table(shown))
    return DONE


def _claims(live: ClusterState) -> tuple[Claim, ...]:
    return live.registry.claims if live.registry else ()


def _as_json(claim: Claim) -> dict[str, str | bool]:
    return {
        "owner": claim.owner,
        "kind": claim.entry.kind.value,
        "entry": claim.entry.name,
        "found": claim.found,
        "since": claim.since.isoformat() if claim.since else "",
    }


def _table(claims: Iterable[Claim]) -> Table:
    table = Table("owner", "kind", "entry", "was there before", "since")
    last = ""
    for claim in claims:
        owner = claim.owner if claim.owner != last else ""
        last = claim.owner
        since = f"{claim.since:%Y-%m-%d}" if claim.since else ""
        found = "yes" if claim.found else ""
        cells = (owner, claim.entry.kind.value, claim.entry.name, found, since)
        table.add_row(*(cell.replace("[", r"\[") for cell in cells))
    return table


def _release(options: argparse.Namespace, screen: Console) -> int:
    """Do what the owner's own `pulumi destroy` would, once a person has seen what that is."""
    url, wanted = _url(options), OwnerRequest(options.owner, {})
    for line in _would_go(url, options.database, wanted):
        _say(screen, line)
    question = f"Release all claims of {options.owner}?"
    if not options.yes and not Confirm.ask(question, console=screen, default=False):
        return NOT_CONFIRMED
    carry_out(Operation(url, options.database, wanted, Names(), lambda line: _say(screen, line)))
    _say(screen, f"released: {options.owner}")
    return DONE


def _would_go(url: str, database: str, wanted: OwnerRequest) -> list[str]:
    """Return what a release takes away as the cluster stands now.

    Raises:
        GuardRefused: The owner has no claims; names those who have.
    """
    with open_cluster(url, database=database) as cluster:
        live = cluster.read(Names())
        wanted = wanted.knowing(live.registry)
        owners = sorted({claim.owner for claim in _claims(live)})
        if not wanted.owners & set(owners):
            raise GuardRefused(
                f"{wanted.owner} has no claims on this cluster",
                hint=f"Those who have: {', '.join(owners) or 'nobody'}.",
            )
        live = with_claimed_users(cluster, live, Names(), wanted.owners)
    return going_lines(plan_changes(live, wanted))


# adopt


def _adopt(options: argparse.Namespace, screen: Console) -> int:
    """Print the program, or the configuration, that reproduces what a cluster has."""
    if options.config:
        _say(screen, config_text(project=options.project, stack=options.stack))
        return DONE
    with open_cluster(_url(options), database=options.database) as cluster:
        live = cluster.read(Names())
        live = cluster.read_users(live, Names(named_users(live)))
    database = "" if options.database == DEFAULT_DATABASE else options.database
    text = program_text(adoption_of(live), take_over=options.take_over, registry_database=database)
    _say(screen, text)
    return DONE


# rotate


def _rotate(options: argparse.Namespace, screen: Console) -> int:
    """Compare what the owner's issuers publish with what it has on the cluster."""
    url = _url(options)
    with open_cluster(url, database=options.database) as cluster:
        mine = [c for c in _claims(cluster.read(Names())) if c.owner == options.owner]
    ca_files = dict(_ca_file(text) for text in options.ca_file)
    publishers, given = [], {}
    for claim in mine:
        if claim.entry.kind is Kind.ISSUER and claim.text:
            issuer = claim.entry.name
            publishers.append(Publisher(issuer, claim.text, ca_files.get(issuer)))
        elif claim.entry.kind is Kind.ISSUER:
            _say(screen, f"  {claim.entry.name}: its keys are given by the program, not looked at")
            given = {c.entry.name: c.text for c in mine if c.entry.kind is Kind.KEY}
    found = look_for_rotation(url, options.database, options.owner, publishers, given)
    for line in rotation_lines(found):
        _say(screen, line)
    return UP_IS_DUE if found.needs_up else DONE


def _ca_file(text: str) -> tuple[str, str]:
    issuer, equals, path = text.rpartition("=")
    if not equals or not issuer or not path:
        raise InvalidInput(
            f"--ca-file {text!r} names no issuer and file",
            hint="Write e.g. --ca-file https://idp.example.com=ca.pem",
        )
    return issuer, path
