"""Music as piano rolls: reading, writing, batches and sound."""
