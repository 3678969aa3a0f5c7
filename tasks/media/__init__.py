"""From a character design to pixels: what the painters of drawn styles share."""
