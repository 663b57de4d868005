"""Measures of predictions: NumPy in, numbers out. They know no model."""
