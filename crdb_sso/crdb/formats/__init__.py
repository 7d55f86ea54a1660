"""How the texts of settings are read and written: one class per format.

Rules of all of them:

* What we do not know is kept byte for byte: raw slices are moved, never decoded and encoded.
* A text that CockroachDB might read differently than we do is refused, never guessed at.
* A splice that changes no entry returns the text unchanged.
"""
