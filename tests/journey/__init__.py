"""A working day of one operator, in a real browser, with a stopwatch: `make journey`."""
