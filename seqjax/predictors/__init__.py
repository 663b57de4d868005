"""Trained models with all that a prediction needs: input in, answer out, as functions of parameters."""
