"""From nouns to the words, numbers and links of a page; templates only lay them out."""
