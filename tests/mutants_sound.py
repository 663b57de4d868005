"""Mutants of what speech recognition is made of: the columns of ``mutants.Mutant``, by package."""

CTC, TEST_CTC, TEST_LOSS = "seqjax/decoding/ctc.py", "tests/decoding/test_ctc.py", "tests/test_losses_ctc.py"
LOSSES, ENCODER = "seqjax/losses.py", "seqjax/models/frame_encoder.py"
TEST_ENCODER = "tests/models/test_frame_encoder.py"
FEATURES, TEST_FEATURES = "seqjax/data/audio/features.py", "tests/data/audio/test_features.py"
AUGMENT, TEST_AUGMENT = "seqjax/data/audio/augment.py", "tests/data/audio/test_augment.py"
FILES, TEST_FILES = "seqjax/data/audio/files.py", "tests/data/audio/test_sound_files.py"

SOUND: dict[str, list[tuple[str, ...]]] = {
    "decoding": [
        (CTC, "(path != blank) & (path != before)", "(path != blank)", TEST_CTC, "best_path"),
        (CTC, "classes[None] == last[:, None], old.blank", "classes[None] < 0, old.blank", TEST_CTC, "every_text"),
        (CTC, "jnp.logaddexp(stay_token, jax.nn.logsumexp(inherited, axis=0))", "stay_token", TEST_CTC, "every_text"),
        (CTC, "longer = jnp.where(is_old, -jnp.inf, longer)", "", TEST_CTC, "every_text"),
        (CTC, "weight * automaton.final[prefixes.state]", "0.0", TEST_CTC, "language_model"),
        (CTC, "weight * automaton.scores[old.state] + bonus", "weight * automaton.scores[old.state]", TEST_CTC, "rank"),
        (CTC, "(states != blank) & (states != jnp.pad(states[:, :-2], ((0, 0), (2, 0)), constant_values=blank))",
         "states != blank", TEST_CTC, "alignment"),
        (CTC, "jnp.where(score_before > score_end, before_end, end)", "end", TEST_CTC, "alignment"),
    ],
    "losses": [
        (LOSSES, "jnp.sum(real, axis=1) + repeats", "jnp.sum(real, axis=1)", TEST_LOSS, "too_long"),
        (LOSSES, "kept[..., None], logits, 0", "kept[..., None] | True, logits, 0", TEST_LOSS, "padding"),
        (LOSSES, "jnp.where(feasible, losses, jnp.inf)", "losses", TEST_LOSS, "too_long"),
        (LOSSES, "(~mask).astype(logits.dtype)", "(mask & ~mask).astype(logits.dtype)", TEST_LOSS, "all_paths"),
    ],
    "models": [
        (ENCODER, "jnp.any(mask.reshape(batch, steps, join), axis=2)", "mask.reshape(batch, steps, join).all(axis=2)",
         TEST_ENCODER, "neighbours"),
        (ENCODER, "frames = -(-frames // join)", "frames = frames // join", TEST_ENCODER, "neighbours"),
        (ENCODER, "states, output = layer.step(states", "_, output = layer.step(states", TEST_ENCODER, "stream"),
    ],
    "data": [
        (FEATURES, "spectrum.imag**2) / np", "spectrum.imag**2) * np", TEST_FEATURES, "formula"),
        (AUGMENT, "np.asarray(resample_poly(sound, 100, percent)", "np.asarray(resample_poly(sound, percent, 100)",
         TEST_AUGMENT, "speed"),
        (AUGMENT, "int(length * LARGEST_SHARE)", "length", TEST_AUGMENT, "fifth"),
        (FILES, "samples.mean(axis=1)", "samples[:, 0]", TEST_FILES, "channels"),
    ],
}  # fmt: skip
