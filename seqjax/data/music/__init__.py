"""Music: piano rolls, MIDI files, pitches and sound."""
