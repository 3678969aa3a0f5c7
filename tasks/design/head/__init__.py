"""The head of a character, part by part: each is a function of the `HeadContext` that gives its shapes."""
