"""`python -m dev.cloud PACKAGE --dir FOLDER [the engine's arguments]` is a provider plugin."""

import argparse
from pathlib import Path

from dev.cloud.packages import PACKAGES
from dev.cloud.provider import serve
from dev.cloud.store import Store


def main() -> None:
    """Serve one package to the engine that started this."""
    parser = argparse.ArgumentParser(prog="python -m dev.cloud", description=__doc__)
    parser.add_argument("package", choices=PACKAGES)
    parser.add_argument("--dir", type=Path, required=True, help="where the clouds are kept")
    options, _ = parser.parse_known_args()  # the engine adds more: its address, log settings
    serve(PACKAGES[options.package], Store(options.dir))


if __name__ == "__main__":
    main()
