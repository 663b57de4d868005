"""Weights and programs that come from elsewhere or go there."""
