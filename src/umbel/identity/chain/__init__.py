"""Our own reading of a certificate chain: every fault, where OpenSSL names the first and stops."""
