"""What Umbel says: phrases with slots as data per language, and how numbers, dates and names sound."""
