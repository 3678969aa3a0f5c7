"""In which order things are done, and the worker that runs them."""
