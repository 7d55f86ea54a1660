"""What one stack wants of one cluster: logins, sources and options, as entries of settings."""
