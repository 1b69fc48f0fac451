"""The errors that people see."""


class FeatxError(Exception):
    """A problem its reader can mend: what is wrong, where, and what to do next.

    The command line prints the message, without a traceback, and exits with `exit_code`.
    """

    exit_code = 1


class Interrupted(FeatxError):
    """Ctrl-C during long work: what was finished is kept, and the message says how to go on."""

    exit_code = 130  # as shells report an interrupt
