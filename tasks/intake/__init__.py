"""From an uploaded file to a photo that can be worked from: turned upright, the face chosen, judged."""
