"""The error for invalid input from the user."""


class InputError(ValueError):
    """A file, a config key or a value from the user is invalid.

    The message is one sentence that names it and says what to do. Commands print the message without a traceback and
    exit with code 2.
    """
