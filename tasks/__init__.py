"""What is done: one file a step, free of Prefect; `tasks.pipeline` makes Prefect's tasks of them."""
