"""In which small way two texts differ, for people who almost wrote the right one."""


def difference(given: str, wanted: str) -> str:
    """Return in which small way two different texts differ, "" if they differ in more."""
    bare, bare_wanted = given.rstrip("/"), wanted.rstrip("/")
    how = ""
    if given.strip() == wanted.strip():
        how = "with blanks around it" if wanted != wanted.strip() else "without blanks around it"
    elif bare == bare_wanted:
        how = "with a slash at its end" if wanted.endswith("/") else "without a slash at its end"
    elif given.casefold() == wanted.casefold():
        how = "in other letter case"
    elif bare.casefold() == bare_wanted.casefold():
        how = "in other letter case, and with or without a slash at its end"
    elif "://" in given + wanted and _without_scheme(given) == _without_scheme(wanted):
        how = "with another scheme (https:// or http://, or none)"
    return how


def _without_scheme(url: str) -> str:
    return url.rpartition("://")[2].rstrip("/")
