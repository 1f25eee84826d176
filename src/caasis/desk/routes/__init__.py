"""Lists of URLs, one for each part of the desk."""
