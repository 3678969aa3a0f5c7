"""What is known: the models, the connection, and every query."""
