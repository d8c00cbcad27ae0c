package boot

import (
	"regexp"
	"testing"
	"time"
)

func TestIDsAreTimeOrderedUUIDs(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	// The example of RFC 9562, A.6: 017F22E2-79B0-7... is 2022-02-22 19:22:22 UTC.
	at := time.UnixMilli(0x017F22E279B0)
	if got := uuidV7(at); got[:15] != "017f22e2-79b0-7" {
		t.Errorf("at %s it is %s", at, got)
	}
	seen, before := map[string]bool{}, ""
	for i := range 1000 {
		id := uuidV7(at.Add(time.Duration(i) * time.Millisecond))
		if !form.MatchString(id) || id <= before || seen[id] {
			t.Fatalf("%s after %s", id, before)
		}
		seen[id], before = true, id
	}
	// In one millisecond the random part tells them apart.
	for range 1000 {
		id := uuidV7(at)
		if seen[id] {
			t.Fatalf("%s twice", id)
		}
		seen[id] = true
	}
}
