"""THE DOCUMENT: what a written treatment protocol may say."""
