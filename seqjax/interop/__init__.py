"""Weights from and to PyTorch, Flax and Keras, and export."""
