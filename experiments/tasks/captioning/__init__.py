"""The captioning task: pictures and clips to texts."""
