"""Figures, from arrays and numbers to files. They know no model."""
