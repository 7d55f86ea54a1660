"""CockroachDB's own formats and names: settings and their texts, host rules, user names, grants."""
