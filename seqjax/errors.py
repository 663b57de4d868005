"""The error for whatever the user can put right."""


class InputError(ValueError):
    """Something that the user gave (a file, a key, a value) is wrong.

    The message is one sentence that names it and says what to do. Commands print it without a traceback and exit
    with code 2.
    """
