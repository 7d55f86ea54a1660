"""The JOSE library of CockroachDB (lestrrat-go/jwx v2): keys, signed messages, claims."""
