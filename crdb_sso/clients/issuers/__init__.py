"""Issuers: what they publish, fetched over HTTPS, and the files of an issuer of your own."""
