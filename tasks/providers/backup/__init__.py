"""Where backups lie: a folder or an S3 bucket."""
