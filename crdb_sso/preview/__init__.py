"""The lines that people read: what a change does, what it means for others, what it removes."""
