"""What every room may know: instants, identifiers, errors, findings and events. Imports nothing of ours."""
