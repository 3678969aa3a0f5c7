"""OpenAI, through the openai package."""
