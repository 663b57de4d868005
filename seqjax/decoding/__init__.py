"""Decoding: sequences from a step function. Nothing here knows a model.

A *step* is a function ``step(carry, token [R]) -> (carry, logits [R, V])``, or with attention as a third result,
``weights [R, S]``. The carry is any tree of arrays with R rows on axis 0, and has at least one array. No row may read
another; then a sequence is decoded the same alone as in any batch.

Call these functions inside ``jax.jit``, and make the step there::

    @jax.jit
    def translate(params, src):
        model = nnx.merge(graph, params)
        context, carry = model.encode(src)
        return beam_search(partial(model.step, context), carry, beam=5, max_length=50)

The first step reads BOS. EOS ends a row and counts in its length and score. PAD and BOS are never chosen unless
``banned`` allows them.
"""

from seqjax.decoding.beam import beam_search
from seqjax.decoding.greedy import greedy
from seqjax.decoding.hypotheses import Beams
from seqjax.decoding.loop import Decoded
from seqjax.decoding.rollout import roll_out
from seqjax.decoding.sampling import sample

__all__ = ["Beams", "Decoded", "beam_search", "greedy", "roll_out", "sample"]
