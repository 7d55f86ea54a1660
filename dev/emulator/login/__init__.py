"""Who gets in: host-based rules, passwords and tokens, in the order of checks of each version."""
