"""Shape annotations are checked, and types never widen in silence, wherever tests run."""

import jax
from jaxtyping import install_import_hook

install_import_hook("seqjax", "beartype.beartype")
jax.config.update("jax_numpy_dtype_promotion", "strict")
