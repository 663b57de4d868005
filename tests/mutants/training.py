"""Mutants of seqjax/training/."""

from .mutant import Mutant, mutants

MUTANTS: list[Mutant] = [
    *mutants(
        "seqjax/training/step.py",
        "tests/training/test_step.py",
        ("summed / jnp.maximum(count, 1)", "summed"),
        ("jax.random.fold_in(key, state.step)", "key"),
        ("(1 + count) / (10 + count)", "ema_decay"),
        ("jnp.isfinite(value) & jnp.isfinite(optax.tree.norm(grads))", "jnp.isfinite(value)"),
        ("finite | (state.broken_at >= 0)", "finite"),
        ("carry=carry,", ""),
    ),
    *mutants(
        "seqjax/training/state.py",
        "tests/training/test_step.py",
        ("params=copy(params),\n        ema", "params=params,\n        ema"),
    ),
    *mutants(
        "seqjax/training/optimizer.py",
        "tests/training/test_optimizer.py",
        ("leaf.ndim > 1", "leaf.ndim > 0"),
        ("FINAL_RATE = 0.01", "FINAL_RATE = 0.0"),
        ("max(steps - warmup_steps, 1)", "steps"),
        ("optax.linear_schedule(0.0, learning_rate", "optax.linear_schedule(learning_rate, learning_rate"),
        ("optax.clip_by_global_norm(clip_norm) if", "optax.identity() if"),
    ),
    *mutants(
        "seqjax/training/loop.py",
        "tests/training/test_loop.py",
        ("0 < self.patience <= step", "0 < self.patience < step"),
        ("state._replace(loss_sum=jnp.zeros_like(state.loss_sum))", "state"),
        ("validate(state.ema_params)", "validate(state.params)"),
        ("best_params=state.ema_params", "best_params=state.params"),
        ("measure < min(float(state.best_measure), LARGEST)", "-measure < min(float(state.best_measure), LARGEST)"),
        ("next(iter(measures.items()))", "list(measures.items())[-1]"),
        ("elif received:", "elif False:"),
        ("-LARGEST <= measure <", "measure <"),
        ("(unmeasured > 1 or is_over)", "is_over"),
        ("(step - 1) % options.log_every + 1", "options.log_every"),
        ("number in SIGNALS if is_main", "number in SIGNALS"),
        ("handler not in (signal.SIG_IGN, None)", "True"),
        ("if logs or evaluates or received:", "if evaluates or received:"),
        ("self.input_seconds / seconds", "self.input_seconds"),
    ),
    *mutants(
        "seqjax/training/checkpoint.py",
        "tests/training/test_checkpoint.py",
        (
            "_save(self._best, step, best_params)\n        _save(self._latest, step, state)",
            "pass\n        _save(self._latest, step, state)\n        _save(self._best, step, best_params or state)",
        ),
        ('meta["checksum"] != checksum(state)', "False"),
        ("reverse=True", "reverse=False"),
        ("ocp.CheckpointManagerOptions(read_only=True)", "ocp.CheckpointManagerOptions(cleanup_tmp_directories=True)"),
        (".tobytes(), crc)", ".tobytes())"),
    ),
    *mutants(
        "seqjax/training/writer.py",
        "tests/training/test_writer.py",
        ('line["step"] <= step', 'line["step"] < step'),
        ('time.perf_counter() - before.get("wall_seconds", 0.0)', "time.perf_counter()"),
        ("before = kept[-1] if kept else {}", "before = {}"),
    ),
    *mutants(
        "seqjax/training/options.py",
        "tests/training/test_loop.py",
        ('("patience", 0)', '("patience", -1)'),
    ),
    *mutants(
        "seqjax/training/options.py",
        "tests/training/test_optimizer.py",
        ("not 0 < self.learning_rate <", "not 0 <= self.learning_rate <"),
        ("not 0 <= getattr", "not -9 <= getattr"),
    ),
]
