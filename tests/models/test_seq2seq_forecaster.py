"""The encoder-decoder forecaster: parity with NumPy loops, teacher forcing and scheduled sampling."""

import jax
import numpy as np
import pytest
from forecaster_oracle import SIZES, check_parity, make, windows
from random_modules import normal


def test_forecast_equals_a_numpy_loop():
    check_parity("seq2seq", SIZES, seasons=(3, 1), linear_rows=5)


def test_seq2seq_forecaster_reads_targets_or_its_own_median():
    """The input of step n reaches step n + 1 and later ones."""
    inputs, known = windows()
    targets = normal((3, 4, 2), seed=1)
    key = jax.random.key(0)
    forced, free = make("seq2seq", sampling_rate=0.0), make("seq2seq", sampling_rate=1.0)

    def teach(targets):
        return np.asarray(program(targets))

    program = jax.jit(lambda targets: forced(inputs, known, key=key, targets=targets))
    # Targets are ignored without a key, and at a rate of 1.
    own, without_key, at_rate_1 = jax.device_get(
        jax.jit(
            lambda: (
                free(inputs, known),
                forced(inputs, known, targets=targets),
                free(inputs, known, key=key, targets=targets),
            )
        )()
    )
    np.testing.assert_array_equal(without_key, own)
    np.testing.assert_allclose(at_rate_1, own, atol=1e-6)
    # Where each step's target is its own forecast, both read the same.
    np.testing.assert_allclose(teach(own[..., 1]), own, atol=1e-6)
    taught = teach(targets)
    # The first step reads the window's last row.
    np.testing.assert_array_equal(taught[:, 0], teach(-np.asarray(targets))[:, 0])
    for n in range(1, 4):
        assert np.all(np.any(taught[:, n] != own[:, n], axis=(1, 2)))
    moved = np.array(targets)
    moved[:, 1] += 1
    changed = teach(moved)
    assert [bool(np.any(changed[:, n] != taught[:, n])) for n in range(4)] == [False, False, True, True]


def test_sampling_rate_outside_the_unit_interval_is_named():
    with pytest.raises(ValueError, match=r"sampling_rate must be in \[0, 1\], not 1.5"):
        make("seq2seq", sampling_rate=1.5)


def test_sampling_rate_is_the_share_of_steps_that_read_their_own_value():
    inputs, known = windows(batch=64)
    targets = jax.device_put(np.full((64, 4, 2), 100, np.float32))
    models = [make("seq2seq", sampling_rate=rate) for rate in (0.25, 1.0, 0.0)]

    @jax.jit
    def run(key):
        return [model(inputs, known, key=key, targets=targets) for model in models]

    mixed, own, forced = jax.device_get(run(jax.random.key(0)))
    # The second step follows a first that is the same in all three: it equals one or the other.
    is_own = np.all(mixed[:, 1] == own[:, 1], axis=(1, 2))
    is_forced = np.all(mixed[:, 1] == forced[:, 1], axis=(1, 2))
    assert np.all(is_own ^ is_forced)
    assert 6 <= int(is_own.sum()) <= 28  # of 64; 16 are expected, and 3.5 are the standard deviation
