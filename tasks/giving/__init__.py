"""What leaves the house: pictures and their lineage, as files, archives, contact sheets and links."""
