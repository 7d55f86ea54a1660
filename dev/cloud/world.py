"""What exists in the imitated clouds: objects by id, fresh ids, refusals. No I/O."""

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

from typing_extensions import Self

from dev.cloud.values import Values

TENANT_ID = "8c1f6d2e-4b7a-4f35-9d0e-2a61c7b9e804"
SUBSCRIPTION_ID = "3e5a90b7-61d2-4c8f-a7e4-0d9b52f6c813"
DEFAULT_PROJECT = "acme-sandbox"
OPERATOR_CLIENT_ID = "d4b80f15-92c6-4e7a-b3a1-58f0e6c27d49"
OPERATOR_OBJECT_ID = "a97c3e60-15d8-4b2f-8f64-c0e1d7b5923a"

_OIDS = uuid.UUID(
    "6f2c0b1e-7d83-4a59-8e17-b4c65d90fa32"
)  # the namespace of the imitated clouds' GUIDs
_SMALLEST_UNIQUE_ID = 10**20  # the first number of 21 digits


class Refused(Exception):
    """A cloud said no; nothing was changed.

    Attributes:
        code: Name of the gRPC status for the engine.
    """

    def __init__(self, message: str, code: str = "UNKNOWN") -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Entry:
    """One object of a cloud.

    Attributes:
        type: Pulumi type token of its kind.
        inputs: What was asked for.
        outputs: Everything that its cloud says about it.
    """

    type: str
    inputs: Values
    outputs: Values


@dataclass
class World:
    """Everything that exists, and what is being written.

    Attributes:
        serial: Number of ids made so far.
        objects: By id.
        writing: Until when (seconds since the epoch) somebody is writing, by id.
        write_s: How many seconds a write takes where only one at a time is allowed.
    """

    serial: int = 0
    objects: dict[str, Entry] = field(default_factory=dict)
    writing: dict[str, float] = field(default_factory=dict)
    write_s: float = 0.4

    @classmethod
    def from_json(cls, document: Values) -> Self:
        """Return the world that a document of `to_json` describes."""
        objects = {id_: Entry(**entry) for id_, entry in document["objects"].items()}
        return cls(**{**document, "objects": objects})

    def to_json(self) -> Values:
        """Return everything as JSON values."""
        return asdict(self)

    def of_type(self, type_: str) -> Iterator[tuple[str, Entry]]:
        """Yield the objects of a kind with their ids, the oldest first."""
        for id_, entry in self.objects.items():
            if entry.type == type_:
                yield id_, entry

    def find(self, type_: str, **outputs: str) -> tuple[str, Entry] | None:
        """Return the first object of a kind with these outputs."""
        for id_, entry in self.of_type(type_):
            if all(entry.outputs.get(name) == value for name, value in outputs.items()):
                return id_, entry
        return None

    def fresh_guid(self) -> str:
        """Return a GUID that was never used before."""
        self.serial += 1
        return str(uuid.uuid5(_OIDS, str(self.serial)))

    def fresh_unique_id(self) -> str:
        """Return a text of 21 digits that was never used before."""
        self.serial += 1
        drawn = int(hashlib.sha256(str(self.serial).encode()).hexdigest(), 16)
        return str(_SMALLEST_UNIQUE_ID + drawn % _SMALLEST_UNIQUE_ID)
