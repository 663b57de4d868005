"""The recurrent part of a decoder: embedded tokens in, a readout for the next token out."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from seqjax.layers import Attention, Memory, dropout
from seqjax.layers.attention import Score
from seqjax.layers.dropout import Noisy, keep_scale
from seqjax.layers.recurrent import LAYERS
from seqjax.models.encoder import Encoded
from seqjax.recurrence import unroll
from seqjax.typing import Array, Embedded, PRNGKey

Conditioning = Literal["carry", "vector", "attention"]


class Context(NamedTuple):
    """Source features that every step reads, computed once; None if the conditioning does not use them.

    Attributes:
      memory: The keys, values and mask that attention reads.
      gates: ``[B, G]``, the fixed vector's contribution to the pre-activations of the bottom layer.
      readout: ``[B, W]``, its contribution to the readout.
      copy_ids: ``[B, S]``, the tokens that a decoder may copy; None if it does not copy.
    """

    memory: Memory | None = None
    gates: Array | None = None
    readout: Array | None = None
    copy_ids: Array | None = None


class DecoderCarry(NamedTuple):
    """The recurrent state of a decoder.

    Attributes:
      cells: One cell's ``Carry`` for each layer, bottom first.
      readout: The last readout ``[B, W]`` with input feeding; else None.
      coverage: The attention weights of all steps so far, summed, ``[B, S]``, if attention reads them; else None.
    """

    cells: tuple[Any, ...]
    readout: Array | None = None
    coverage: Array | None = None


class RecurrentDecoder(Noisy):
    """A recurrent stack over embedded tokens x_t, and a readout r_t, from which logits are computed.

    .. code-block:: text

        carry         h_t = stack(x_t)                 r_t = h_t, or tanh(W h_t + b) if W and H differ
        vector        h_t = stack([x_t; v])            r_t = tanh(W [h_t; x_t] + W_v v + b)
        attention     h_t = stack(x_t)                 r_t = tanh(W [a_t; h_t] + b),  a_t = attention(h_t)
          with input feeding  h_t = stack([x_t; r_{t-1}])

    - ``carry``: the source enters only through the initial carry (Sutskever et al. 2014, section 2).
    - ``vector``: every step reads the fixed vector v (Cho et al. 2014, section 2.2 and appendix A.1.2).
    - ``attention``: Luong et al. 2015, equations 5 and 6; input feeding is their section 3.3.

    Everything independent of the carry is computed for all T steps of a call at once; only the rest is scanned. A
    decoding step is a call with T = 1, so training and decoding run the same code.

    Args:
      embed_features: Width E of x.
      hidden_features: Width H of each layer's carry.
      source_features: Width M of the fixed vector and of the encoder's outputs.
      readout_features: Width W of the readout.
      cell: "elman", "gru" or "lstm".
      num_layers: Number of layers.
      conditioning: "carry", "vector" or "attention".
      score: Attention's score, "additive", "dot" or "general".
      input_feeding: Whether the next step reads attention's readout.
      coverage: Whether attention reads where it has looked so far (See et al. 2017, section 2.3).
      dropout: Dropout rate between layers.
      rngs: Source of the initial parameters.

    Raises:
      ValueError: An unknown cell, conditioning or score; input feeding or coverage without attention.

    Note: Cho et al. use a maxout layer instead of tanh. In Bahdanau et al. 2015 the query is the previous carry, and
    the same step reads a_t; here the query is the new h_t for every score, as in Luong et al.
    """

    def __init__(
        self,
        embed_features: int,
        hidden_features: int,
        source_features: int,
        readout_features: int,
        *,
        cell: str,
        num_layers: int,
        conditioning: Conditioning,
        score: Score,
        input_feeding: bool,
        coverage: bool = False,
        dropout: float,
        rngs: nnx.Rngs,
    ) -> None:
        if conditioning not in ("carry", "vector", "attention"):
            raise ValueError(f"conditioning must be 'carry', 'vector' or 'attention', not {conditioning!r}")
        attends, has_vector = conditioning == "attention", conditioning == "vector"
        if input_feeding and not attends:
            raise ValueError(
                f"input_feeding must be False with conditioning={conditioning!r}; it feeds attention's readout"
            )
        if coverage and not attends:
            raise ValueError(f"coverage must be False with conditioning={conditioning!r}; it belongs to attention")
        if cell not in LAYERS:
            raise ValueError(f"cell must be one of {', '.join(LAYERS)}, not {cell!r}")
        self.embed_features, self.readout_features = embed_features, readout_features
        self.input_feeding, self.dropout = input_feeding, dropout
        extra = source_features if has_vector else readout_features if input_feeding else 0
        self.stack = LAYERS[cell](embed_features + extra, hidden_features, num_layers=num_layers, rngs=rngs)
        options: dict[str, Any] = {"score": score, "coverage": coverage, "rngs": rngs}
        self.attention = Attention(hidden_features, source_features, **options) if attends else None
        self.vector = nnx.Linear(source_features, readout_features, use_bias=False, rngs=rngs) if has_vector else None
        width = hidden_features + (source_features if attends else embed_features if has_vector else 0)
        is_hidden = conditioning == "carry" and readout_features == hidden_features
        self.readout = None if is_hidden else nnx.Linear(width, readout_features, rngs=rngs)

    def prepare(self, encoded: Encoded) -> Context:
        """The context of B sources."""
        if self.attention is not None:
            return Context(memory=self.attention.project(encoded.outputs, encoded.mask))
        if self.vector is not None:
            _, w_extra = self._split_params()
            return Context(gates=encoded.vector @ w_extra, readout=self.vector(encoded.vector))
        return Context()

    def __call__(
        self, context: Context, carry: DecoderCarry, x: Embedded, *, key: PRNGKey | None = None
    ) -> tuple[DecoderCarry, Array, Array | None]:
        """Takes T steps.

        Args:
          context: The context of B sources, from :meth:`prepare`.
          carry: The carry before the first step, with R rows: R / B consecutive ones for each source.
          x: Embedded tokens ``[R, T, E]``.
          key: Random key for dropout, or None.

        Returns:
          The last carry, the readouts ``[R, T, W]``, and attention's weights ``[R, T, S]`` or None.
        """
        key = self.noise_key(key, dropout=self.dropout if len(self.stack.forward) > 1 else 0)
        cells, w_extra = self._split_params()
        if self.input_feeding:
            params = StepParams(cells, w_extra, context)
            last, (readout, weights) = unroll(InputFeedingCell(self, key), params, carry, x)
            return last, readout, weights
        if context.gates is not None:  # added to the bias: the same at every step, but different for each row
            bottom = cells[0]._replace(b=cells[0].b[None] + _repeat_rows(context.gates, len(x)))
            cells = (bottom, *cells[1:])
        y, carries = x, []
        for index, (params, cell_carry) in enumerate(zip(cells, carry.cells, strict=True)):
            if index > 0 and key is not None:
                y = dropout(y, self.dropout, jax.random.fold_in(key, index))
            cell_carry, y = unroll(self.stack.cell, params, cell_carry, y)
            carries.append(cell_carry)
        if carry.coverage is not None:
            readout, weights, coverage = self.read_out_covered(context, y, carry.coverage)
            return DecoderCarry(tuple(carries), None, coverage), readout, weights
        readout, weights = self.read_out(context, y, x)
        return DecoderCarry(tuple(carries)), readout, weights

    def read_out_covered(self, context: Context, y: Array, coverage: Array) -> tuple[Array, Array, Array]:
        """The readouts ``[R, T, W]``, the weights ``[R, T, S]`` and the coverage ``[R, S]`` after the last step.

        Args:
          context: The context of B sources.
          y: Outputs of the stack, ``[R, T, H]``.
          coverage: The coverage before the first step, ``[R, S]``.
        """
        assert self.attention is not None and self.readout is not None and context.memory is not None  # noqa: PT018
        attended, weights, coverage = self.attention.with_coverage(y, context.memory, coverage)
        return jnp.tanh(self.readout(jnp.concatenate([attended, y], axis=-1))), weights, coverage

    def read_out(self, context: Context, y: Array, x: Array | None) -> tuple[Array, Array | None]:
        """The readouts ``[R, T, W]``, and attention's weights ``[R, T, S]`` or None.

        Args:
          context: The context of B sources.
          y: Outputs of the stack, ``[R, T, H]``.
          x: Embedded tokens ``[R, T, E]``; attention does not read them.
        """
        if self.attention is not None and self.readout is not None and context.memory is not None:
            rows, time, width = y.shape
            sources, positions = context.memory.mask.shape
            query = y.reshape(sources, rows // sources * time, width)  # [B, (R / B) T, H]
            attended, weights = self.attention(query, context.memory)
            attended = attended.reshape(rows, time, attended.shape[-1])  # [R, T, M]
            readout = jnp.tanh(self.readout(jnp.concatenate([attended, y], axis=-1)))
            return readout, weights.reshape(rows, time, positions)
        if self.readout is None:
            return y, None
        if context.readout is None:
            return jnp.tanh(self.readout(y)), None
        assert x is not None
        from_vector = _repeat_rows(context.readout, len(y))[:, None]
        return jnp.tanh(self.readout(jnp.concatenate([y, x], axis=-1)) + from_vector), None

    def _split_params(self) -> tuple[tuple[Any, ...], Array]:
        """The parameters of each layer, and the extra rows of the bottom layer's W_x.

        The bottom layer's W_x keeps only the E rows that multiply x. The others, ``[M, G]`` or ``[W, G]``, which
        multiply the fixed vector or the last readout, are returned separately.
        """
        bottom, *upper = (cell.as_tuple() for cell in self.stack.forward)
        w_x, w_extra = bottom.w_x[: self.embed_features], bottom.w_x[self.embed_features :]
        return (bottom._replace(w_x=w_x), *upper), w_extra


class StepParams(NamedTuple):
    """The arrays that every step with input feeding reads.

    Attributes:
      cells: Parameters of each layer, bottom first; the bottom layer's W_x multiplies only the token.
      w_readout: ``[W, G]``, the rows of the bottom layer's W_x that multiply the last readout.
      context: The context of the sources.
    """

    cells: tuple[Any, ...]
    w_readout: Array
    context: Context


@dataclass(frozen=True)
class InputFeedingCell:
    """A decoder with input feeding as one recurrent cell (Luong et al. 2015, section 3.3).

    Its parameters are :class:`StepParams` and its carry is a :class:`DecoderCarry`.

    Attributes:
      decoder: The decoder.
      key: Random key for dropout, or None.
    """

    decoder: RecurrentDecoder
    key: PRNGKey | None

    def project(self, params: StepParams, x: Array) -> tuple[Array, Array | None]:
        """The contribution of x ``[T, R, E]`` to the gates, and the dropout masks ``[T, R, L - 1, H]`` or None."""
        upper, masks = len(params.cells) - 1, None
        if self.key is not None and self.decoder.dropout and upper:
            shape = (*x.shape[:2], upper, self.decoder.stack.hidden_features)
            masks = keep_scale(shape, self.decoder.dropout, self.key, x.dtype)
        return self.decoder.stack.cell.project(params.cells[0], x), masks

    def recur(self, params: StepParams, carry: DecoderCarry, z: tuple[Array, Array | None]) -> tuple[DecoderCarry, Any]:
        """One step: the stack, then attention, then the readout, which the next step reads."""
        cell, (z_x, masks) = self.decoder.stack.cell, z
        bottom, *upper = zip(params.cells, carry.cells, strict=True)
        assert carry.readout is not None
        cell_carry, y = cell.recur(*bottom, z_x + carry.readout @ params.w_readout)
        carries = [cell_carry]
        for index, (cell_params, cell_carry) in enumerate(upper):
            if masks is not None:
                y = y * masks[:, index]
            cell_carry, y = cell.step(cell_params, cell_carry, y)
            carries.append(cell_carry)
        coverage, weights = carry.coverage, None
        if coverage is not None:
            readout, weights, coverage = self.decoder.read_out_covered(params.context, y[:, None], coverage)
        else:
            readout, weights = self.decoder.read_out(params.context, y[:, None], None)
        assert weights is not None
        return DecoderCarry(tuple(carries), readout[:, 0], coverage), (readout[:, 0], weights[:, 0])


def _repeat_rows(array: Array, rows: int) -> Array:
    """Repeats each row of ``array [B, ...]`` consecutively, for ``rows`` rows in total."""
    return jnp.repeat(array, rows // len(array), axis=0)
