"""Weights from and to PyTorch and Flax, and export."""
