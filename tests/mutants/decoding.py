"""Mutants of seqjax/decoding/."""

from .mutant import Mutant, mutants

MUTANTS: list[Mutant] = [
    *mutants(
        "seqjax/decoding/beam.py",
        "tests/decoding/test_beam.py",
        ("((5 + jnp.asarray(length, like.dtype)) / 6)", "jnp.asarray(length, like.dtype)"),
        ("jnp.clip(search.coverage, MIN_COVERAGE, 1)", "jnp.clip(search.coverage, MIN_COVERAGE)"),
        ('carry = jax.tree.map(lambda leaf: leaf.at[source].get(mode="promise_in_bounds"), carry)', "pass"),
        ("coverage = jnp.take_along_axis(coverage, parents[..., None], axis=1)", "pass"),
        ("jnp.minimum(t + 2, options.max_length), options.max_length", "t + 2, t + 2"),
        ("search.done | ~(bound > search.finished.penalised[:, -1])", "search.done"),
        ("each = min(beam + 1,", "each = min(beam,"),
        ("if options.source_mask is not None:", "if False:"),
        ("n_best + place - count", "place"),
        ("leaf[:, : options.beam]", "leaf"),
        ("(values.reshape(rows, beam, each) - normalizer)", "values.reshape(rows, beam, each)"),
    ),
    *mutants(
        "seqjax/decoding/hypotheses.py",
        "tests/decoding/test_beam.py",
        ("jnp.where(is_part & ~is_eos, pick", "jnp.where(is_part, pick"),
        ("jnp.minimum(chosen.last + 1, max_length)", "chosen.last + 1"),
    ),
    *mutants(
        "seqjax/decoding/constraints.py",
        "tests/decoding/test_greedy.py",
        ("t + 1 < min_length", "t < min_length"),
        ("np.isin(ids, banned)", "np.isin(ids, ())"),
    ),
    *mutants(
        "seqjax/decoding/loop.py",
        "tests/decoding/test_greedy.py",
        ("jnp.where(done, 0, score)", "score"),
        ("jnp.where(done[:, None], 0, weights)", "weights"),
        ("loop.done | (token == EOS)", "token == EOS"),
    ),
    *mutants(
        "seqjax/decoding/constraints.py",
        "tests/decoding/test_ngram_blocking.py",
        ("+ (size - 1) < t", "+ size < t", "2"),
    ),
    *mutants(
        "seqjax/decoding/beam.py",
        "tests/decoding/test_ngram_blocking.py",
        ("jnp.take_along_axis(sequences, parents[..., None], axis=1)", "sequences", "wide"),
    ),
    *mutants(
        "seqjax/decoding/sampling.py",
        "tests/decoding/test_sampling.py",
        ("logits / _like(temperature, logits),", "logits,"),
        ("jax.random.fold_in(key, t)", "key"),
        ("bits >= low[:, None]", "bits > low[:, None]"),
        ("min(top_k, size)", "min(top_k + 1, size)"),
    ),
    *mutants(
        "seqjax/decoding/rollout.py",
        "tests/decoding/test_rollout.py",
        ("return (carry, value), value", "return (carry, jax.lax.stop_gradient(value)), value"),
    ),
    *mutants(
        "seqjax/decoding/ctc.py",
        "tests/decoding/test_ctc.py",
        ("(path != blank) & (path != before)", "(path != blank)", "best_path"),
        ("classes[None] == last[:, None], old.blank", "classes[None] < 0, old.blank", "every_text"),
        ("jnp.logaddexp(stay_token, jax.nn.logsumexp(inherited, axis=0))", "stay_token", "every_text"),
        ("longer = jnp.where(is_old, -jnp.inf, longer)", "", "every_text"),
        ("weight * automaton.final[prefixes.state]", "0.0", "language_model"),
        ("weight * automaton.scores[old.state] + bonus", "weight * automaton.scores[old.state]", "rank"),
        (
            "(states != blank) & (states != jnp.pad(states[:, :-2], ((0, 0), (2, 0)), constant_values=blank))",
            "states != blank",
            "alignment",
        ),
        ("jnp.where(score_before > score_end, before_end, end)", "end", "alignment"),
    ),
]
