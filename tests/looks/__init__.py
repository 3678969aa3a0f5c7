"""What the studio looks like: its main screens, with people in them, for browser tests and pictures."""
