"""What ``python -m experiments.predict`` does for a run of each task."""
