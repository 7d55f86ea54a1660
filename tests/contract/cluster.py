"""The cluster under test: connections as operator, with a password, or with a token."""

from __future__ import annotations

import contextlib
import re
import ssl
import time
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.contract.raw_login import PROTOCOL_3_0, Address, Answer, knock
from tests.support.versions import parsed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.support.versions import Release

Connection = psycopg.Connection[tuple[Any, ...]]
JWT_OPTION = "--crdb:jwt_auth_enabled=true"
OPERATOR_ONLY = ("user", "password", "passfile", "sslcert", "sslkey", "sslpassword")
ADMITTED = "admitted"
LICENCE_MISSING = "XXC02"


def _alone(_cluster: str) -> contextlib.AbstractContextManager[None]:
    return contextlib.nullcontext()


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running cluster, and what is known of it."""

    name: str
    operator_params: Mapping[str, Any] = field(repr=False)
    banner: str
    """What `version()` answered."""
    version: Release
    """Year, number and patch."""
    clock_ahead_s: float = 0.0
    """How far its clock is ahead of ours."""
    exclusive: Callable[[str], contextlib.AbstractContextManager[None]] = _alone

    @classmethod
    def at(cls, name: str, admin_url: str, **more: Any) -> Cluster:
        """Return the cluster behind a libpq URL of an admin; asks it for its version."""
        params: dict[str, Any] = conninfo_to_dict(admin_url, connect_timeout=20)
        with psycopg.connect(**params, autocommit=True) as db:
            banner, now = db.execute("SELECT version(), now()").fetchone() or ("", None)
            assert now is not None
        found = re.search(r"CockroachDB.*? v(\d+\.\d+\.\d+)", banner)
        assert found, f"this is not CockroachDB: {banner}"
        return cls(name, params, banner, parsed(found[1]), now.timestamp() - time.time(), **more)

    def alone(self) -> contextlib.AbstractContextManager[None]:
        """Keep other runs of these tests away from a cluster that others use too."""
        return self.exclusive(f"{self.operator_params['host']}:{self.operator_params.get('port')}")

    def operator(self, options: str = "") -> Connection:
        """Return a new autocommit connection of the admin."""
        merged = f"{self.operator_params.get('options', '')} {options}".strip()
        return psycopg.connect(**{**self.operator_params, "options": merged}, autocommit=True)

    def connect(self, user: str, password: str, options: str = "", **more: Any) -> Connection:
        """Return a new autocommit connection of someone who has no client certificate."""
        params = {k: v for k, v in self.operator_params.items() if k not in OPERATOR_ONLY}
        merged = f"{params.pop('options', '')} {options}".strip()
        secrets = {"user": user, "password": password, "sslcertmode": "disable"}
        return psycopg.connect(**{**params, **secrets, **more}, options=merged, autocommit=True)

    def connect_with_token(self, user: str, token: str, **more: Any) -> Connection:
        """Return a new connection of a workload that logs in with a token.

        Old builds need an enterprise licence for that, which they check last.
        """
        try:
            return self.connect(user, token, JWT_OPTION, **more)
        except psycopg.OperationalError:
            if self.knock(user, token).sqlstate == LICENCE_MISSING:
                pytest.skip(f"{self.name} lets tokens in only with an enterprise licence")
            raise

    def knock(
        self,
        user: str,
        password: str,
        options: str = JWT_OPTION,
        *,
        tls: bool = True,
        parameters: Mapping[str, str] | None = None,
        protocol: int = PROTOCOL_3_0,
    ) -> Answer:
        """Try one login by hand and return the server's answer, field by field."""
        base = str(self.operator_params.get("options", ""))
        merged = f"{base} {options}".strip()
        start = {"user": user, "database": "defaultdb", "options": merged, **(parameters or {})}
        given = {k: v for k, v in start.items() if v}
        return knock(self._address(), given, password, tls=tls, protocol=protocol)

    def verdict(self, user: str, token: str) -> str:
        """Return `ADMITTED` or the text of the refusal; psycopg must agree with the login by hand.

        A missing licence, which old builds check last, does not count as a refusal.
        """
        try:
            with self.connect(user, token, JWT_OPTION) as db:
                (name,) = db.execute("SELECT current_user").fetchone() or (None,)
        except psycopg.OperationalError as exc:
            refused = str(exc)
        else:
            assert name == unicodedata.normalize("NFC", user.lower())
            return ADMITTED
        answer = self.knock(user, token)
        if answer.sqlstate == LICENCE_MISSING:
            return ADMITTED
        assert answer.message, f"psycopg was refused ({refused}), the same token by hand was not"
        assert answer.message in refused
        return answer.message

    def now_s(self) -> float:
        """Return the cluster's time in seconds since 1970, by which tokens are judged."""
        return time.time() + self.clock_ahead_s

    def _address(self) -> Address:
        params = self.operator_params
        ca, mode = params.get("sslrootcert"), params.get("sslmode", "prefer")
        tls = ssl.create_default_context(cafile=None if ca in (None, "system") else str(ca))
        tls.check_hostname = mode == "verify-full"
        if mode not in ("verify-full", "verify-ca"):
            tls.verify_mode = ssl.CERT_NONE  # as libpq does for the URL's sslmode
        # `cockroach cert create-ca` omits extensions that the strict flag of Python 3.13 wants
        tls.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return Address(str(params["host"]), int(params.get("port") or 26257), tls)
