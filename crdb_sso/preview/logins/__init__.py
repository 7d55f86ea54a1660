"""Lines about logins: who can log in, why one fails, proofs, users shut out by hand."""
