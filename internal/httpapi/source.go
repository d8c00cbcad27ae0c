package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"

	"hearth/internal/account"
)

// networkBits is how much of an IPv6 address names one customer of a provider,
// who has all the rest to choose from (RFC 6177).
const networkBits = 64

// source says where a request of nobody who signed in comes from, as the
// store counts it: a hash, since an IP address is personal data.
func source(ctx context.Context) string {
	event, _ := ctx.Value(eventKey).(*Event)
	if event == nil {
		return hashSource("")
	}
	return hashSource(event.RequestContext.HTTP.SourceIP)
}

func hashSource(ip string) string {
	if address, err := netip.ParseAddr(ip); err == nil {
		address = address.Unmap().WithZone("")
		if ip = address.String(); address.Is6() {
			if network, err := address.Prefix(networkBits); err == nil {
				ip = network.String()
			}
		}
	}
	sum := sha256.Sum256([]byte("hearth-ip" + ip))
	return account.HashedWho + hex.EncodeToString(sum[:])
}
