"""The keys of an issuer of your own, made here or given: in the state, and nowhere else.

A private key that is made here is an output, encrypted in the state. Only another `rotation` or
`algorithm` replaces it. The last key stays published for the overlap. This module's path and the
names in it are stored in stacks' states: see README.md next to this file.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timezone

import pulumi
from pulumi import dynamic

from crdb_sso.desired.issuer_keys import KeptKey, WantedKey
from crdb_sso.desired.unknown import known
from crdb_sso.errors import InvalidInput
from crdb_sso.preview.issuer_keys import NOT_KNOWN_YET, first_key_line, rotation_lines
from crdb_sso.provider import log
from crdb_sso.provider.engine_errors import for_engine, told
from crdb_sso.provider.inputs import LONGEST_WAIT_H, SECRET_INPUTS
from crdb_sso.provider.property_types import Hours, Problem, PropertyBag, Text, TextMap
from crdb_sso.provider.rows import Input, Shape
from crdb_sso.provider.secret_inputs import secret_pointers
from crdb_sso.tokens.jwk import PublicKey
from crdb_sso.tokens.jwks import parse_given, public_text
from crdb_sso.tokens.own_keys import OwnKeys
from crdb_sso.tokens.private_keys import check_algorithm, made_key, public_half


def _algorithm(text: str) -> None:
    if text:
        check_algorithm(text)


def _component(text: str) -> None:
    if not text:
        raise InvalidInput("the component has no name", hint="Give one.")


def _public_key(text: str) -> None:
    if text and len(parse_given(text).keys) > 1:
        raise InvalidInput("it is more than one key", hint="Give the one that signs.")


COMPONENT: Input[object] = Input("component", Text(check=_component, is_required=True))
ALGORITHM: Input[object] = Input("algorithm", Text(check=_algorithm))
PRIVATE_KEY: Input[object] = Input("private_key", Text(is_secret=True))
KID: Input[object] = Input("kid", Text())
KEYS: Input[object] = Input("keys", TextMap(public_text, unknown={}, absent={}))
RETIRING: Input[object] = Input(
    "retiring", TextMap(lambda _kid, time: datetime.fromisoformat(time), {}, {})
)

INPUTS: tuple[Input[object], ...] = (
    COMPONENT,
    ALGORITHM,
    Input("public_key", Text(check=_public_key)),
    Input("rotation", Text()),
    Input("overlap_h", Hours(LONGEST_WAIT_H), field="overlap"),
    Input(SECRET_INPUTS.name, SECRET_INPUTS.type, field=None),
)
OUTPUTS: tuple[Input[object], ...] = (PRIVATE_KEY, KID, KEYS, RETIRING)
_WANTED: Shape[WantedKey] = Shape(WantedKey, INPUTS)
_ALL: Shape[object] = Shape(dict, (*INPUTS, *OUTPUTS))


class IssuerKeysProvider(dynamic.ResourceProvider):
    """Makes and rotates keys. Pickled into state by its import path alone."""

    serialize_as_secret_always = False  # it captures nothing, and only the private key is secret

    @for_engine
    def check(self, olds: PropertyBag, news: PropertyBag) -> dynamic.CheckResult:
        """Check the inputs; for a new resource say what `up` will do, as diff() is not called."""
        found = list(_problems(news))
        if not found and not olds.get(COMPONENT.name):
            wanted = _WANTED.made(_inputs_of(news))
            log.info(first_key_line(wanted.name, wanted.algorithm, _kid(wanted)))
        return dynamic.CheckResult(_inputs_of(news), [told(problem, news) for problem in found])

    @for_engine
    def diff(self, _id: str, olds: PropertyBag, news: PropertyBag) -> dynamic.DiffResult:
        """Compare what is there with what is wanted, and say what a rotation means."""
        is_same = _inputs_of(olds) == _inputs_of(news)
        before, wanted = _kept(olds), _WANTED.made(_inputs_of(news))
        if isinstance(wanted.component, str) and not is_same:
            log.info(*_lines(before, wanted, _now()))
        return dynamic.DiffResult(changes=not is_same or before.is_without_key(wanted))

    @for_engine
    def create(self, props: PropertyBag) -> dynamic.CreateResult:
        """Make the first key, or take the one that is given."""
        wanted = _WANTED.made(_inputs_of(props))
        private_key, public = _key_of(wanted)
        outs = _outputs(private_key, OwnKeys.of(public))
        return dynamic.CreateResult(wanted.name, _inputs_of(props) | outs)

    @for_engine
    def read(self, id_: str, props: PropertyBag) -> dynamic.ReadResult:
        """Return what the state has: there is no other place."""
        inputs = _inputs_of(props)
        outs = {row.name: props[row.name] for row in OUTPUTS if row.name in props}
        return dynamic.ReadResult(id_, inputs | outs, inputs)

    @for_engine
    def update(self, _id: str, olds: PropertyBag, news: PropertyBag) -> dynamic.UpdateResult:
        """Rotate if that is asked for; else keep the key."""
        before, wanted, now = _kept(olds), _WANTED.made(_inputs_of(news)), _now()
        private_key, keys = before.private_key, before.keys.kept(now, wanted.overlap)
        if before.is_rotated_by(wanted):
            private_key, public = _key_of(wanted)
            keys = before.keys.rotated(public, now, wanted.overlap)
        return dynamic.UpdateResult(_inputs_of(news) | _outputs(private_key, keys))


class IssuerKeys(dynamic.Resource, module="crdb-sso", name="IssuerKeys"):
    """The keys of an issuer of your own; made by `components.SelfIssuer`.

    Attributes:
        private_key: The key that signs, PEM; "" if it was given. A secret.
        kid: Its kid.
        keys: The public keys, JWK text by kid.
        retiring: Until when each of the others is published, ISO 8601, by kid.
    """

    private_key: pulumi.Output[str]
    kid: pulumi.Output[str]
    keys: pulumi.Output[Mapping[str, str]]
    retiring: pulumi.Output[Mapping[str, str]]

    def __init__(
        self, resource_name: str, props: PropertyBag, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare the resource; the properties are the rows above."""
        secrets = pulumi.ResourceOptions(additional_secret_outputs=[PRIVATE_KEY.name])
        super().__init__(
            IssuerKeysProvider(),
            resource_name,
            {
                **props,
                SECRET_INPUTS.name: secret_pointers(props),
                **{row.name: None for row in OUTPUTS},
            },
            pulumi.ResourceOptions.merge(opts, secrets),
        )


def _kept(state: PropertyBag) -> KeptKey:
    """Read a state."""
    keys = OwnKeys.read(*(state.get(row.name) for row in (KID, KEYS, RETIRING)))
    wanted = _WANTED.made(_inputs_of(state))
    return KeptKey(wanted, keys, str(state.get(PRIVATE_KEY.name) or ""))


def _problems(props: PropertyBag) -> Iterator[Problem]:
    given = {name: value for name, value in props.items() if not name.startswith("__")}
    yield from _ALL.problems("", given)
    wanted = _WANTED.made(_inputs_of(props))
    if bool(wanted.algorithm) == bool(wanted.public_key):
        yield Problem(
            ALGORITHM.name, "a key is either made for an algorithm, or given: one of both"
        )


def _inputs_of(props: PropertyBag) -> dict[str, object]:
    return {row.name: props[row.name] for row in INPUTS if props.get(row.name) is not None}


def _outputs(private_key: str, keys: OwnKeys) -> dict[str, object]:
    return {
        PRIVATE_KEY.name: private_key,
        KID.name: keys.kid,
        KEYS.name: dict(keys.texts),
        RETIRING.name: {kid: until.isoformat() for kid, until in keys.until.items()},
    }


def _key_of(wanted: WantedKey) -> tuple[str, PublicKey]:
    """Return a private key, "" if it is given elsewhere, and the public one."""
    if wanted.algorithm:
        pem = made_key(known(wanted.algorithm))
        return pem, public_half(pem)
    (key,) = parse_given(known(wanted.public_key)).keys
    return "", key


def _kid(wanted: WantedKey) -> str:
    given = wanted.public_key
    return parse_given(given).keys[0].kid if isinstance(given, str) and given else ""


def _lines(before: KeptKey, wanted: WantedKey, now: datetime) -> Iterator[str]:
    """Yield what an update does."""
    name, keys = wanted.name, before.keys
    if not wanted.is_known or not isinstance(wanted.rotation, str):
        yield NOT_KNOWN_YET.format(name)
        return
    if not before.is_rotated_by(wanted):
        yield from rotation_lines(name, keys, keys.kept(now, wanted.overlap), "")
        return
    made = known(wanted.algorithm)
    key = PublicKey("", "") if made else _key_of(wanted)[1]
    yield from rotation_lines(name, keys, keys.rotated(key, now, wanted.overlap), made)


def _now() -> datetime:
    return datetime.now(timezone.utc)
