"""One folder a task: its data, its model and loss, its test and its predictions."""
