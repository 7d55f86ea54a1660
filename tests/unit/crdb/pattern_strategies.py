"""Regular expressions made of the parts that decide where one is anchored."""

from hypothesis import strategies as st

atoms = st.sampled_from(
    [
        *"abx/]}{-:.^$",
        *(r"\Q$\E", r"\Q[\E", r"\Q]\E", r"\Q|\E", r"\Q\E", r"\Q^", r"\Qa\\E", r"\E"),
        *(r"\A", r"\z", r"\b", r"\B", r"\Z", r"\C", r"\$", r"\^", r"\|", r"\\", r"\(", r"\_"),
        *(
            r"\d",
            r"\pL",
            r"\p{Lu}",
            r"\p{Greek}",
            r"\PN",
            r"\x41",
            r"\x{24}",
            r"\044",
            r"\7",
            r"\n",
        ),
        *(
            "[a]",
            "[^a]",
            "[]a]",
            "[^]|]",
            "[|]",
            "[$]",
            r"[\]]",
            "[a-]",
            "[[a]",
            "[+-[:alpha:]",
            "[",
        ),
        *("[[:alpha:]]", "[[:^alpha:]|]", r"[\d-z]", r"[\Q]", "[9-0]", "[a-b-c]", "[--/]", "[[:a]"),
        *("(?i)", "(?m)", "(?-m)", "(?s)", "(?U)", "(?m-i)", "(?i-)", "(?)", "(?x)", "(?mm)"),
        *(
            "(",
            "(?:",
            "(?m:",
            "(?-m:",
            "(?i-m:",
            "(?P<n>",
            "(?<o>",
            "(?=",
            "(?#",
            ")",
            ")",
            ")",
            "|",
        ),
        *(
            "*",
            "+",
            "?",
            "*?",
            "+?",
            "??",
            "{0}",
            "{1}",
            "{0,}",
            "{1,}",
            "{2}",
            "{01}",
            "{,2}",
            "{2,1}",
        ),
        "\n",
        "é",
    ]
)
soups = st.lists(atoms, max_size=9).map("".join)
wrapped = st.tuples(st.sampled_from(["^", "(?m)^", "(?i)^", r"\A", "(?:^", ""]), soups).flatmap(
    lambda parts: st.sampled_from(["$", r"\z", ")$", "(?-m)$", "$)", ""]).map(
        lambda end: parts[0] + parts[1] + end
    )
)
patterns = soups | wrapped
"""Most are not anchored, and many are not valid."""

subjects = st.text("abx$^|[]/({-:.\nA7é\\_", max_size=6)
"""Texts that such expressions tell apart."""
