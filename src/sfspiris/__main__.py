"""Lets `python -m sfspiris` do what the installed command does."""

from sfspiris.cli.app import main

if __name__ == "__main__":
    main()
