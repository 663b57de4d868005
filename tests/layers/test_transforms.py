"""Every cell and every option under JAX's transforms, in float64 for comparison with finite differences."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from layer_zoo import ZOO, D, make

from seqjax.recurrence import Plan

B, T = 2, 4
MASK = np.array([[1, 1, 1, 1], [1, 0, 1, 0]], bool)
RESET = np.array([[0, 0, 1, 0], [0, 0, 1, 0]], bool)


# Programs are small and run once: optimising them would take most of the time.
jit = partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})


def close(a, b, atol=1e-12):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=atol), a, b)


@pytest.fixture(scope="module", params=ZOO)
def problem(request):
    """A function of parameters and inputs (with mask, resets, and the layer's noise), and a point."""
    with jax.enable_x64(True):

        def runner(**plan):
            graph, _ = nnx.split(make(request.param, dtype=jnp.float64, plan=Plan(**plan)))

            def run(state, x):
                options = {"mask": jnp.asarray(MASK), "reset": jnp.asarray(RESET), "key": jax.random.key(3)}
                return nnx.merge(graph, state)(x, **options)

            return run

        x = jnp.asarray(np.random.default_rng(0).normal(size=(B, T, D)))
        yield request.param, runner, nnx.split(make(request.param, dtype=jnp.float64))[1], x


def total(run):
    def value(state, x):
        y, carry = run(state, x)
        return jnp.sum(jnp.sin(y)) + sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(carry))

    return value


@pytest.mark.slow
def test_derivatives_equal_central_differences_and_each_other(problem):
    """grad, jvp, a product with the Hessian, and checkpoint."""
    _, runner, state, x = problem
    value, forward_value = total(runner()), total(runner(backend="autodiff"))
    rng = np.random.default_rng(1)
    along = jax.tree.map(lambda leaf: jnp.asarray(rng.normal(size=leaf.shape)), (state, x))

    @jit
    def derivatives(point, along):
        f = lambda point: value(*point)  # noqa: E731
        gradient = jax.grad(f)
        slope = jax.jvp(lambda point: forward_value(*point), (point,), (along,))[1]
        curvature = jax.jvp(gradient, (point,), (along,))[1]
        checkpointed = jax.grad(jax.checkpoint(f))(point)
        return gradient(point), slope, curvature, checkpointed

    gradient, slope, curvature, checkpointed = derivatives((state, x), along)
    close(checkpointed, gradient)
    products = jax.tree.map(lambda g, a: jnp.vdot(g, a), gradient, along)
    close(sum(jax.tree.leaves(products)), slope, atol=1e-9)
    step = 1e-6

    def moved(sign):
        return jax.tree.map(lambda leaf, a: leaf + sign * step * a, (state, x), along)

    ahead, behind = (jit(jax.value_and_grad(lambda p: value(*p)))(moved(sign)) for sign in (1, -1))
    np.testing.assert_allclose((ahead[0] - behind[0]) / (2 * step), slope, rtol=1e-6, atol=1e-6)
    difference = jax.tree.map(lambda a, b: (a - b) / (2 * step), ahead[1], behind[1])
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5), curvature, difference)


@pytest.mark.slow
def test_jit_and_vmap_over_data_and_parameters_equal_single_calls(problem):
    name, runner, state, x = problem
    run = runner()
    jitted = jit(run)
    plain = jitted(state, x)
    if name == "gru-before":  # without the compiler; one layer is enough, it takes long
        with jax.disable_jit():
            close(run(state, x), plain)
    xs = jnp.stack([x, 2 * x, -x])
    close(
        jit(jax.vmap(run, in_axes=(None, 0)))(state, xs),
        jax.tree.map(lambda *a: jnp.stack(a), *(jitted(state, x) for x in xs)),
    )
    members = [jax.tree.map(lambda leaf, k=k: leaf * (1 + 0.1 * k), state) for k in range(8)]
    ensemble = jax.tree.map(lambda *leaves: jnp.stack(leaves), *members)
    together = jit(jax.vmap(run, in_axes=(0, None)))(ensemble, x)
    close(together, jax.tree.map(lambda *a: jnp.stack(a), *(jitted(member, x) for member in members)))
