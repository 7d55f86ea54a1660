"""How the texts of settings read: one class for each format.

Rules of all of them:

* What we do not know is kept byte for byte: raw slices are moved, never decoded and encoded.
* A text that CockroachDB might read in another way than we do is refused, never guessed at.
* A splice that changes no entry returns the very text it was given.
"""
