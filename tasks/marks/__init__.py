"""What a picture says of itself once it has left: watermark, XMP and content credentials."""
