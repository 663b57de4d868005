"""Mutants of seqjax/recurrence/."""

from .mutant import REMOVED, Mutant, mutants

MUTANTS: list[Mutant] = [
    *mutants(
        "seqjax/recurrence/reduction.py",
        "tests/recurrence/test_reduction.py",
        ("sigmoid(z) * sigmoid(r) * n", "sigmoid(z) * n", "loop_in_numpy"),
        ("jnp.maximum(1 - z, TINY)", "1 - z", "closed_gate"),
    ),
    *mutants(
        "seqjax/recurrence/lstm.py",
        "tests/recurrence/test_unroll.py",
        (
            "*input_gate, f, g, o = jnp.split",
            "*input_gate, o, g, f = jnp.split",
            "loop_in_numpy and lstm and False-False-False",
        ),
        ("_peephole(o, params.p_o, c)", "_peephole(o, params.p_o, carry.c)", "every_cell_option and lstm-cell2"),
    ),
    *mutants(
        "seqjax/recurrence/gru.py",
        "tests/recurrence/test_unroll.py",
        ("(z_r, z_u, z_n), (s_r", "(z_u, z_r, z_n), (s_r", "loop_in_numpy and gru and False-False-False"),
        ("(2 * b_h.shape[-1], 0)", "(b_h.shape[-1], b_h.shape[-1])", "loop_in_numpy and gru and False-False-False"),
    ),
    *mutants(
        "seqjax/recurrence/sclstm.py",
        "tests/recurrence/test_unroll.py",
        ("jnp.tanh(g) + jnp.tanh(said)", "jnp.tanh(g) + said", "every_cell_option and sclstm"),
    ),
    *mutants(
        "seqjax/recurrence/sclstm.py",
        "tests/recurrence/test_sclstm.py",
        ("jnp.cumprod(r, axis=1)", "r", "single_steps"),
        ("jnp.where(mask, changes, 0)", "changes", "loop_in_numpy"),
    ),
    *mutants(
        "seqjax/recurrence/elman.py",
        "tests/recurrence/test_unroll.py",
        ("product(h, params.w_h)", "product(h, params.w_h.T)", "loop_in_numpy and elman and False-False-False"),
    ),
    *mutants(
        "seqjax/recurrence/unroll.py",
        "tests/recurrence/test_unroll.py",
        ("xs = jnp.where(mask[..., None], xs, 0)", REMOVED, "padding_changes_no_bit and elman-False"),
        ("reset = reset_in_reverse(reset, mask)", REMOVED, "loop_in_numpy and elman and True-False-True"),
    ),
    *mutants(
        "seqjax/recurrence/unroll.py",
        "tests/recurrence/test_backends.py",
        ("carry, chunks, reverse=True)", "carry, chunks, reverse=False)", "custom_vjp_equals"),
    ),
    *mutants(
        "seqjax/recurrence/backends/autodiff.py",
        "tests/recurrence/test_unroll.py",
        ("new = choose_rows(is_real, new, old)", REMOVED, "every_cell_option and linear"),
        (
            "before = old if is_start is None else choose_rows(is_start, initial, old)",
            "before = old  # no reset",
            "every_cell_option and linear",
        ),
        ("choose_rows(is_real, new, old)", "choose_rows(is_real, new, initial)", "every_cell_option and linear"),
    ),
    *mutants(
        "seqjax/recurrence/backends/associative.py",
        "tests/recurrence/test_backends.py",
        (
            "later[0] * earlier[1] + later[1]",
            "earlier[0] * later[1] + earlier[1]",
            "associative_scan_equals_sequential",
        ),
    ),
    *mutants(
        "seqjax/recurrence/backends/custom_vjp.py",
        "tests/recurrence/test_unroll.py",
        ("new = choose_rows(is_real, new, old)", REMOVED, "loop_in_numpy and elman and False-True-False"),
        ("y = choose_rows(is_real, y, jnp.zeros_like(y))", REMOVED, "loop_in_numpy and elman and False-True-False"),
        (
            "d_start, d_before = _split(is_start, d_before)",
            "d_start, _ = _split(is_start, d_before)",
            "crosses_a_reset and elman",
        ),
        ("d_before if d_held is None else", "d_before if True else", "padding_changes_no_bit and elman-False"),
    ),
    *mutants(
        "seqjax/recurrence/backends/custom_vjp.py",
        "tests/recurrence/test_backends.py",
        ("[x.astype(dtype), h]", "[h, x.astype(dtype)]", "custom_vjp_equals"),
        ("(-1 if reverse else 1)", "(1 if reverse else -1)", "custom_vjp_equals"),
        (
            "[ys[1:], first] if reverse else [first, ys[:-1]]",
            "[first, ys[:-1]] if reverse else [ys[1:], first]",
            "custom_vjp_equals",
        ),
        ("d_h = d_h * recurrent_mask", REMOVED, "custom_vjp_equals"),
        (
            "recurrent_product(params, _recurrent_input(before.h, recurrent_mask, dtype))",
            "recurrent_product(params, _recurrent_input(before.h, None, dtype))",
            "custom_vjp_equals",
        ),
        ("{name: d + getattr(d_params, name) for", "{name: getattr(d_params, name) for", "custom_vjp_equals"),
    ),
]
