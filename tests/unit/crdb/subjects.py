"""Subjects of map lines that differ in case, match each other, or match nothing."""

from hypothesis import strategies as st

subjects = st.sampled_from(
    [
        *("ab", "Ab", "aB", "k", "K", "\u212a", "s-1", "S-1", "\u017f-1"),
        *(
            "/^ab$",
            "/(?-i)^Ab$",
            "/(?i)^ab$",
            "/^[ab]+$",
            "/^(a|A)B$",
            r"/^(s)-\d$",
            "/[^a]",
            "/(",
            "/b",
        ),
    ]
)
