"""Mutants of seqjax/models/."""

from .mutant import Mutant, mutants

MUTANTS: list[Mutant] = [
    *mutants(
        "seqjax/models/story_reader.py",
        "tests/models/test_story_reader.py",
        ("feature * (1 - 2 * word)", "feature * (1 - word)", "loop_in_numpy"),
        ("outputs * asked", "outputs", "loop_in_numpy and hops"),
        ("(forward + backward) / 2", "forward", "loop_in_numpy and reduction"),
    ),
    *mutants(
        "seqjax/models/story_answerer.py",
        "tests/models/test_story_reader.py",
        ("_masked(logits, allowed), *weights", "logits, *weights", "step_of_a_search"),
    ),
    *mutants(
        "seqjax/models/frame_model.py",
        "tests/models/test_frame_model.py",
        ("dropout(frames, self.frame_dropout, frame_key)", "frames"),
        ("dropout(y, self.output_dropout, key)", "y"),
    ),
    *mutants(
        "seqjax/models/forecaster.py",
        "tests/models/test_forecaster.py",
        ("horizon) % season]", "horizon)]"),
        ("ascending(raw) + baseline[..., None]", "ascending(raw)"),
        ("self.head(outputs[:, -1],", "self.head(outputs[:, 0],"),
        ("series[:, -linear.in_features :]", "series[:, : linear.in_features]"),
    ),
    *mutants(
        "seqjax/models/seq2seq_forecaster.py",
        "tests/models/test_seq2seq_forecaster.py",
        ("jnp.where(now.sampled, value, now.before)", "now.before"),
        ("targets[:, :-1]", "targets[:, 1:]"),
    ),
    *mutants(
        "seqjax/models/bridge.py",
        "tests/models/test_bridge.py",
        ('jnp.tanh(value) if name == "h" else value', "value"),
        ("sources[max(0, index + offset)]", "sources[min(index, len(sources) - 1)]"),
    ),
    *mutants(
        "seqjax/models/encoder.py",
        "tests/models/test_seq2seq.py",
        ("jnp.where((tokens != PAD)[..., None], embed(tokens), 0)", "embed(tokens)"),
    ),
    *mutants(
        "seqjax/models/decoder.py",
        "tests/models/test_seq2seq.py",
        ("z_x + carry.readout @ params.w_readout", "z_x"),
    ),
    *mutants(
        "seqjax/models/decoder.py",
        "tests/models/test_text_decoder.py",
        ("jnp.repeat(array, rows // len(array), axis=0)", "jnp.tile(array, (rows // len(array), 1))"),
    ),
    *mutants(
        "seqjax/models/text_decoder.py",
        "tests/models/test_text_decoder.py",
        ("jnp.where(replaced[:, None], embed_tokens(decoder.embed, sampled), x)", "x"),
    ),
    *mutants(
        "seqjax/models/pointer.py",
        "tests/models/test_pointer.py",
        ("jnp.where(jnp.all(no_token, axis=-1)[:, None], 1, lost)", "lost", "papers"),
        ("log_copy[..., None] + jnp.log(copied)", "jnp.log(copied)", "papers"),
        ("jnp.maximum(mass, TINY)", "mass", "finite"),
    ),
    *mutants(
        "seqjax/models/text_decoder.py",
        "tests/models/test_pointer.py",
        ("jnp.where(tokens < self.embed.num_embeddings, tokens, UNK)", "tokens", "papers or scores"),
    ),
    *mutants(
        "seqjax/models/frame_encoder.py",
        "tests/models/test_frame_encoder.py",
        ("jnp.where(mask[..., None], source.features, 0)", "jnp.asarray(source.features)", "invisible"),
        (
            "jnp.any(mask.reshape(batch, steps, join), axis=2)",
            "mask.reshape(batch, steps, join).all(axis=2)",
            "neighbours",
        ),
        ("frames = -(-frames // join)", "frames = frames // join", "neighbours"),
        ("states, output = layer.step(states", "_, output = layer.step(states", "stream"),
    ),
    *mutants(
        "seqjax/models/grid_encoder.py",
        "tests/models/test_grid_encoder.py",
        ("prepend=x[:, :1])], axis=-1)", "append=x[:, -1:])], axis=-1)", "frame_is"),
        ("largest(y)], axis=-1).reshape", "y.mean(axis=1)], axis=-1).reshape", "frame_is"),
        (".argmax(axis=-2, keepdims=True)", ".argmin(axis=-2, keepdims=True)", "largest_has"),
        ("prepend=x[:, :1])).mean", "append=x[:, -1:])).mean", "what_is_read"),
        ("largest(w.reshape(*w.shape[:2], -1, 1) * y)", "largest(y)", "what_is_read"),
        ("jnp.where(shown, each, 0), carry)", "each, carry)", "hidden_in_training"),
    ),
    *mutants(
        "seqjax/models/s2vt.py",
        "tests/models/test_grid_encoder.py",
        ("self.bottom(frames, mask=mask)", "self.bottom(frames)", "padding"),
        ("concatenate([silence, h]", "concatenate([h, silence]", "s2vt_is"),
    ),
    *mutants(
        "seqjax/models/captioner.py",
        "tests/models/test_grid_encoder.py",
        ("tokens != PAD", "tokens == tokens", "penalty"),
    ),
]
