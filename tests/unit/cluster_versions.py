"""Versions of clusters that unit tests name."""

from crdb_sso.crdb.active_version import ClusterVersion

NOT_KNOWN = ClusterVersion()
BEFORE_26_1 = ClusterVersion("25.4", "CockroachDB CCL v25.4.0 (darwin arm64, built , go1.23)")
SINCE_26_3 = ClusterVersion("26.3", "CockroachDB CCL v26.3.0 (darwin arm64, built , go1.25)")
OLDEST = ClusterVersion("22.2", "CockroachDB CCL v22.2.0 (darwin arm64, built , go1.19)")
