"""Mutants: changes of one place of the package, each with the test file that should notice.

``before`` occurs exactly once in the file. To add a mutant, add a line under its package; to add a package, add a key.
"""

from typing import NamedTuple

REMOVED = "0  # removed"


class Mutant(NamedTuple):
    """A change of one place, and the tests that should notice: a file, and what pytest selects of it (its option -k)."""

    file: str
    before: str
    after: str
    tests: str
    selection: str = ""

    @property
    def name(self) -> str:
        """The file and the change, on one line."""
        return " ".join(f"{self.file.removeprefix('seqjax/')}: {self.before} -> {self.after or 'nothing'}".split())


RECURRENCE, BACKENDS = "seqjax/recurrence/", "seqjax/recurrence/backends/"
UNROLL, LSTM, GRU, ELMAN = (f"{RECURRENCE}{name}.py" for name in ("unroll", "lstm", "gru", "elman"))
AUTODIFF, CUSTOM_VJP, ASSOCIATIVE = (f"{BACKENDS}{name}.py" for name in ("autodiff", "custom_vjp", "associative"))
STACK = "seqjax/layers/stack.py"
TEST_UNROLL, TEST_BACKENDS = "tests/recurrence/test_unroll.py", "tests/recurrence/test_backends.py"
TEST_OPTIONS, TEST_NOISE = "tests/layers/test_options.py", "tests/layers/test_noise.py"

MUTANTS: dict[str, list[Mutant]] = {
    "recurrence": [
        Mutant(LSTM, "*input_gate, f, g, o = jnp.split", "*input_gate, o, g, f = jnp.split",
               TEST_UNROLL, "loop_in_numpy and lstm and False-False-False"),
        Mutant(LSTM, "_peephole(o, params.p_o, c)",
               "_peephole(o, params.p_o, carry.c)", TEST_UNROLL, "every_cell_option and lstm-cell2"),
        Mutant(GRU, "(z_r, z_u, z_n), (s_r", "(z_u, z_r, z_n), (s_r",
               TEST_UNROLL, "loop_in_numpy and gru and False-False-False"),
        Mutant(GRU, "(2 * len(params.b_h), 0)", "(len(params.b_h), len(params.b_h))",
               TEST_UNROLL, "loop_in_numpy and gru and False-False-False"),
        Mutant(ELMAN, "product(h, params.w_h)", "product(h, params.w_h.T)",
               TEST_UNROLL, "loop_in_numpy and elman and False-False-False"),
        Mutant(UNROLL, "xs = jnp.where(mask[..., None], xs, 0)", REMOVED,
               TEST_UNROLL, "padding_changes_no_bit and elman-False"),
        Mutant(UNROLL, "reset = reset_in_reverse(reset, mask)", REMOVED,
               TEST_UNROLL, "loop_in_numpy and elman and True-False-True"),
        Mutant(UNROLL, "carry, chunks, reverse=True)",
               "carry, chunks, reverse=False)", TEST_BACKENDS, "custom_vjp_equals"),
        Mutant(AUTODIFF, "new = choose_rows(is_real, new, old)", REMOVED,
               TEST_UNROLL, "every_cell_option and linear"),
        Mutant(AUTODIFF,
               "before = old if is_start is None else choose_rows(is_start, initial, old)", "before = old  # no reset",
               TEST_UNROLL, "every_cell_option and linear"),
        Mutant(AUTODIFF, "choose_rows(is_real, new, old)",
               "choose_rows(is_real, new, initial)", TEST_UNROLL, "every_cell_option and linear"),
        Mutant(ASSOCIATIVE, "later[0] * earlier[1] + later[1]",
               "earlier[0] * later[1] + earlier[1]", TEST_BACKENDS, "associative_scan_in_chunks"),
        Mutant(CUSTOM_VJP, "new = choose_rows(is_real, new, old)", REMOVED,
               TEST_UNROLL, "loop_in_numpy and elman and False-True-False"),
        Mutant(CUSTOM_VJP, "y = choose_rows(is_real, y, jnp.zeros_like(y))", REMOVED,
               TEST_UNROLL, "loop_in_numpy and elman and False-True-False"),
        Mutant(CUSTOM_VJP, "[x.astype(dtype), h]",
               "[h, x.astype(dtype)]", TEST_BACKENDS, "custom_vjp_equals"),
        Mutant(CUSTOM_VJP, "(-1 if reverse else 1)", "(1 if reverse else -1)",
               TEST_BACKENDS, "custom_vjp_equals"),
        Mutant(CUSTOM_VJP, "[ys[1:], first] if reverse else [first, ys[:-1]]",
               "[first, ys[:-1]] if reverse else [ys[1:], first]", TEST_BACKENDS,
               "custom_vjp_equals"),
        Mutant(CUSTOM_VJP, "d_start, d_before = _split(is_start, d_before)",
               "d_start, _ = _split(is_start, d_before)", TEST_UNROLL, "crosses_a_reset and elman"),
        Mutant(CUSTOM_VJP, "d_before if d_held is None else",
               "d_before if True else", TEST_UNROLL, "padding_changes_no_bit and elman-False"),
        Mutant(CUSTOM_VJP, "d_h = d_h * recurrent_mask", REMOVED,
               TEST_BACKENDS, "custom_vjp_equals"),
        Mutant(CUSTOM_VJP,
               "recurrent_product(params, _recurrent_input(before.h, recurrent_mask, dtype))",
               "recurrent_product(params, _recurrent_input(before.h, None, dtype))", TEST_BACKENDS,
               "custom_vjp_equals"),
        Mutant(CUSTOM_VJP, "{name: d + getattr(d_params, name) for",
               "{name: getattr(d_params, name) for", TEST_BACKENDS, "custom_vjp_equals"),
    ],
    "layers": [
        Mutant(STACK, "y = y + below", "y = y + y",
               TEST_OPTIONS, "run_in_turn and True-concat"),
        Mutant(STACK, '"initial": initial[n]}', '"initial": None}',
               TEST_OPTIONS, "learned_carry and gru-before"),
        Mutant(STACK, "recurrent_mask=recurrent_mask,", "recurrent_mask=None,",
               TEST_NOISE, "recurrent_dropout_drops"),
        Mutant("seqjax/layers/dropout.py", "(key, rate, old.shape), old, new)",
               "(key, rate, old.shape), new, old)", TEST_NOISE, "zoneout_keeps"),
    ],
    "interop": [
        Mutant("seqjax/interop/torch.py", "ours[name]: value.T for",
               "ours[name]: value if value.shape[0] == value.shape[1] else value.T for",
               "tests/interop/test_torch_weights.py", "round_trip and 0"),
        Mutant("seqjax/interop/torch.py", "bias_h[candidate] = 0", REMOVED,
               "tests/interop/test_torch_golden.py", "float32"),
        Mutant("seqjax/interop/flax.py",
               'separate = {"n"} if ours.kind is GRUCell.Params else set()', "separate = set()",
               "tests/interop/test_flax_weights.py", "linen_weights"),
    ],
    "decoding": [
        Mutant('seqjax/decoding/beam.py', '((5 + jnp.asarray(length, like.dtype)) / 6)', 'jnp.asarray(length, like.dtype)', 'tests/decoding/test_beam.py'),
        Mutant('seqjax/decoding/beam.py', 'jnp.clip(search.coverage, MIN_COVERAGE, 1)', 'jnp.clip(search.coverage, MIN_COVERAGE)', 'tests/decoding/test_beam.py'),
        Mutant('seqjax/decoding/beam.py', 'carry = jax.tree.map(lambda leaf: leaf.at[source].get(mode="promise_in_bounds"), carry)', 'pass', 'tests/decoding/test_beam.py'),
        Mutant('seqjax/decoding/beam.py', 'coverage = jnp.take_along_axis(coverage, parents[..., None], axis=1)', 'pass', 'tests/decoding/test_beam.py'),
        Mutant('seqjax/decoding/beam.py', 'jnp.minimum(t + 2, options.max_length), options.max_length', 't + 2, t + 2', 'tests/decoding/test_beam.py'),
        Mutant('seqjax/decoding/beam.py', 'search.done | ~(bound > search.finished.penalised[:, -1])', 'search.done', 'tests/decoding/test_beam.py'),
        Mutant('seqjax/decoding/beam.py', 'each = min(beam + 1,', 'each = min(beam,', 'tests/decoding/test_beam.py'),
        Mutant('seqjax/decoding/beam.py', 'if options.source_mask is not None:', 'if False:', 'tests/decoding/test_beam.py'),
        Mutant('seqjax/decoding/beam.py', 'n_best + place - count', 'place', 'tests/decoding/test_beam.py'),
        Mutant('seqjax/decoding/beam.py', 'leaf[:, : options.beam]', 'leaf', 'tests/decoding/test_beam.py'),
        Mutant('seqjax/decoding/beam.py', '(values.reshape(rows, beam, each) - normalizer)', 'values.reshape(rows, beam, each)', 'tests/decoding/test_beam.py'),
        Mutant('seqjax/decoding/hypotheses.py', 'jnp.where(is_part & ~is_eos, pick', 'jnp.where(is_part, pick', 'tests/decoding/test_beam.py'),
        Mutant('seqjax/decoding/hypotheses.py', 'jnp.minimum(chosen.last + 1, max_length)', 'chosen.last + 1', 'tests/decoding/test_beam.py'),
        Mutant('seqjax/decoding/constraints.py', 't + 1 < min_length', 't < min_length', 'tests/decoding/test_greedy.py'),
        Mutant('seqjax/decoding/constraints.py', 'np.isin(ids, banned)', 'np.isin(ids, ())', 'tests/decoding/test_greedy.py'),
        Mutant('seqjax/decoding/loop.py', 'jnp.where(done, 0, score)', 'score', 'tests/decoding/test_greedy.py'),
        Mutant('seqjax/decoding/loop.py', 'jnp.where(done[:, None], 0, weights)', 'weights', 'tests/decoding/test_greedy.py'),
        Mutant('seqjax/decoding/loop.py', 'loop.done | (token == EOS)', 'token == EOS', 'tests/decoding/test_greedy.py'),
        Mutant('seqjax/decoding/sampling.py', 'logits / temperature,', 'logits,', 'tests/decoding/test_sampling.py'),
        Mutant('seqjax/decoding/sampling.py', 'jax.random.fold_in(key, t)', 'key', 'tests/decoding/test_sampling.py'),
        Mutant('seqjax/decoding/sampling.py', 'bits >= low[:, None]', 'bits > low[:, None]', 'tests/decoding/test_sampling.py'),
        Mutant('seqjax/decoding/sampling.py', 'min(top_k, size)', 'min(top_k + 1, size)', 'tests/decoding/test_sampling.py'),
        Mutant('seqjax/decoding/rollout.py', 'return (carry, value), value', 'return (carry, jax.lax.stop_gradient(value)), value', 'tests/decoding/test_rollout.py'),
    ],
    "models": [
        Mutant('seqjax/models/frame_model.py', 'dropout(frames, self.frame_dropout, frame_key)', 'frames', 'tests/models/test_frame_model.py'),
        Mutant('seqjax/models/frame_model.py', 'dropout(y, self.output_dropout, key)', 'y', 'tests/models/test_frame_model.py'),
        Mutant('seqjax/models/forecaster.py', 'horizon) % season]', 'horizon)]', 'tests/models/test_forecaster.py'),
        Mutant('seqjax/models/forecaster.py', 'ascending(raw) + baseline[..., None]', 'ascending(raw)', 'tests/models/test_forecaster.py'),
        Mutant('seqjax/models/forecaster.py', 'self.head(outputs[:, -1],', 'self.head(outputs[:, 0],', 'tests/models/test_forecaster.py'),
        Mutant('seqjax/models/forecaster.py', 'series[:, -linear.in_features :]', 'series[:, : linear.in_features]', 'tests/models/test_forecaster.py'),
        Mutant('seqjax/models/seq2seq_forecaster.py', 'jnp.where(now.sampled, value, now.before)', 'now.before', 'tests/models/test_seq2seq_forecaster.py'),
        Mutant('seqjax/models/seq2seq_forecaster.py', 'targets[:, :-1]', 'targets[:, 1:]', 'tests/models/test_seq2seq_forecaster.py'),
        Mutant('seqjax/models/bridge.py', 'jnp.tanh(value) if name == "h" else value', 'value', 'tests/models/test_bridge.py'),
        Mutant('seqjax/models/bridge.py', 'sources[max(0, index + offset)]', 'sources[min(index, len(sources) - 1)]', 'tests/models/test_bridge.py'),
        Mutant('seqjax/models/encoder.py', 'jnp.where((tokens != PAD)[..., None], embed(tokens), 0)', 'embed(tokens)', 'tests/models/test_seq2seq.py'),
        Mutant('seqjax/models/decoder.py', 'z_x + carry.readout @ params.w_readout', 'z_x', 'tests/models/test_seq2seq.py'),
        Mutant('seqjax/models/decoder.py', 'jnp.repeat(array, rows // len(array), axis=0)', 'jnp.tile(array, (rows // len(array), 1))', 'tests/models/test_text_decoder.py'),
        Mutant('seqjax/models/text_decoder.py', 'jnp.where(replaced[:, None], embed_tokens(decoder.embed, sampled), x)', 'x', 'tests/models/test_text_decoder.py'),
    ],
    "training": [
        Mutant('seqjax/training/step.py', 'summed / jnp.maximum(count, 1)', 'summed', 'tests/training/test_step.py'),
        Mutant('seqjax/training/step.py', 'jax.random.fold_in(key, state.step)', 'key', 'tests/training/test_step.py'),
        Mutant('seqjax/training/step.py', '(1 + count) / (10 + count)', 'ema_decay', 'tests/training/test_step.py'),
        Mutant('seqjax/training/step.py', 'jnp.isfinite(value) & jnp.isfinite(optax.tree.norm(grads))', 'jnp.isfinite(value)', 'tests/training/test_step.py'),
        Mutant('seqjax/training/step.py', 'finite | (state.broken_at >= 0)', 'finite', 'tests/training/test_step.py'),
        Mutant('seqjax/training/step.py', 'carry=carry,', '', 'tests/training/test_step.py'),
        Mutant('seqjax/training/state.py', 'params=jax.tree.map(jnp.copy, params),\n        ema', 'params=params,\n        ema', 'tests/training/test_step.py'),
        Mutant('seqjax/training/optimizer.py', 'leaf.ndim > 1', 'leaf.ndim > 0', 'tests/training/test_optimizer.py'),
        Mutant('seqjax/training/optimizer.py', 'FINAL_RATE = 0.01', 'FINAL_RATE = 0.0', 'tests/training/test_optimizer.py'),
        Mutant('seqjax/training/optimizer.py', 'max(steps - warmup_steps, 1)', 'steps', 'tests/training/test_optimizer.py'),
        Mutant('seqjax/training/optimizer.py', 'optax.linear_schedule(0.0, learning_rate', 'optax.linear_schedule(learning_rate, learning_rate', 'tests/training/test_optimizer.py'),
        Mutant('seqjax/training/optimizer.py', 'optax.clip_by_global_norm(clip_norm), ', '', 'tests/training/test_optimizer.py'),
        Mutant('seqjax/training/loop.py', '0 < self.patience <= step', '0 < self.patience < step', 'tests/training/test_loop.py'),
        Mutant('seqjax/training/loop.py', 'state._replace(loss_sum=jnp.zeros_like(state.loss_sum))', 'state', 'tests/training/test_loop.py'),
        Mutant('seqjax/training/loop.py', 'validate(state.ema_params)', 'validate(state.params)', 'tests/training/test_loop.py'),
        Mutant('seqjax/training/loop.py', 'best_params=state.ema_params', 'best_params=state.params', 'tests/training/test_loop.py'),
        Mutant('seqjax/training/loop.py', 'measure < float(state.best_measure)', 'measure > -float(state.best_measure)', 'tests/training/test_loop.py'),
        Mutant('seqjax/training/loop.py', 'next(iter(measures.values()))', 'list(measures.values())[-1]', 'tests/training/test_loop.py'),
        Mutant('seqjax/training/loop.py', '            elif received:\n                checkpoints.save(step, state)\n', '', 'tests/training/test_loop.py'),
        Mutant('seqjax/training/loop.py', 'if logs or evaluates or received:', 'if evaluates or received:', 'tests/training/test_loop.py'),
        Mutant('seqjax/training/loop.py', 'self.input_seconds / seconds', 'self.input_seconds', 'tests/training/test_loop.py'),
        Mutant('seqjax/training/checkpoint.py', '        if best_params is not None:\n            _save(self._best, step, best_params)\n        _save(self._latest, step, state)', '        _save(self._latest, step, state)\n        if best_params is not None:\n            _save(self._best, step, best_params)', 'tests/training/test_checkpoint.py'),
        Mutant('seqjax/training/checkpoint.py', 'restored.meta["checksum"] != checksum(restored.state)', 'False', 'tests/training/test_checkpoint.py'),
        Mutant('seqjax/training/checkpoint.py', 'reverse=True', 'reverse=False', 'tests/training/test_checkpoint.py'),
        Mutant('seqjax/training/checkpoint.py', 'ocp.CheckpointManagerOptions(read_only=True)', 'ocp.CheckpointManagerOptions(cleanup_tmp_directories=True)', 'tests/training/test_checkpoint.py'),
        Mutant('seqjax/training/checkpoint.py', '.tobytes(), crc)', '.tobytes())', 'tests/training/test_checkpoint.py'),
        Mutant('seqjax/training/writer.py', 'line["step"] <= step', 'line["step"] < step', 'tests/training/test_writer.py'),
        Mutant('seqjax/training/writer.py', 'time.perf_counter() - before.get("wall_seconds", 0.0)', 'time.perf_counter()', 'tests/training/test_writer.py'),
        Mutant('seqjax/training/writer.py', 'before = kept[-1] if kept else {}', 'before = {}', 'tests/training/test_writer.py'),
        Mutant('seqjax/training/options.py', '("patience", 0)', '("patience", -1)', 'tests/training/test_loop.py'),
    ],
    "metrics": [
        Mutant('seqjax/metrics/classification.py', '(labels, predicted), 1', '(predicted, labels), 1', 'tests/metrics/test_classification.py'),
        Mutant('seqjax/metrics/classification.py', 'correct_counts / filled', 'correct_counts / len(labels)', 'tests/metrics/test_classification.py'),
        Mutant('seqjax/metrics/classification.py', 'bins - 1', 'bins - 2', 'tests/metrics/test_classification.py'),
        Mutant('seqjax/metrics/classification.py', '(2 * correct / np.maximum(sums, 1)).mean()', '2 * correct.sum() / sums.sum()', 'tests/metrics/test_classification.py'),
        Mutant('seqjax/metrics/classification.py', 'np.maximum(likelihood, 1e-12)', 'np.maximum(likelihood, 1e-6)', 'tests/metrics/test_classification.py'),
        Mutant('seqjax/metrics/classification.py', '(weights * np.abs(confidence - accuracy))', 'np.abs(confidence - accuracy)', 'tests/metrics/test_classification.py'),
        Mutant('seqjax/metrics/forecasting.py', 'np.where(observed, term, 0)', 'term', 'tests/metrics/test_forecasting.py'),
        Mutant('seqjax/metrics/forecasting.py', '2 * error / np.maximum', 'error / np.maximum', 'tests/metrics/test_forecasting.py'),
        Mutant('seqjax/metrics/forecasting.py', '(targets >= low) & (targets <= high)', 'targets <= high', 'tests/metrics/test_forecasting.py'),
        Mutant('seqjax/metrics/forecasting.py', 'np.sqrt(squared.mean())', 'np.sqrt(squared).mean() ** 2', 'tests/metrics/test_forecasting.py'),
        Mutant('seqjax/metrics/forecasting.py', 'squared / self.std**2', 'squared / self.std', 'tests/metrics/test_forecasting.py'),
        Mutant('seqjax/metrics/forecasting.py', 'self.sums.get(name, np.zeros(())) + total', 'total', 'tests/metrics/test_forecasting.py'),
        Mutant('seqjax/metrics/forecasting.py', 'values[season:] - values[:-season]', 'values[1:] - values[:-1]', 'tests/metrics/test_forecasting.py'),
        Mutant('seqjax/metrics/forecasting.py', 'np.where(mean > 0, mean, 1.0)', 'mean', 'tests/metrics/test_forecasting.py'),
        Mutant('seqjax/metrics/music.py', 'odds > 0, targets > 0', 'odds > 0.5, targets > 0', 'tests/metrics/test_music.py'),
        Mutant('seqjax/metrics/music.py', 'np.sum(predicted | sounds)', 'np.sum(sounds)', 'tests/metrics/test_music.py'),
        Mutant('seqjax/metrics/music.py', 'if either else 1.0', 'if either else 0.0', 'tests/metrics/test_music.py'),
        Mutant('seqjax/metrics/music.py', 'log_odds * targets).sum(axis=1)', 'log_odds * targets).mean(axis=1)', 'tests/metrics/test_music.py'),
        Mutant('seqjax/metrics/sequences.py', 'row[j] + 1, row[j - 1] + 1', 'row[j] + 1', 'tests/metrics/test_sequences.py'),
        Mutant('seqjax/metrics/sequences.py', '(token != target)', '2 * (token != target)', 'tests/metrics/test_sequences.py'),
        Mutant('seqjax/metrics/sequences.py', '-len(reference)) for', 'len(reference)) for', 'tests/metrics/test_sequences.py'),
        Mutant('seqjax/metrics/sequences.py', 'np.mean(distances > 0)', 'np.mean(distances)', 'tests/metrics/test_sequences.py'),
        Mutant('seqjax/metrics/text.py', 'itertools.zip_longest(*references)', 'zip(*references)', 'tests/metrics/test_text.py'),
        Mutant('seqjax/metrics/text.py', 'max(len(reference), 1) for', 'max(len(hypothesis), 1) for', 'tests/metrics/test_text.py'),
        Mutant('seqjax/metrics/text.py', 'np.searchsorted(edges, lengths)', "np.searchsorted(edges, lengths, side='right')", 'tests/metrics/test_text.py'),
    ],
}  # fmt: skip
