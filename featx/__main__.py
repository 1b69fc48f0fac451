"""`python -m featx` is `featx`."""

from featx.cli.main import main

if __name__ == "__main__":
    main()
