"""The bridge from an encoder's last carry to a decoder's first."""

from typing import Any

import jax.numpy as jnp
from flax import nnx

from seqjax.models.encoder import Encoded
from seqjax.typing import Array


class Bridge(nnx.Module):
    """Linear maps to a decoder's first carry, one for each layer and field, with a tanh for h.

    The top layer of the decoder reads the encoder's top layer, and so on down; a layer without a counterpart reads the
    encoder's bottom layer. Of two directions it reads both (Bahdanau et al. 2015, appendix A.2.2, read the backward one
    alone). From an encoder without a carry all maps read the fixed vector (Xu et al. 2015, section 3.1.2).

    Args:
      carry_type: The ``Carry`` of the decoder's cell, whose fields the encoder's carry has too.
      num_layers: Layers of the decoder.
      in_features: Width of one field of the encoder's carry, all directions together, or of the fixed vector.
      hidden_features: Width of the decoder's carry.
      directions: Directions of the encoder, 1 or 2.
      rngs: Source of the initial parameters.
    """

    def __init__(
        self,
        carry_type: Any,
        num_layers: int,
        in_features: int,
        hidden_features: int,
        *,
        directions: int = 1,
        rngs: nnx.Rngs,
    ) -> None:
        self.carry_type, self.directions = carry_type, directions
        self.layers = nnx.List(
            [
                nnx.Dict({name: nnx.Linear(in_features, hidden_features, rngs=rngs) for name in carry_type._fields})
                for _ in range(num_layers)
            ]
        )

    def __call__(self, encoded: Encoded) -> tuple[Any, ...]:
        """One carry for each layer of the decoder, bottom first."""
        sources = self._sources(encoded)
        offset = len(sources) - len(self.layers)
        carries = []
        for index, maps in enumerate(self.layers):
            source, fields = sources[max(0, index + offset)], {}
            for name, linear in maps.items():
                value = linear(source[name])
                fields[name] = jnp.tanh(value) if name == "h" else value
            carries.append(self.carry_type(**fields))
        return tuple(carries)

    def _sources(self, encoded: Encoded) -> list[dict[str, Array]]:
        """The fields of each layer of the encoder, bottom first, directions concatenated."""
        names = self.carry_type._fields
        if encoded.carry is None:
            return [dict.fromkeys(names, encoded.vector)]
        layers = [encoded.carry[i : i + self.directions] for i in range(0, len(encoded.carry), self.directions)]
        return [
            {name: jnp.concatenate([getattr(cell, name) for cell in cells], axis=-1) for name in names}
            for cells in layers
        ]
