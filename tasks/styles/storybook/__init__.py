"""The storybook style."""
