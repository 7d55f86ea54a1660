"""The HTTPS client by which a node asks issuers for keys and for what they know of a user."""
