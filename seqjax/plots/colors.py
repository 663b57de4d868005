"""Colours shared by all plots."""

INK = "#222222"
MODEL = "#c8442c"
BASELINE = "#4878a8"
