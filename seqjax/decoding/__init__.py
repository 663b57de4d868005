"""Making sequences from a step. Nothing here knows a model.

A *step* is a function ``step(carry, token [R]) -> (carry, logits [R, V])``, or with attention as a third,
``weights [R, S]``. The carry is any tree of arrays with R rows on axis 0, at least one. Rows must not look at each
other; then a sentence is decoded the same alone as in any batch.

Each function here is to be called inside ``jax.jit``, with the step made there::

    @jax.jit
    def translate(params, src):
        model = nnx.merge(graph, params)
        context, carry = model.encode(src)
        return beam_search(partial(model.step, context), carry, beam=5, max_length=50)

The first token is read after BOS; EOS ends a row and counts in its length and score. PAD and BOS are never chosen,
unless ``banned`` says otherwise.
"""

from seqjax.decoding.beam import Beams, beam_search
from seqjax.decoding.greedy import greedy
from seqjax.decoding.loop import Decoded
from seqjax.decoding.rollout import roll_out
from seqjax.decoding.sampling import sample

__all__ = ["Beams", "Decoded", "beam_search", "greedy", "roll_out", "sample"]
