"""The music task: polyphonic music as piano rolls."""
