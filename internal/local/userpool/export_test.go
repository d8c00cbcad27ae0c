package userpool

import "crypto/rsa"

// WithSigningKey returns o with a ready signing key for a new pool.
func WithSigningKey(o Options, key *rsa.PrivateKey) Options {
	o.signingKey = key
	return o
}
