"""Errors that a command reports in one sentence."""


class InputError(ValueError):
    """A file, a config key or a value from the user is invalid.

    The message is one sentence that names it and says what to do. Commands print the message without a traceback and
    exit with code 2.
    """


class InterruptedRun(Exception):  # noqa: N818 - not an error: the run was asked to end early
    """A signal ended a training run; its state is saved.

    Attributes:
      step: Steps done.
      signal: The signal's number.
    """

    def __init__(self, step: int, signal: int) -> None:
        super().__init__(f"interrupted at step {step}")
        self.step, self.signal = step, signal


class DivergedRun(Exception):  # noqa: N818 - named like the other way in which a run ends
    """A loss or gradient was not finite. The last checkpoint is from before that step.

    Attributes:
      step: The first such step.
    """

    def __init__(self, step: int) -> None:
        super().__init__(f"the loss or its gradient is not finite at step {step}")
        self.step = step


class UndecidedRun(Exception):  # noqa: N818 - named like the other ways in which a run ends
    """No validation of a run gave a finite number, so that no step is the best. The checkpoints are kept.

    Attributes:
      step: Steps done.
      measure: The validation measure that decides, such as ``validation_loss``.
      value: Its last value.
    """

    def __init__(self, step: int, measure: str, value: float) -> None:
        super().__init__(
            f"{measure} is {value} at step {step} and was never finite before, so that no step can be called the best"
        )
        self.step, self.measure, self.value = step, measure, value
