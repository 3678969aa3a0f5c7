"""One trait of a person a file: each reads the picture and its regions, and says how sure it is."""
