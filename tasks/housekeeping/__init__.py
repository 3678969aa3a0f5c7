"""What runs between the runs: interrupted work, forgotten objects, damaged bytes."""
