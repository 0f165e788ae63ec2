"""What every room may know: instants, identifiers, addresses, tables, errors, findings, events."""
