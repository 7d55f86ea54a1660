"""Who can log in as whom with a token, out of what a cluster shows: no token is needed."""
