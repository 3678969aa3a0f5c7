"""How people meet Storykin: the studio and the command line."""
