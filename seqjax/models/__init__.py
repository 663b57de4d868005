"""The second floor: whole models, assembled from layers."""
