"""Training: state, step, loop, checkpoints and logs. It knows no model and no data set."""
