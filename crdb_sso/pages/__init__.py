"""Self-contained web pages: what a command has found, to read, to pass on and to print."""
