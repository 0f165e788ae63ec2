"""Every administrative operation, once; the command line and later the web call it."""
