"""The two local files of HTTPS: a certificate chain and its private key."""
