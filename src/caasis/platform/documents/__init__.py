"""Looking into files: a page as a picture, and the words that stand in a scan."""
