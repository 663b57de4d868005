"""Whole models, assembled from layers and decoding."""
