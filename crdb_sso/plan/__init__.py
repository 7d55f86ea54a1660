"""From what is live, claimed, remembered and wanted to the steps that a cluster needs."""
