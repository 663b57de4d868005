"""Summarisation: a text in, a sentence or a title out."""
