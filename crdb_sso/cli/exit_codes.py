"""Exit codes of the commands; scripts rely on these numbers."""

DONE = 0
REFUSED = 1
"""The cluster, or a guard, said no."""

WRONG_USE = 2
"""Wrong arguments; Click ends with the same number."""

NOT_CONFIRMED = 3
UP_IS_DUE = 4
"""Key changes are waiting for `pulumi up`."""

TRUSTS_TOO_MUCH = 5
"""There are findings of severity error that nobody has accepted."""

LOGIN_REFUSED = 6
"""The login that was explained is refused, or would be."""

UNDECIDED = 7
"""Nothing fails, but not all of it could be looked at."""

READER_GONE = 141
"""Nobody reads the output any more, as in `... | head`; shells show it as this number."""

EXPLAINED = (
    "Exit codes: 0 done, 1 the cluster or a guard said no, 2 wrong arguments, 3 not confirmed,"
    " 4 key changes are waiting for `pulumi up`, 5 findings of severity error,"
    " 6 the explained login is refused, 7 it is undecided."
)
