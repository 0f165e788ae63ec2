"""Each call flow, an async function over ``Call``."""
