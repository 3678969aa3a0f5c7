"""What the doctor looks at: one small module for each part of an installation."""
