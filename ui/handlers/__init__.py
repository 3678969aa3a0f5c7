"""Use cases of the studio: plain functions over the record, the store and the flows, without Gradio."""
