"""Mutants: changes of one place of the package, each with the test file that should notice.

``before`` occurs exactly once in the file. To add a mutant, add a line under its package; to add a package, add a key.
"""

from typing import NamedTuple

from mutants_sound import SOUND

REMOVED = "0  # removed"


class Mutant(NamedTuple):
    """A change of one place, and the tests that should notice: a file, and what pytest selects of it (option -k)."""

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
REDUCTION, TEST_REDUCTION = f"{RECURRENCE}reduction.py", "tests/recurrence/test_reduction.py"
STORY_READER, TEST_STORY_READER = "seqjax/models/story_reader.py", "tests/models/test_story_reader.py"
STORY_ANSWERER = "seqjax/models/story_answerer.py"
SCLSTM, TEST_SCLSTM = f"{RECURRENCE}sclstm.py", "tests/recurrence/test_sclstm.py"
METRICS_DIALOGUE, TEST_METRICS_DIALOGUE = "seqjax/metrics/dialogue.py", "tests/metrics/test_dialogue.py"
ACT_REPLIER, TEST_ACT_REPLIER = "seqjax/predictors/dialogue_acts.py", "tests/predictors/test_dialogue_acts.py"
TEST_UNROLL, TEST_BACKENDS = "tests/recurrence/test_unroll.py", "tests/recurrence/test_backends.py"
TEST_OPTIONS, TEST_NOISE = "tests/layers/test_options.py", "tests/layers/test_noise.py"

BEAM = "seqjax/decoding/beam.py"
CONSTRAINTS = "seqjax/decoding/constraints.py"
HYPOTHESES = "seqjax/decoding/hypotheses.py"
DECODING_LOOP = "seqjax/decoding/loop.py"
ROLLOUT = "seqjax/decoding/rollout.py"
SAMPLING = "seqjax/decoding/sampling.py"
SPLITS, TEST_SPLITS = "seqjax/data/splits.py", "tests/data/test_splits.py"
METRICS_CLASSIFICATION = "seqjax/metrics/classification.py"
METRICS_FORECASTING = "seqjax/metrics/forecasting.py"
METRICS_MUSIC = "seqjax/metrics/music.py"
METRICS_SEQUENCES = "seqjax/metrics/sequences.py"
METRICS_TEXT = "seqjax/metrics/text.py"
VOCABULARY = "seqjax/data/vocabulary.py"
WORDS = "seqjax/data/text/words.py"
BRIDGE = "seqjax/models/bridge.py"
DECODER = "seqjax/models/decoder.py"
ENCODER = "seqjax/models/encoder.py"
FORECASTER = "seqjax/models/forecaster.py"
FRAME_MODEL = "seqjax/models/frame_model.py"
SEQ2SEQ_FORECASTER = "seqjax/models/seq2seq_forecaster.py"
TEXT_DECODER = "seqjax/models/text_decoder.py"
CHECKPOINT = "seqjax/training/checkpoint.py"
TRAINING_LOOP = "seqjax/training/loop.py"
OPTIMIZER = "seqjax/training/optimizer.py"
OPTIONS = "seqjax/training/options.py"
STATE = "seqjax/training/state.py"
STEP = "seqjax/training/step.py"
WRITER = "seqjax/training/writer.py"
TEST_BEAM = "tests/decoding/test_beam.py"
TEST_GREEDY = "tests/decoding/test_greedy.py"
TEST_ROLLOUT = "tests/decoding/test_rollout.py"
TEST_SAMPLING = "tests/decoding/test_sampling.py"
TEST_METRICS_CLASSIFICATION = "tests/metrics/test_classification.py"
TEST_METRICS_FORECASTING = "tests/metrics/test_forecasting.py"
TEST_METRICS_MUSIC = "tests/metrics/test_music.py"
TEST_METRICS_SEQUENCES = "tests/metrics/test_sequences.py"
TEST_METRICS_TEXT = "tests/metrics/test_text.py"
FEATURES, AUGMENT = (f"seqjax/data/audio/{name}.py" for name in ("features", "augment"))
TEST_FEATURES, TEST_AUGMENT = (f"tests/data/audio/test_{name}.py" for name in ("features", "augment"))
CIDER, TEST_CAPTIONS = "seqjax/metrics/captions.py", "tests/metrics/test_captions.py"
GRID, TEST_GRID = "seqjax/models/grid_encoder.py", "tests/models/test_grid_encoder.py"
PICTURES, TEST_PICTURES = "seqjax/data/pictures/files.py", "tests/data/pictures/test_picture_files.py"
TEST_FRAMES = "tests/predictors/test_frame_classification.py"
TEST_RECOGNISER = "tests/predictors/test_speech.py"
TEST_VOCABULARY = "tests/data/test_vocabulary.py"
BABI, TEST_BABI = "seqjax/data/text/babi.py", "tests/data/text/test_babi.py"
STORY_ENCODING, TEST_STORY_ENCODING = "seqjax/data/text/story_encoding.py", "tests/data/text/test_story_encoding.py"
STORY_WORLD, STORY_QUESTIONS, STORY_PUZZLES, TEST_STORIES = (
    *(f"seqjax/data/text/story_{name}.py" for name in ("world", "questions", "puzzles")),
    "tests/data/text/test_stories.py",
)
ANSWERS, TEST_ANSWERS = "seqjax/baselines/answers.py", "tests/baselines/test_answer_baselines.py"
TEST_WORDS = "tests/data/text/test_words.py"
TEST_BRIDGE = "tests/models/test_bridge.py"
TEST_FORECASTER = "tests/models/test_forecaster.py"
TEST_FRAME_MODEL = "tests/models/test_frame_model.py"
TEST_SEQ2SEQ = "tests/models/test_seq2seq.py"
TEST_SEQ2SEQ_FORECASTER = "tests/models/test_seq2seq_forecaster.py"
TEST_TEXT_DECODER = "tests/models/test_text_decoder.py"
TEST_CHECKPOINT = "tests/training/test_checkpoint.py"
TEST_LOOP = "tests/training/test_loop.py"
TEST_OPTIMIZER = "tests/training/test_optimizer.py"
TEST_STEP = "tests/training/test_step.py"
TEST_WRITER = "tests/training/test_writer.py"

MUTANTS: dict[str, list[Mutant]] = {
    "recurrence": [
        Mutant(REDUCTION, "sigmoid(z) * sigmoid(r) * n", "sigmoid(z) * n", TEST_REDUCTION, "loop_in_numpy"),
        Mutant(REDUCTION, "jnp.maximum(1 - z, TINY)", "1 - z", TEST_REDUCTION, "closed_gate"),
        Mutant(LSTM, "*input_gate, f, g, o = jnp.split", "*input_gate, o, g, f = jnp.split",
               TEST_UNROLL, "loop_in_numpy and lstm and False-False-False"),
        Mutant(LSTM, "_peephole(o, params.p_o, c)",
               "_peephole(o, params.p_o, carry.c)", TEST_UNROLL, "every_cell_option and lstm-cell2"),
        Mutant(GRU, "(z_r, z_u, z_n), (s_r", "(z_u, z_r, z_n), (s_r",
               TEST_UNROLL, "loop_in_numpy and gru and False-False-False"),
        Mutant(GRU, "(2 * b_h.shape[-1], 0)", "(b_h.shape[-1], b_h.shape[-1])",
               TEST_UNROLL, "loop_in_numpy and gru and False-False-False"),
        Mutant(SCLSTM, "jnp.tanh(g) + jnp.tanh(said)", "jnp.tanh(g) + said",
               TEST_UNROLL, "every_cell_option and sclstm"),
        Mutant(SCLSTM, "jnp.cumprod(r, axis=1)", "r", TEST_SCLSTM, "single_steps"),
        Mutant(SCLSTM, "jnp.where(mask, changes, 0)", "changes", TEST_SCLSTM, "loop_in_numpy"),
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
               "earlier[0] * later[1] + earlier[1]", TEST_BACKENDS, "associative_scan_equals_sequential"),
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
        Mutant("seqjax/layers/dropout.py", "train = not self.deterministic", "pass", TEST_NOISE, "train_and_eval"),
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
        Mutant("seqjax/interop/keras.py", "np.concatenate([second, first, candidate], axis=-1)", "value",
               "tests/interop/test_keras_weights.py", "equations and gru"),
        Mutant("seqjax/interop/options.py", "if field.name == \"activation\" and value not in ACTIVATIONS", "if False",
               "tests/interop/test_torch_weights.py", "options_that"),
        Mutant("seqjax/interop/options.py", "name not in FREE | refused.keys()", "False",
               "tests/interop/test_torch_weights.py", "options_that"),
    ],
    "baselines": [
        Mutant(ANSWERS, "best.get(each.skill, overall)", "overall", TEST_ANSWERS),
    ],
    "data": [
        Mutant(WORDS, r"[\p{{L}}\p{{N}}_\p{{M}}\u00ad", r"[\p{{L}}\p{{N}}_\u00ad", TEST_WORDS),
        Mutant(WORDS, "tokens[-1] += JOINER", "tokens[-1] += ''", TEST_WORDS),
        Mutant(WORDS, "tokens += [*gap, piece]", "tokens += [piece]", TEST_WORDS),
        Mutant(VOCABULARY, "encode_special_tokens = True", "encode_special_tokens = False", TEST_VOCABULARY),
        Mutant(VOCABULARY, "[] if spacing else", "[] if False else", TEST_VOCABULARY),
        Mutant(STORY_ENCODING, "(pointed - spoken)", "pointed", TEST_STORY_ENCODING, "names_are"),
        Mutant(STORY_ENCODING, "(inside - small)", "inside", TEST_STORY_ENCODING, "names_are"),
        Mutant(STORY_ENCODING, "read = told[-longest_story:]",
               "read = told[:longest_story]", TEST_STORY_ENCODING, "are_cut"),
        Mutant(STORY_ENCODING, "else rng.permutation(count)", "else np.arange(count)",
               TEST_STORY_ENCODING, "at_random"),
        Mutant(STORY_ENCODING, "batch.present[row, places] = True", "batch.present[row] = True",
               TEST_STORY_ENCODING, "placeholders_in_the_order or at_random"),
        Mutant(BABI, "if number == 1:", "if number == 0:", TEST_BABI, "file_is_read"),
        Mutant(STORY_WORLD, "while self._refers[sentence]:", "while False:", TEST_STORIES, "coreference"),
        Mutant(STORY_QUESTIONS, "kind == \"in\" else \"maybe\"", "kind == \"in\" else \"yes\"",
               TEST_STORIES, "either"),
        Mutant(STORY_QUESTIONS, "for row, thing in hands if row in support", "for row, thing in []",
               TEST_STORIES, "listing or counting"),
        Mutant(STORY_PUZZLES, "if small <= pair < large", "if small <= pair <= large",
               TEST_STORIES, "idle"),
        Mutant(SPLITS, "cut = min(max(cut, at_least), len(keys))",
               "cut = min(cut, len(keys))", TEST_SPLITS, "rare_strata"),
        Mutant(SPLITS, "ends + taken - share * seen", "ends - share * ends[-1]", TEST_SPLITS, "same_ratio"),
        Mutant(SPLITS, "(len(members[name]), uniform_hash",
               "(-len(members[name]), uniform_hash", TEST_SPLITS, "rare_strata"),
        Mutant(SPLITS, "(-counts[label], label)", "(counts[label], label)", TEST_SPLITS, "most_frequent_stratum"),
        Mutant(SPLITS, "-1 if are_counts else 0", "0", TEST_SPLITS, "with_a_record"),
        Mutant(SPLITS, "_fill(parts, used)", REMOVED, TEST_SPLITS, "enough_keys"),
        Mutant(FEATURES, "0.5 - 0.5 * np.cos", "0.54 - 0.46 * np.cos", TEST_FEATURES, "formula"),
        Mutant(FEATURES, "np.linspace(0, top, filters + 2)",
               "np.linspace(0, top, filters + 3)", TEST_FEATURES, "formula"),
        Mutant(FEATURES, "type=2", "type=3", TEST_FEATURES, "cosine"),
        Mutant(AUGMENT, "10 ** (-decibels / 20)", "10 ** (-decibels / 10)", TEST_AUGMENT, "ratio"),
        Mutant(AUGMENT, "np.float32(-slope / 2)", "np.float32(-slope)", TEST_AUGMENT, "slope"),
        Mutant(PICTURES, "Image.Resampling.BOX if", "Image.Resampling.NEAREST if", TEST_PICTURES, "means"),
        Mutant(PICTURES, "fitted(ImageOps.exif_transpose(picture), size)", "fitted(picture, size)",
               TEST_PICTURES, "turned"),
        Mutant(PICTURES, "(2 * index + 1) * count", "2 * index * count", TEST_PICTURES, "middles"),
        Mutant("seqjax/data/pictures/captioned.py", "left[word] > 1", "left[word] > 0",
               "tests/data/pictures/test_picture_folders.py", "held_out"),
        Mutant("seqjax/data/pictures/moving.py", "turn * (frames - 1) / turns, (turn", "0, (turn",
               "tests/data/pictures/test_picture_folders.py", "waits"),
    ],
    "decoding": [
        Mutant(BEAM, "((5 + jnp.asarray(length, like.dtype)) / 6)", "jnp.asarray(length, like.dtype)", TEST_BEAM),
        Mutant(BEAM, "jnp.clip(search.coverage, MIN_COVERAGE, 1)",
               "jnp.clip(search.coverage, MIN_COVERAGE)", TEST_BEAM),
        Mutant(BEAM, 'carry = jax.tree.map(lambda leaf: leaf.at[source].get(mode="promise_in_bounds"), carry)',
               "pass", TEST_BEAM),
        Mutant(BEAM, "coverage = jnp.take_along_axis(coverage, parents[..., None], axis=1)", "pass", TEST_BEAM),
        Mutant(BEAM, "jnp.minimum(t + 2, options.max_length), options.max_length", "t + 2, t + 2", TEST_BEAM),
        Mutant(BEAM, "search.done | ~(bound > search.finished.penalised[:, -1])", "search.done", TEST_BEAM),
        Mutant(BEAM, "each = min(beam + 1,", "each = min(beam,", TEST_BEAM),
        Mutant(BEAM, "if options.source_mask is not None:", "if False:", TEST_BEAM),
        Mutant(BEAM, "n_best + place - count", "place", TEST_BEAM),
        Mutant(BEAM, "leaf[:, : options.beam]", "leaf", TEST_BEAM),
        Mutant(BEAM, "(values.reshape(rows, beam, each) - normalizer)", "values.reshape(rows, beam, each)", TEST_BEAM),
        Mutant(HYPOTHESES, "jnp.where(is_part & ~is_eos, pick", "jnp.where(is_part, pick", TEST_BEAM),
        Mutant(HYPOTHESES, "jnp.minimum(chosen.last + 1, max_length)", "chosen.last + 1", TEST_BEAM),
        Mutant(CONSTRAINTS, "t + 1 < min_length", "t < min_length", TEST_GREEDY),
        Mutant(CONSTRAINTS, "np.isin(ids, banned)", "np.isin(ids, ())", TEST_GREEDY),
        Mutant(DECODING_LOOP, "jnp.where(done, 0, score)", "score", TEST_GREEDY),
        Mutant(DECODING_LOOP, "jnp.where(done[:, None], 0, weights)", "weights", TEST_GREEDY),
        Mutant(DECODING_LOOP, "loop.done | (token == EOS)", "token == EOS", TEST_GREEDY),
        Mutant(SAMPLING, "logits / _like(temperature, logits),", "logits,", TEST_SAMPLING),
        Mutant(SAMPLING, "jax.random.fold_in(key, t)", "key", TEST_SAMPLING),
        Mutant(SAMPLING, "bits >= low[:, None]", "bits > low[:, None]", TEST_SAMPLING),
        Mutant(SAMPLING, "min(top_k, size)", "min(top_k + 1, size)", TEST_SAMPLING),
        Mutant(ROLLOUT, "return (carry, value), value",
               "return (carry, jax.lax.stop_gradient(value)), value", TEST_ROLLOUT),
    ],
    "models": [
        Mutant(STORY_READER, "feature * (1 - 2 * word)", "feature * (1 - word)", TEST_STORY_READER, "loop_in_numpy"),
        Mutant(STORY_READER, "outputs * asked", "outputs", TEST_STORY_READER, "loop_in_numpy and hops"),
        Mutant(STORY_READER, "(forward + backward) / 2", "forward", TEST_STORY_READER, "loop_in_numpy and reduction"),
        Mutant(STORY_ANSWERER, "_masked(logits, allowed), *weights", "logits, *weights",
               TEST_STORY_READER, "step_of_a_search"),
        Mutant(FRAME_MODEL, "dropout(frames, self.frame_dropout, frame_key)", "frames", TEST_FRAME_MODEL),
        Mutant(FRAME_MODEL, "dropout(y, self.output_dropout, key)", "y", TEST_FRAME_MODEL),
        Mutant(FORECASTER, "horizon) % season]", "horizon)]", TEST_FORECASTER),
        Mutant(FORECASTER, "ascending(raw) + baseline[..., None]", "ascending(raw)", TEST_FORECASTER),
        Mutant(FORECASTER, "self.head(outputs[:, -1],", "self.head(outputs[:, 0],", TEST_FORECASTER),
        Mutant(FORECASTER, "series[:, -linear.in_features :]", "series[:, : linear.in_features]", TEST_FORECASTER),
        Mutant(SEQ2SEQ_FORECASTER, "jnp.where(now.sampled, value, now.before)", "now.before", TEST_SEQ2SEQ_FORECASTER),
        Mutant(SEQ2SEQ_FORECASTER, "targets[:, :-1]", "targets[:, 1:]", TEST_SEQ2SEQ_FORECASTER),
        Mutant(BRIDGE, 'jnp.tanh(value) if name == "h" else value', "value", TEST_BRIDGE),
        Mutant(BRIDGE, "sources[max(0, index + offset)]", "sources[min(index, len(sources) - 1)]", TEST_BRIDGE),
        Mutant(ENCODER, "jnp.where((tokens != PAD)[..., None], embed(tokens), 0)", "embed(tokens)", TEST_SEQ2SEQ),
        Mutant(DECODER, "z_x + carry.readout @ params.w_readout", "z_x", TEST_SEQ2SEQ),
        Mutant(DECODER, "jnp.repeat(array, rows // len(array), axis=0)",
               "jnp.tile(array, (rows // len(array), 1))", TEST_TEXT_DECODER),
        Mutant(TEXT_DECODER, "jnp.where(replaced[:, None], embed_tokens(decoder.embed, sampled), x)",
               "x", TEST_TEXT_DECODER),
        Mutant("seqjax/models/frame_encoder.py", "jnp.where(mask[..., None], source.features, 0)",
               "jnp.asarray(source.features)", "tests/models/test_frame_encoder.py", "invisible"),
        Mutant(GRID, "prepend=x[:, :1]", "append=x[:, -1:]", TEST_GRID, "frame_is"),
        Mutant(GRID, "y.max(axis=(1, 2))", "y.mean(axis=(1, 2))", TEST_GRID, "frame_is"),
        Mutant("seqjax/models/s2vt.py", "self.bottom(frames, mask=mask)", "self.bottom(frames)", TEST_GRID, "padding"),
        Mutant("seqjax/models/s2vt.py", "concatenate([silence, h]", "concatenate([h, silence]", TEST_GRID, "s2vt_is"),
        Mutant("seqjax/models/captioner.py", "tokens != PAD", "tokens == tokens", TEST_GRID, "penalty"),
    ],
    "training": [
        Mutant(STEP, "summed / jnp.maximum(count, 1)", "summed", TEST_STEP),
        Mutant(STEP, "jax.random.fold_in(key, state.step)", "key", TEST_STEP),
        Mutant(STEP, "(1 + count) / (10 + count)", "ema_decay", TEST_STEP),
        Mutant(STEP, "jnp.isfinite(value) & jnp.isfinite(optax.tree.norm(grads))", "jnp.isfinite(value)", TEST_STEP),
        Mutant(STEP, "finite | (state.broken_at >= 0)", "finite", TEST_STEP),
        Mutant(STEP, "carry=carry,", "", TEST_STEP),
        Mutant(STATE, "params=jax.tree.map(jnp.copy, params),\n        ema", "params=params,\n        ema", TEST_STEP),
        Mutant(OPTIMIZER, "leaf.ndim > 1", "leaf.ndim > 0", TEST_OPTIMIZER),
        Mutant(OPTIMIZER, "FINAL_RATE = 0.01", "FINAL_RATE = 0.0", TEST_OPTIMIZER),
        Mutant(OPTIMIZER, "max(steps - warmup_steps, 1)", "steps", TEST_OPTIMIZER),
        Mutant(OPTIMIZER, "optax.linear_schedule(0.0, learning_rate",
               "optax.linear_schedule(learning_rate, learning_rate", TEST_OPTIMIZER),
        Mutant(OPTIMIZER, "optax.clip_by_global_norm(clip_norm) if", "optax.identity() if", TEST_OPTIMIZER),
        Mutant(TRAINING_LOOP, "0 < self.patience <= step", "0 < self.patience < step", TEST_LOOP),
        Mutant(TRAINING_LOOP, "state._replace(loss_sum=jnp.zeros_like(state.loss_sum))", "state", TEST_LOOP),
        Mutant(TRAINING_LOOP, "validate(state.ema_params)", "validate(state.params)", TEST_LOOP),
        Mutant(TRAINING_LOOP, "best_params=state.ema_params", "best_params=state.params", TEST_LOOP),
        Mutant(TRAINING_LOOP, "measure < min(float(state.best_measure), LARGEST)",
               "-measure < min(float(state.best_measure), LARGEST)", TEST_LOOP),
        Mutant(TRAINING_LOOP, "next(iter(measures.items()))", "list(measures.items())[-1]", TEST_LOOP),
        Mutant(TRAINING_LOOP, "elif received:", "elif False:", TEST_LOOP),
        Mutant(TRAINING_LOOP, "-LARGEST <= measure <", "measure <", TEST_LOOP),
        Mutant(TRAINING_LOOP, "(unmeasured > 1 or is_over)", "is_over", TEST_LOOP),
        Mutant(TRAINING_LOOP, "(step - 1) % options.log_every + 1", "options.log_every", TEST_LOOP),
        Mutant(TRAINING_LOOP, "number in SIGNALS if is_main", "number in SIGNALS", TEST_LOOP),
        Mutant(TRAINING_LOOP, "handler not in (signal.SIG_IGN, None)", "True", TEST_LOOP),
        Mutant(TRAINING_LOOP, "if logs or evaluates or received:", "if evaluates or received:", TEST_LOOP),
        Mutant(TRAINING_LOOP, "self.input_seconds / seconds", "self.input_seconds", TEST_LOOP),
        Mutant(CHECKPOINT, "_save(self._best, step, best_params)\n        _save(self._latest, step, state)",
               "pass\n        _save(self._latest, step, state)\n        _save(self._best, step, best_params or state)",
               TEST_CHECKPOINT),
        Mutant(CHECKPOINT, 'meta["checksum"] != checksum(state)', "False", TEST_CHECKPOINT),
        Mutant(CHECKPOINT, "reverse=True", "reverse=False", TEST_CHECKPOINT),
        Mutant(CHECKPOINT, "ocp.CheckpointManagerOptions(read_only=True)",
               "ocp.CheckpointManagerOptions(cleanup_tmp_directories=True)", TEST_CHECKPOINT),
        Mutant(CHECKPOINT, ".tobytes(), crc)", ".tobytes())", TEST_CHECKPOINT),
        Mutant(WRITER, 'line["step"] <= step', 'line["step"] < step', TEST_WRITER),
        Mutant(WRITER, 'time.perf_counter() - before.get("wall_seconds", 0.0)', "time.perf_counter()", TEST_WRITER),
        Mutant(WRITER, "before = kept[-1] if kept else {}", "before = {}", TEST_WRITER),
        Mutant(OPTIONS, '("patience", 0)', '("patience", -1)', TEST_LOOP),
        Mutant(OPTIONS, "not 0 < self.learning_rate <", "not 0 <= self.learning_rate <", TEST_OPTIMIZER),
        Mutant(OPTIONS, "not 0 <= getattr", "not -9 <= getattr", TEST_OPTIMIZER),
    ],
    "metrics": [
        Mutant(METRICS_CLASSIFICATION, "(labels, predicted), 1", "(predicted, labels), 1", TEST_METRICS_CLASSIFICATION),
        Mutant(METRICS_CLASSIFICATION, "correct_counts / filled",
               "correct_counts / len(labels)", TEST_METRICS_CLASSIFICATION),
        Mutant(METRICS_CLASSIFICATION, "bins - 1", "bins - 2", TEST_METRICS_CLASSIFICATION),
        Mutant(METRICS_CLASSIFICATION, "scores[present].mean()", "scores.mean()", TEST_METRICS_CLASSIFICATION),
        Mutant(METRICS_CLASSIFICATION, "np.maximum(likelihood, 1e-12)",
               "np.maximum(likelihood, 1e-6)", TEST_METRICS_CLASSIFICATION),
        Mutant(METRICS_CLASSIFICATION, "(weights * np.abs(confidence - accuracy))",
               "np.abs(confidence - accuracy)", TEST_METRICS_CLASSIFICATION),
        Mutant(METRICS_FORECASTING, "np.where(observed, term, 0)", "term", TEST_METRICS_FORECASTING),
        Mutant(METRICS_FORECASTING, "2 * error / np.maximum", "error / np.maximum", TEST_METRICS_FORECASTING),
        Mutant(METRICS_FORECASTING, "(targets >= low) & (targets <= high)",
               "targets <= high", TEST_METRICS_FORECASTING),
        Mutant(METRICS_FORECASTING, "np.sqrt(squared.mean())",
               "np.sqrt(squared).mean() ** 2", TEST_METRICS_FORECASTING),
        Mutant(METRICS_FORECASTING, "squared / self.std**2", "squared / self.std", TEST_METRICS_FORECASTING),
        Mutant(METRICS_FORECASTING, "self.sums.get(name, np.zeros(())) + total", "total", TEST_METRICS_FORECASTING),
        Mutant(METRICS_FORECASTING, "values[season:] - values[:-season]",
               "values[1:] - values[:-1]", TEST_METRICS_FORECASTING),
        Mutant(METRICS_FORECASTING, "np.where(mean > ROUNDING * Scaler.fit(values).std, mean, np.nan)",
               "mean", TEST_METRICS_FORECASTING),
        Mutant(METRICS_DIALOGUE, "counts & most", "counts", TEST_METRICS_DIALOGUE),
        Mutant(METRICS_DIALOGUE, "if length > reference_length",
               "if length < reference_length", TEST_METRICS_DIALOGUE),
        Mutant(METRICS_DIALOGUE, "abs(wanted[word] - words[word])",
               "wanted[word] - words[word]", TEST_METRICS_DIALOGUE),
        Mutant(METRICS_MUSIC, "odds > 0, targets > 0", "odds > 0.5, targets > 0", TEST_METRICS_MUSIC),
        Mutant(METRICS_MUSIC, "np.sum(predicted | sounds)", "np.sum(sounds)", TEST_METRICS_MUSIC),
        Mutant(METRICS_MUSIC, "if either else 1.0", "if either else 0.0", TEST_METRICS_MUSIC),
        Mutant(METRICS_MUSIC, "log_odds * targets).sum(axis=1)",
               "log_odds * targets).mean(axis=1)", TEST_METRICS_MUSIC),
        Mutant(METRICS_SEQUENCES, "row[j] + 1, row[j - 1] + 1", "row[j] + 1", TEST_METRICS_SEQUENCES),
        Mutant(METRICS_SEQUENCES, "(token != target)", "2 * (token != target)", TEST_METRICS_SEQUENCES),
        Mutant(METRICS_SEQUENCES, "-len(reference)) for", "len(reference)) for", TEST_METRICS_SEQUENCES),
        Mutant(METRICS_SEQUENCES, "np.mean(distances > 0)", "np.mean(distances)", TEST_METRICS_SEQUENCES),
        Mutant(METRICS_TEXT, "itertools.zip_longest(*references)", "zip(*references)", TEST_METRICS_TEXT),
        Mutant(METRICS_TEXT, "max(len(reference), 1) for", "max(len(hypothesis), 1) for", TEST_METRICS_TEXT),
        Mutant(METRICS_TEXT, "np.searchsorted(edges, lengths)",
               "np.searchsorted(edges, lengths, side='right')", TEST_METRICS_TEXT),
        Mutant(METRICS_TEXT, "hypothesis in those for", "hypothesis in those[0] for", TEST_METRICS_TEXT),
        Mutant(METRICS_TEXT, "if 2 * long < len(references)", "if long < 0", TEST_METRICS_TEXT),
        Mutant("seqjax/metrics/speech.py", "different - insertions - deletions", "different",
               "tests/metrics/test_speech.py"),
        Mutant(CIDER, "min(value, second.get(gram, 0.0))", "value", TEST_CAPTIONS, "cider"),
        Mutant(CIDER, "(2 * SIGMA**2)", "SIGMA**2", TEST_CAPTIONS, "cider"),
        Mutant(CIDER, "weights.get(gram, unseen)", "weights.get(gram, 0)", TEST_CAPTIONS, "cider"),
    ],
    "predictors": [
        Mutant(ACT_REPLIER, "(len(each.ids) + 1)", "len(each.ids)", TEST_ACT_REPLIER, "ranked"),
        Mutant(ACT_REPLIER, "1) - slot_penalty", "1) + slot_penalty", TEST_ACT_REPLIER, "ranked"),
        Mutant("seqjax/predictors/frame_classification.py", "np.where(last < 0, 0.0, ", "np.where(last < 0, last, ",
               TEST_FRAMES, "loop"),
        Mutant("seqjax/predictors/frame_classification.py", "missing[:, self.flagged]", "missing", TEST_FRAMES, "loop"),
        Mutant("seqjax/predictors/speech.py", "[BOS, EOS, UNK]", "[BOS, EOS]", TEST_RECOGNISER, "special"),
        Mutant("seqjax/predictors/speech_stream.py", "(self._blank, self._last)",
               "(self._blank,)", TEST_RECOGNISER, "stream"),
    ],
}  # fmt: skip
for _package, _rows in SOUND.items():
    MUTANTS.setdefault(_package, []).extend(Mutant(*row) for row in _rows)
