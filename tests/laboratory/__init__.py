"""The failure laboratory: every cause injected for real, found first, cured, and gone."""
