"""``python -m uncial``."""

from uncial.cli.main import main

if __name__ == "__main__":
    main()
