"""Commands that train, test and use models. Only they read flags and configs."""
