"""The studio's pages: components and their wiring, nothing else."""
