"""What is refused before anything is written, each with its reason and the way out."""
