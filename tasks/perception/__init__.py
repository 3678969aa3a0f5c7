"""What sees: faces, landmarks, segmentation, matting, traits, likeness. `analysis` is what it hands on."""
