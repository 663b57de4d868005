"""The types of a recurrent layer's arrays."""

from dataclasses import dataclass

import jax.numpy as jnp
from jax.typing import DTypeLike


@dataclass(frozen=True)
class Dtypes:
    """The types of a recurrent layer's arrays.

    Attributes:
      compute: Type of matrix products; None for the input's type.
      param: Type of the parameters.
      carry: Type of the carry and of the gates' arithmetic; None for float32, or float64 where products are float64.
      output: Type of the output; None for the type of products.
    """

    compute: DTypeLike | None = None
    param: DTypeLike = jnp.float32
    carry: DTypeLike | None = None
    output: DTypeLike | None = None


DTYPES = Dtypes()
