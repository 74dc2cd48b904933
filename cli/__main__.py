"""``python -m newstance.cli`` is the `newstance` command."""

from .app import main

if __name__ == "__main__":
    main()
