"""The benchmark: ``python -m experiments.benchmark``."""
