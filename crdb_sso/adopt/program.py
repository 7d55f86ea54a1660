"""The program and the configuration that declare what was adopted.

The text is laid out as ruff and black do it at 100 columns: whatever might not fit on one line is
split, with the trailing comma that keeps it split. Text written by others gets in only as Python
literals and printable comments.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from shlex import quote
from textwrap import wrap

from crdb_sso.adopt.adoption import AdoptedLogin, Adoption
from crdb_sso.adopt.entries import Foreign
from crdb_sso.adopt.names import component_names, resource_name
from crdb_sso.adopt.options import Options
from crdb_sso.desired.provisioning import DEFAULT_GROUPS, GROUP_NAMES
from crdb_sso.printing import cut, printable
from crdb_sso.tokens import entra, google

LINE_LENGTH = 100

LONGEST_REASON = 400
"""Longest text, in characters, for one foreign thing and its reason."""

IN_CHECKOUT, IN_PACKAGE = "components", "crdb_sso.components"
"""Under which name a program imports the components."""

_STEP = "    "

_DOCSTRING = '''\
"""Logins to a CockroachDB cluster, as they were when this program was written.

{promise}
"""
'''

_FOUND = """\
The first `pulumi up` claims them and changes nothing. They count as found: removing one here, or
running `pulumi destroy`, leaves it on the cluster."""

_TAKEN_OVER = """\
The first `pulumi up` claims them and changes nothing. They are taken over: removing one here, or
running `pulumi destroy`, removes it from the cluster."""

_KEYS = (
    "All usable keys that are pinned on the cluster. The cluster does not say whose they are, so"
    " each issuer gets all of them. Remove `jwks` from an issuer, and from then on each `pulumi up`"
    " fetches the keys that it publishes."
)

_CLAIM = (
    "Principals are values of the tokens' claim {claim}, for all logins to the cluster: the"
    " subjects below are such values. This program leaves that setting alone."
)

_GOOGLE = (
    "Google service accounts. Next step: one GcpIdentity from {components}.gcp for each of them:"
    ' GcpIdentity(name, {{"existing_email": ..., "audience": ...}}).'
)

_ENTRA = (
    "Microsoft Entra ID. Next step: an AzureAudience from {components}.azure, and for each"
    ' identity: AzureIdentity(name, {{"existing_principal_id": ..., "audience": ...}}).'
)

_FOREIGN = "These stay on the cluster as they are, outside this program:"


def program_text(
    adoption: Adoption,
    *,
    take_over: bool = False,
    registry_database: str = "",
    components: str = IN_CHECKOUT,
) -> str:
    """Return the Python program, a `__main__.py`, that declares what was adopted.

    Args:
        adoption: What to declare.
        take_over: Whether the entries are removed with the stack.
        registry_database: Database of the claim tables, "" for the default.
        components: Under which name it imports the components.
    """
    names = component_names(adoption.issuers, adoption.audiences)
    given = ['"take_over": True'] if take_over else []
    if registry_database:
        given.append(f'"registry_database": {literal(registry_database)}')
    options = [*_options(adoption.options), *(f"{_STEP * 2}{option}," for option in given)]
    return "\n".join(
        [
            _DOCSTRING.format(promise=_TAKEN_OVER if take_over else _FOUND),
            *_imports(adoption, components),
            *_keys(adoption.keys),
            "config = pulumi.Config()",
            "",
            *_issuers(adoption, names, components),
            *_cluster_sso(adoption, _logins(adoption, names), options),
            'pulumi.export("connect", sso.connect)',
            *_foreign(adoption.foreign),
            "",
        ]
    )


def config_text(*, project: str, stack: str) -> str:
    """Return the start of a `Pulumi.<stack>.yaml`, with the commands that set its one secret.

    Args:
        project: Name of the Pulumi project.
        stack: Name of the stack, with or without its organization.
    """
    of_stack = f"--stack {quote(stack)}"
    file = f"Pulumi.{stack.rpartition('/')[2]}.yaml"
    return f"""\
# {file}, beside the program. The only thing that the program needs is the operator's
# libpq URL, a secret: these commands ask for it and store it here, encrypted.
#
#     pulumi stack select --create {of_stack}
#     pulumi config set --secret {of_stack} {quote(f"{project}:clusterUrl")}
#
# Leave its password to PGPASSWORD, or use a client certificate.
config: {{}}
"""


def _imports(adoption: Adoption, components: str) -> list[str]:
    ours = "ClusterSso, OidcIssuer" if adoption.logins else "ClusterSso"
    between = [""] if components == IN_CHECKOUT else []  # a package stands beside Pulumi
    return ["import pulumi", *between, f"from {components} import {ours}", ""]


def _keys(keys: Mapping[str, str]) -> Iterator[str]:
    if not keys:
        return
    texts = ",\n".join(keys.values())
    raw = "r" if "\\" in texts else ""
    yield from _comment(_KEYS)
    yield f'JWKS = {raw}"""{{"keys": ['
    yield texts
    yield ']}"""'
    yield ""


def _issuers(
    adoption: Adoption, names: Mapping[tuple[str, str], str], components: str
) -> Iterator[str]:
    for issuer, jwks_uri in adoption.issuers.items():
        yield from _comment(_next_step(issuer).format(components=components))
        for audience in adoption.audiences:
            name = names[issuer, audience]
            yield f"{name} = OidcIssuer("
            yield f"{_STEP}{literal(resource_name(name))},"
            yield f"{_STEP}{{"
            yield f'{_STEP * 2}"issuer": {literal(issuer)},'
            yield f'{_STEP * 2}"audience": {literal(audience)},'
            if jwks_uri:
                yield f'{_STEP * 2}"jwks_uri": {literal(jwks_uri)},'
            if not adoption.fetched:
                yield f'{_STEP * 2}"jwks": JWKS,'
            yield f"{_STEP}}},"
            yield ")"
        yield ""


def _next_step(issuer: str) -> str:
    """Return the next step for a cloud's issuer, "" for any other."""
    if issuer == google.ISSUER:
        return _GOOGLE
    is_entra = any(
        issuer.startswith((f"{cloud.authority}/", f"{cloud.issuer_v1}/"))
        for cloud in entra.CLOUDS.values()
    )
    return _ENTRA if is_entra else ""


def _cluster_sso(
    adoption: Adoption, logins: Iterable[str], options: Iterable[str]
) -> Iterator[str]:
    if adoption.claim:
        yield from _comment(_CLAIM.format(claim=literal(adoption.claim)))
    yield "sso = ClusterSso("
    yield f'{_STEP}"sso",'
    yield f"{_STEP}{{"
    yield f'{_STEP * 2}"cluster_url": config.require_secret("clusterUrl"),'
    yield f'{_STEP * 2}"keys": "{"fetched" if adoption.fetched else "pinned"}",'
    yield from options
    yield from logins
    yield f"{_STEP}}},"
    yield ")"


def _options(options: Options) -> Iterator[str]:
    """Yield what tokens may create or grant; names that are the default are left out."""
    if options.auto_provisioning:
        yield f'{_STEP * 2}"auto_provisioning": True,'
    if options.group_sync is not None:
        texts = {field: getattr(options.group_sync, field) for field in GROUP_NAMES}
        named = {field: text for field, text in texts.items() if text != DEFAULT_GROUPS}
        parts = [f"{literal(field)}: {literal(text)}" for field, text in named.items()]
        yield from _laid_out(2, '"group_sync": {', parts, "},")


def _logins(adoption: Adoption, names: Mapping[tuple[str, str], str]) -> Iterator[str]:
    if not adoption.logins:
        yield f'{_STEP * 2}"logins": {{}},  # see the reasons below'
        return
    yield f'{_STEP * 2}"logins": {{'
    for user, login in adoption.logins.items():
        yield f"{_STEP * 3}{literal(user)}: {{"
        yield f'{_STEP * 4}"identities": ['
        for arguments in _subjects(login, adoption.audiences, names):
            yield from _laid_out(5, f"{arguments[0]}.subject(", arguments[1:], "),")
        yield f"{_STEP * 4}],"
        if login.roles:
            yield from _laid_out(4, '"roles": [', [literal(role) for role in login.roles], "],")
        if not login.may_login:
            yield f'{_STEP * 4}"login": False,'
        if login.is_privileged:
            yield f'{_STEP * 4}"allow_privileged": True,'
        yield f"{_STEP * 3}}},"
    yield f"{_STEP * 2}}},"


def _subjects(
    login: AdoptedLogin, audiences: Collection[str], names: Mapping[tuple[str, str], str]
) -> Iterator[tuple[str, ...]]:
    """Yield component, subject and, where the subject alone is ambiguous, a name of its own."""
    named = set()
    for principal in login.principals:
        for audience in audiences:
            name = names[principal.issuer, audience]
            label = f"{principal.subject} of {resource_name(name)}"
            is_taken = principal.subject in named
            named.add(principal.subject)
            own_name = (f"name={literal(label)}",) if is_taken else ()
            yield name, literal(principal.subject), *own_name


def _foreign(foreign: Sequence[Foreign]) -> Iterator[str]:
    if foreign:
        yield ""
        yield from _comment(_FOREIGN)
    for thing in foreign:
        yield from _comment(f"{thing.what}: {thing.reason}.", mark="* ")


# layout


def literal(text: str) -> str:
    """Return a text as Python source, with the quotes and escapes that formatters prefer."""
    is_plain = text.isprintable() and '"' not in text and "'" not in text
    if is_plain and "\\" in text and not text.endswith("\\"):
        return f'r"{text}"'
    mark = "'" if text.count('"') > text.count("'") else '"'
    return mark + "".join(_escaped(char, mark) for char in text) + mark


def _escaped(char: str, mark: str) -> str:
    if char in (mark, "\\"):
        return "\\" + char
    return char if char.isprintable() else char.encode("unicode_escape").decode("ascii")


def _laid_out(depth: int, opening: str, parts: Sequence[str], closing: str) -> Iterator[str]:
    """Yield one line if it is sure to fit, else one for each part."""
    flat = f"{_STEP * depth}{opening}{', '.join(parts)}{closing}"
    if _width(flat) <= LINE_LENGTH:
        yield flat
        return
    yield f"{_STEP * depth}{opening}"
    for part in parts:
        yield f"{_STEP * (depth + 1)}{part},"
    yield f"{_STEP * depth}{closing}"


def _width(line: str) -> int:
    """Return the most columns that a line can take: some letters are two wide."""
    return sum(1 if char.isascii() else 2 for char in line)


def _comment(text: str, mark: str = "") -> Iterable[str]:
    """Return any text as comment lines."""
    return wrap(
        cut(re.sub(" +", " ", printable(text)), LONGEST_REASON),
        LINE_LENGTH,
        initial_indent=f"# {mark}",
        subsequent_indent=f"# {' ' * len(mark)}",
        break_on_hyphens=False,
        break_long_words=False,
    )
