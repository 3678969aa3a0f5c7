"""Plain HTTP beside the studio's pages."""
