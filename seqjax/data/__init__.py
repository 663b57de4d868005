"""NumPy in, NumPy out: reading, splitting and batching data. It knows no model."""
