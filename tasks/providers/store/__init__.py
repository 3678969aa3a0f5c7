"""Object storage: a folder, or an R2 bucket."""
