"""Support from outside: one character's timeline by a link, without the person."""
