"""The interface of a cell: one step of a recurrence, as pure functions of named tuples.

A cell maps the carry and the input of a step to the next carry and an output, ``(carry, x) -> (carry, y)``. It holds
options, but no arrays: parameters are an argument, so that a cell can be compiled, differentiated and used with many
sets of parameters. Its methods are pure functions. The built-in cells are frozen dataclasses; two cells with equal
options are equal, which avoids recompilation.

A cell can be written at three levels. Each level gives the same results as the one before, faster.

1. :class:`Cell` has the named tuples ``Params`` and ``Carry``, ``init`` and ``step``. That is all a layer needs. The
   loop over time calls ``step``.
2. With ``project`` and ``recur`` (:class:`ProjectedCell`), ``step`` is ``recur`` after ``project``. ``project``
   computes everything that does not depend on the carry, such as the product of the input and its weights. It runs once
   for all steps, before the loop, which calls ``recur``.
3. With the methods of a :class:`GatedCell`, ``recur`` is split around its only matrix product. For an LSTM:

   .. code-block:: text

       z = project(x)                 z = x W_x + b
       s = recurrent_product(h)       s = h W_h
       a = combine(z, s)              a = z + s, the pre-activations of the gates
       carry = apply_gates(carry, a)  elementwise

   Such a cell gets a custom backward pass, which is faster than the one that JAX derives
   (:mod:`seqjax.recurrence.backends.custom_vjp`).

:func:`seqjax.recurrence.unroll` runs cells of all three levels, and :class:`seqjax.layers.Recurrent` builds layers
from them. A class with static methods can be a cell, too.

On a mesh of devices a loop sums the gradients of the parameters that it reads over the devices at every step. A cell
whose class sets ``takes_copies = True`` avoids that. Its methods must then also take matrices ``[S, D, G]`` and vectors
``[B, G]``, as :func:`seqjax.recurrence.product.copies` returns them; they do if they multiply with
:func:`seqjax.recurrence.product.product` and align vectors with :func:`seqjax.recurrence.product.along`.
"""

from typing import Any, Protocol, TypeGuard, runtime_checkable

from jax.typing import DTypeLike

from seqjax.typing import Array, PRNGKey, Tree


@runtime_checkable
class SteppedCell(Protocol):
    """A cell with ``step`` alone, which is enough to run it over time."""

    def step(self, params: Tree, carry: Tree, x: Array) -> tuple[Tree, Tree]:
        """Returns the next carry and the output, given the carry and the input ``x [B, D]``.

        The next carry has the structure and shapes of ``carry``; other dtypes are cast back.
        """


@runtime_checkable
class Cell(SteppedCell, Protocol):
    """A cell from which a layer can be built.

    A method ``zero_carry(params, batch, dtype)`` is optional. Without it, each field of the initial carry is zeros
    ``[B, H]``.
    """

    @property
    def Params(self) -> Any:  # noqa: N802 - a class
        """A named tuple of arrays. A field ``w_h``, if there is one, is the matrix that multiplies h."""

    @property
    def Carry(self) -> Any:  # noqa: N802 - a class
        """A named tuple of arrays ``[B, ...]``. A field ``h``, if there is one, is the output."""

    def init(self, key: PRNGKey, in_features: int, hidden_features: int, *, dtype: DTypeLike) -> Tree:
        """Initialises the parameters, in ``dtype``."""


@runtime_checkable
class ProjectedCell(Protocol):
    """A cell whose input is projected for all steps at once.

    A cell with a matrix ``w_h`` also accepts ``recur(..., recurrent_mask=[B, P])``, which multiplies h before its
    product with ``w_h`` (recurrent dropout).
    """

    def project(self, params: Tree, x: Array) -> Tree:
        """Everything that does not depend on the carry, for inputs ``[B, D]`` or ``[T, B, D]``."""

    def recur(self, params: Tree, carry: Tree, z: Tree) -> tuple[Tree, Tree]:
        """The rest of a step: the next carry and the output, given the carry and ``z`` of this step."""


@runtime_checkable
class GatedParams(Protocol):
    """Parameters of a gated cell: a named tuple with at least these fields."""

    @property
    def w_x(self) -> Array:
        """Input weights ``[D, G]``."""

    @property
    def w_h(self) -> Array:
        """Recurrent weights ``[P, G]``."""

    @property
    def b(self) -> Array | None:
        """Bias ``[G]``, or None."""

    def _asdict(self) -> dict[str, Any]: ...
    def _replace(self, *args: Any, **changes: Any) -> Any: ...


@runtime_checkable
class GatedCarry(Protocol):
    """Carry of a gated cell: a named tuple with at least the field h."""

    @property
    def h(self) -> Array:
        """The output of the previous step, ``[B, P]``."""

    def _replace(self, *args: Any, **changes: Any) -> Any: ...


@runtime_checkable
class GatedCell(ProjectedCell, Protocol):
    """A cell whose only matrix product with the carry is ``h W_h``, and whose output is h.

    .. code-block:: text

        recur(carry, z) = apply_gates(carry, combine(z, recurrent_product(h)))

    ``project`` multiplies by ``w_x`` and adds ``b``; ``recurrent_product`` multiplies by ``w_h``; both accept one step
    or all steps. ``combine`` and ``apply_gates`` do not read these three parameters.
    """

    @property
    def is_separable(self) -> bool:
        """True if the equation above holds with the cell's options."""

    @property
    def can_fuse(self) -> bool:
        """True if ``combine`` is ``z + s``, so that one product ``[x, h] [W_x; W_h] + b`` can replace both."""

    def recurrent_product(self, params: Any, h: Array) -> Array:
        """The recurrent part of the pre-activations, ``h W_h``, for h ``[B, P]`` or ``[T, B, P]``."""

    def combine(self, params: Any, z: Array, s: Array) -> Tree:
        """The pre-activations from both parts; linear in both."""

    def apply_gates(self, params: Any, carry: Any, a: Tree) -> Any:
        """The next carry from the pre-activations, in the type of the carry."""


def is_gated(cell: object) -> TypeGuard[GatedCell]:
    """True if a cell has all methods of a :class:`GatedCell`, and its ``recur`` is composed of them."""
    return isinstance(cell, GatedCell) and cell.is_separable
