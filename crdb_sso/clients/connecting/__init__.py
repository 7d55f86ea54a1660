"""From a URL to an open connection: how long to wait, and what libpq's errors mean."""
