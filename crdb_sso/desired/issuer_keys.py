"""The key that an issuer of your own is to sign with, and when another one takes its place."""

from dataclasses import dataclass, field
from datetime import timedelta

from crdb_sso.desired.unknown import Text
from crdb_sso.tokens.own_keys import OwnKeys


@dataclass(frozen=True, slots=True)
class WantedKey:
    """The key that a program wants.

    Attributes:
        component: The name of its component, for people.
        algorithm: What a key is made for; "" if one is given.
        public_key: The public half of a given key, JWK text; "" if one is made.
        rotation: Any text; another one replaces a key that is made here.
        overlap: How long a key stays published that signs no more.
    """

    component: Text
    algorithm: Text
    public_key: Text
    rotation: Text
    overlap: timedelta

    @property
    def name(self) -> str:
        """The component's name, as lines for people show it."""
        return str(self.component)

    @property
    def is_known(self) -> bool:
        """Whether it is certain which key this is."""
        return all(isinstance(text, str) for text in (self.algorithm, self.public_key))


@dataclass(frozen=True, slots=True)
class KeptKey:
    """What a state has.

    Attributes:
        wanted: What the program wanted.
        keys: The public keys.
        private_key: PEM, "" if the key was given.
    """

    wanted: WantedKey
    keys: OwnKeys
    private_key: str = field(repr=False)

    def is_without_key(self, wanted: WantedKey) -> bool:
        """Tell whether the key that should be made is not there, as after an edit by hand."""
        return bool(wanted.algorithm) and not self.private_key

    def is_rotated_by(self, wanted: WantedKey) -> bool:
        """Tell whether another key signs from now on; leaving `rotation` out changes nothing."""
        before = self.wanted
        return (
            (bool(wanted.rotation) and wanted.rotation != before.rotation)
            or (wanted.algorithm, wanted.public_key) != (before.algorithm, before.public_key)
            or self.is_without_key(wanted)
        )
