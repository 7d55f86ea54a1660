"""Settings that were just written, and may not have reached every node yet.

CockroachDB nodes learn of a new value by rangefeed, which may take seconds
(pkg/server/settingswatcher). A writer on another node would build on an older text: what had just
been added would be gone again. So every writer records beside the claims what it wrote last, and
the next one waits until its node shows that, or until every node has had time enough to.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from hashlib import sha256

from crdb_sso.crdb.settings import LiveSetting

SPREAD_S = 10.0
"""How long, in seconds, a written value may take to reach all nodes.

The node that is asked waits as long for itself (CockroachDB pkg/sql/set_cluster_setting.go).
"""

SURELY_SPREAD = 6
"""How many times as long a text that lacks what was added meanwhile is taken for an old one."""

_KEY = "written "


@dataclass(frozen=True, slots=True)
class Written:
    """What was last written into one setting.

    Attributes:
        at: When, by the cluster's clock.
        now: The digest of its text since then.
    """

    at: datetime
    now: str


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
            now = said["now"]
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        if isinstance(now, str) and at.tzinfo is not None:
            found[key.removeprefix(_KEY)] = Written(at.astimezone(timezone.utc), now)
    return found


def late(
    written: Mapping[str, Written],
    settings: Iterable[LiveSetting],
    now: datetime,
    spread_s: float = SPREAD_S,
) -> list[str]:
    """Return the settings of which this node may not show yet what was just written.

    Within that time nobody can tell a text that a node still shows from one that somebody has
    written by hand since; after it, what is shown counts.
    """
    return [
        setting.name
        for setting in settings
        if setting.name in written
        and _is_recent(written[setting.name], now, spread_s)
        and digest(setting.text) != written[setting.name].now
    ]


def behind(
    written: Mapping[str, Written], settings: Iterable[LiveSetting], lacking: Collection[str]
) -> list[str]:
    """Return the settings that lack what was just added, and are not what was written last."""
    return [
        setting.name
        for setting in settings
        if setting.name in lacking
        and (setting.name not in written or digest(setting.text) != written[setting.name].now)
    ]


def records(texts: Mapping[str, str], now: datetime) -> dict[str, str]:
    """Return what to record in the registry, value by key.

    Args:
        texts: What was written, by name of the setting.
        now: The cluster's time.
    """
    return {
        f"{_KEY}{name}": json.dumps({"at": now.isoformat(), "now": digest(text)})
        for name, text in texts.items()
    }


def digest(text: str) -> str:
    """Return what tells one text from another without showing it."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def _is_recent(written: Written, now: datetime, spread_s: float) -> bool:
    return timedelta(0) <= now - written.at < timedelta(seconds=spread_s)
