"""What ``python -m experiments.benchmark`` is made of."""
