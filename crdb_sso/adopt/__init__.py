"""A program made from a cluster that was set up by hand."""
