"""The cluster settings: which there are, which texts each takes, and what they mean."""
