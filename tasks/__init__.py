"""What is done: one file a step, pure functions with a thin Prefect task over them (`tasks.steps`)."""
