"""The recurrent half of a decoder: embedded tokens in, one vector for each token that follows out."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from seqjax.layers import Attention, Memory, dropout
from seqjax.layers.attention import Score
from seqjax.layers.dropout import keep_scale
from seqjax.layers.recurrent import LAYERS
from seqjax.recurrence import unroll
from seqjax.typing import Array, Embedded, PRNGKey, Values, Vector

Conditioning = Literal["carry", "vector", "attention"]


class Context(NamedTuple):
    """What a decoder knows of its source beside its first carry, made once for each source; None where not used."""

    memory: Memory | None = None  # what attention looks at
    gates: Array | None = None  # [B, G], the fixed vector's share of the gates of the bottom layer
    readout: Array | None = None  # [B, W], its share of the readout


class DecoderCarry(NamedTuple):
    """One cell's ``Carry`` for each layer, bottom first, and the last readout ``[B, W]`` if it is fed back."""

    cells: tuple[Any, ...]
    fed: Array | None = None


class Decoder(nnx.Module):
    """A recurrent stack that reads embedded tokens x_t, and a readout r_t, from which logits are made.

    .. code-block:: text

        carry         h_t = stack(x_t)                 r_t = h_t, or tanh(W h_t + b) if W and H differ
        vector        h_t = stack([x_t; v])            r_t = tanh(W [h_t; x_t] + W_v v + b)
        attention     h_t = stack(x_t)                 r_t = tanh(W [a_t; h_t] + b),  a_t = attention(h_t)
          with feeding  h_t = stack([x_t; r_{t-1}])

    - ``carry``: the source is in the first carry alone (Sutskever et al. 2014, section 2).
    - ``vector``: the fixed vector v is read at every step (Cho et al. 2014, section 2.2 and appendix A.1.2).
    - ``attention``: Luong et al. 2015, equations 5 and 6; feeding is their section 3.3.

    The T steps of a call are taken at once as far as they can be: only what depends on the carry is scanned. One step
    of a stream is a call with T = 1, so that training and decoding run the same code.

    Args:
      embed_features: Width E of x.
      hidden_features: Width H of each layer's carry.
      memory_features: Width M of the fixed vector, or of the memory.
      readout_features: Width W of the readout.
      cell: "elman", "gru" or "lstm".
      num_layers: Layers above each other.
      conditioning: "carry", "vector" or "attention".
      score: Attention's score, "additive", "dot" or "general".
      feeding: Whether attention's readout is read by the next step.
      dropout: Probability of dropping an output of a layer that another layer reads.
      rngs: Source of the initial parameters.

    Raises:
      ValueError: An unknown cell, conditioning or score; feeding without attention.

    Note: Cho et al. have a maxout layer where there is tanh here. Bahdanau et al. 2015 ask the carry before the step
    for the query and feed a_t to the same step; here the additive score sits in Luong's order, as the others do.
    """

    def __init__(
        self,
        embed_features: int,
        hidden_features: int,
        memory_features: int,
        readout_features: int,
        *,
        cell: str,
        num_layers: int,
        conditioning: Conditioning,
        score: Score,
        feeding: bool,
        dropout: float,
        rngs: nnx.Rngs,
    ) -> None:
        if conditioning not in ("carry", "vector", "attention"):
            raise ValueError(f"conditioning must be 'carry', 'vector' or 'attention', not {conditioning!r}")
        if feeding and conditioning != "attention":
            raise ValueError(f"feeding must be False with conditioning={conditioning!r}; it feeds attention's readout")
        if cell not in LAYERS:
            raise ValueError(f"cell must be one of {', '.join(LAYERS)}, not {cell!r}")
        self.embed_features = embed_features
        self.readout_features = readout_features
        self.feeding, self.dropout = feeding, dropout
        beside = memory_features if conditioning == "vector" else readout_features if feeding else 0
        self.stack = LAYERS[cell](embed_features + beside, hidden_features, num_layers=num_layers, rngs=rngs)
        attends, has_vector = conditioning == "attention", conditioning == "vector"
        self.attention = Attention(hidden_features, memory_features, score=score, rngs=rngs) if attends else None
        self.of_vector = (
            nnx.Linear(memory_features, readout_features, use_bias=False, rngs=rngs) if has_vector else None
        )
        width = hidden_features + (memory_features if attends else embed_features if has_vector else 0)
        plain = conditioning == "carry" and readout_features == hidden_features
        self.readout = None if plain else nnx.Linear(width, readout_features, rngs=rngs)

    def prepare(self, outputs: Values, vector: Vector, mask: Array) -> Context:
        """The context of sources whose encoder gave ``outputs``, and ``vector`` for the whole."""
        if self.attention is not None:
            return Context(memory=self.attention.project(outputs, mask))
        if self.of_vector is not None:
            return Context(gates=vector @ self._params()[1], readout=self.of_vector(vector))
        return Context()

    def __call__(
        self, context: Context, carry: DecoderCarry, x: Embedded, *, key: PRNGKey | None = None
    ) -> tuple[DecoderCarry, Array, Array | None]:
        """Takes T steps.

        Args:
          context: What :meth:`prepare` returns, for B sources.
          carry: The carry before the first step, R rows: R / B for each source, those of a source next to each other.
          x: Embedded tokens ``[R, T, E]``.
          key: Source of dropout, or None.

        Returns:
          The last carry, the readouts ``[R, T, W]``, and attention's weights ``[R, T, S]`` or None.
        """
        if self.feeding:
            end, (readout, weights) = unroll(_Feeding(self, key), (self._params(), context), carry, x)
            return end, readout, weights
        params, _ = self._params()
        if context.gates is not None:  # It is the same at every step, as a bias is, but each row has its own.
            params[0] = params[0]._replace(b=params[0].b + _for_rows(context.gates, len(x)))
        y, last = x, []
        for index, (cell_params, cell_carry) in enumerate(zip(params, carry.cells, strict=True)):
            if index > 0 and key is not None:
                y = dropout(y, self.dropout, jax.random.fold_in(key, index))
            end, y = unroll(self.stack.cell, cell_params, cell_carry, y)
            last.append(end)
        readout, weights = self.read(context, y, x)
        return DecoderCarry(tuple(last)), readout, weights

    def read(self, context: Context, y: Array, x: Array | None) -> tuple[Array, Array | None]:
        """The readouts ``[R, T, W]`` and weights ``[R, T, S]`` from outputs ``[R, T, H]`` and inputs ``[R, T, E]``.

        Attention does not read x.
        """
        if self.attention is not None and self.readout is not None and context.memory is not None:
            rows, time, width = y.shape
            sources, positions = context.memory.mask.shape
            query = y.reshape(sources, rows // sources * time, width)
            attended, weights = self.attention(query, context.memory)
            attended = attended.reshape(rows, time, attended.shape[-1])
            readout = jnp.tanh(self.readout(jnp.concatenate([attended, y], axis=-1)))
            return readout, weights.reshape(rows, time, positions)
        if self.readout is None:
            return y, None
        if context.readout is None:
            return jnp.tanh(self.readout(y)), None
        assert x is not None
        share = _for_rows(context.readout, len(y))[:, None]
        return jnp.tanh(self.readout(jnp.concatenate([y, x], axis=-1)) + share), None

    def _params(self) -> tuple[list[Any], Array]:
        """Each layer's parameters, and the rows of the bottom layer's W_x that read what stands beside x."""
        params = [cell.as_tuple() for cell in self.stack.forward]
        w_x = params[0].w_x
        params[0] = params[0]._replace(w_x=w_x[: self.embed_features])
        return params, w_x[self.embed_features :]


@dataclass(frozen=True)
class _Feeding:
    """A decoder with feeding as one cell, whose carry is a :class:`DecoderCarry`."""

    decoder: Decoder
    key: PRNGKey | None

    def project(self, params: Any, x: Array) -> tuple[Array, Array | None]:
        """The share of x ``[T, R, E]`` of the gates, and what each upper layer's input is multiplied by."""
        (cells, _), _ = params
        decoder, keep = self.decoder, None
        if self.key is not None and decoder.dropout and len(cells) > 1:
            shape = (*x.shape[:2], len(cells) - 1, decoder.stack.hidden_features)
            keep = keep_scale(shape, decoder.dropout, self.key, x.dtype)
        return decoder.stack.cell.project(cells[0], x), keep

    def recur(self, params: Any, carry: DecoderCarry, z: tuple[Array, Array | None]) -> tuple[DecoderCarry, Any]:
        """One step: the stack, then attention by its output, then the readout, which the next step reads."""
        ((bottom, *upper), beside), context = params
        cell, (z_x, keep) = self.decoder.stack.cell, z
        end, y = cell.recur(bottom, carry.cells[0], z_x + carry.fed @ beside)
        last = [end]
        for index, cell_params in enumerate(upper):
            if keep is not None:
                y = y * keep[:, index]
            end, y = cell.step(cell_params, carry.cells[index + 1], y)
            last.append(end)
        readout, weights = self.decoder.read(context, y[:, None], None)
        assert weights is not None
        return DecoderCarry(tuple(last), readout[:, 0]), (readout[:, 0], weights[:, 0])


def _for_rows(array: Array, rows: int) -> Array:
    """``array [B, ...]`` with each row repeated next to itself, so that there are ``rows``."""
    return jnp.repeat(array, rows // len(array), axis=0)
