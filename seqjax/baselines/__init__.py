"""Baselines: simple predictors that a model is compared with."""
