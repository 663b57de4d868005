"""The long-range task."""
