"""Settings that were just written, and may not have reached every node yet.

CockroachDB nodes learn of a new value by rangefeed, which may take seconds
(pkg/server/settingswatcher). A writer on another node would merge into an older text: what had just
been removed would be back, and belong to nobody. So every writer records beside the claims which
texts it replaced, and the next one waits while it still reads one of them.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from crdb_sso.crdb.settings import LiveSetting

SPREAD_S = 10.0
"""How long, in seconds, a written value may take to reach all nodes.

The node that is asked waits as long for itself (CockroachDB pkg/sql/set_cluster_setting.go).
"""

_KEY = "written "


@dataclass(frozen=True, slots=True)
class Written:
    """What was last written into one setting; texts are kept as digests.

    Attributes:
        at: When, by the cluster's clock.
        now: The text since then.
        before: The texts that a node may still show if it is behind.
    """

    at: datetime
    now: str
    before: frozenset[str]


def read_written(meta: Mapping[str, str]) -> dict[str, Written]:
    """Return what was last written, by name of the setting; unreadable records are ignored.

    Args:
        meta: Value by key of the registry.
    """
    found = {}
    for key, value in meta.items():
        if not key.startswith(_KEY):
            continue
        try:
            said = json.loads(value)
            at = datetime.fromisoformat(said["at"])
            if at.tzinfo is None:
                continue
            found[key.removeprefix(_KEY)] = Written(at, said["now"], frozenset(said["before"]))
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
    return found


def late(
    written: Mapping[str, Written],
    settings: Iterable[LiveSetting],
    now: datetime,
    spread_s: float = SPREAD_S,
) -> list[str]:
    """Return the settings of which this node still shows a text that was just replaced."""
    return [
        setting.name
        for setting in settings
        if setting.name in written
        and _is_recent(written[setting.name], now, spread_s)
        and digest(setting.text) != written[setting.name].now
        and digest(setting.text) in written[setting.name].before
    ]


def records(
    written: Mapping[str, Written],
    changes: Mapping[str, tuple[Collection[str], str]],
    now: datetime,
    *,
    has_released: bool,
    spread_s: float = SPREAD_S,
) -> dict[str, str]:
    """Return what to record in the registry, value by key.

    Args:
        written: What the registry holds.
        changes: The texts that were replaced, and the current one, by name of the setting.
        now: The cluster's time.
        has_released: Whether claims were released. If not, a replaced text does no harm: whatever
            it lacks is claimed, and comes back with the next write.
        spread_s: How far a node may be behind.
    """
    left = {}
    for name, (replaced, text) in changes.items():
        before = {digest(each) for each in replaced} if has_released else set()
        last = written.get(name)
        if last is not None and _is_recent(last, now, spread_s):
            before |= last.before
        said = {"at": now.isoformat(), "now": digest(text), "before": sorted(before)}
        left[f"{_KEY}{name}"] = json.dumps(said)
    return left


def digest(text: str) -> str:
    """Return what tells one text from another without showing it."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def _is_recent(written: Written, now: datetime, spread_s: float) -> bool:
    return now - written.at < timedelta(seconds=spread_s)
