"""Names against lists: Kyrgyz and Russian, in Cyrillic and Latin letters."""
