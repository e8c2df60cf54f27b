"""`python -m coaching.sandbox`: the stand-in providers, until SIGTERM or Ctrl-C."""

import sqlite3
import sys

from coaching.sandbox.config import from_environment
from coaching.sandbox.server import Unavailable, run


def main():
    try:
        run(from_environment())
    except (Unavailable, ValueError) as error:
        sys.exit(f"sandbox: {error}")
    except (sqlite3.Error, OSError) as error:
        sys.exit(f"sandbox: cannot use its database: {error}")


if __name__ == "__main__":
    main()
