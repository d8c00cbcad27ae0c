package main

import (
	"net/http"
	"testing"
)

// What isolation costs a page of projects, in calls and in time, side by
// side: without it, with credentials that are kept, and with credentials that
// are taken for each request. STS and DynamoDB are on this machine, so the time
// of the last is that of the work alone, without AWS's network.
//
//	go test ./infra -run '^$' -bench Isolation
func BenchmarkIsolation(b *testing.B) {
	for _, c := range []struct {
		name            string
		isolation, cold bool
	}{{"off", false, false}, {"kept", true, false}, {"taken", true, true}} {
		b.Run(c.name, func(b *testing.B) {
			w := wire(b, c.isolation)
			userID, _ := w.enroll(b)
			people := []string{userID}
			for range b.N - 1 {
				if !c.cold {
					break
				}
				id, _ := w.enroll(b)
				people = append(people, id)
			}
			if !c.cold {
				w.call(b, userID, userID, http.MethodGet, "/projects", "", http.StatusOK)
			}
			w.assumed = 0
			operations := 0
			b.ResetTimer()
			for i := range b.N {
				id := people[i%len(people)]
				_, made := w.call(b, id, id, http.MethodGet, "/projects", "", http.StatusOK)
				operations += len(made)
			}
			b.ReportMetric(float64(operations)/float64(b.N), "DynamoDB/op")
			b.ReportMetric(float64(w.assumed)/float64(b.N), "STS/op")
		})
	}
}
