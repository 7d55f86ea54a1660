"""How a command ends; scripts rely on these numbers."""

DONE = 0
REFUSED = 1
"""The cluster, or a guard, said no."""

WRONG_USE = 2
"""Wrong arguments; Click ends with the same number."""

NOT_CONFIRMED = 3
UP_IS_DUE = 4
"""Keys wait for `pulumi up`."""

READER_GONE = 141
"""Nobody reads the output any more, as in `... | head`; shells show it as this number."""

EXPLAINED = (
    "Exit codes: 0 done, 1 the cluster or a guard said no, 2 wrong arguments, 3 not confirmed,"
    " 4 keys wait for `pulumi up`."
)
