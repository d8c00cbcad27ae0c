package httpapi

import (
	"context"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"hearth/internal/account"
)

// dashboardObject is a demonstration: figures that look like a product's, for a
// client to be built on before there are any.
type dashboardObject struct {
	Demo    bool     `json:"demo" doc:"Always true: the figures are made up."`
	Metrics []metric `json:"metrics" nullable:"false"`
	Series  []series `json:"series" nullable:"false"`
}

type metric struct {
	Key    string  `json:"key"`
	Value  float64 `json:"value"`
	Change float64 `json:"change" doc:"Against the period before, as a fraction."`
}

type series struct {
	Key    string  `json:"key"`
	Points []point `json:"points" nullable:"false"`
}

type point struct {
	Date  string  `json:"date" format:"date"`
	Value float64 `json:"value"`
}

type dashboardOutput struct{ Body dashboardObject }

// dashboardDays is how many days a series has, today's the last.
const dashboardDays = 30

// dashboard makes the figures up from the account and the day alone, so that
// one account always sees the same: a day's figure never changes.
func dashboard(accountID string, today time.Time) dashboardObject {
	object := dashboardObject{Demo: true}
	for _, key := range []string{"visitors", "signups", "revenue"} {
		s := series{Key: key}
		var before, now float64
		for day := 1 - 2*dashboardDays; day <= 0; day++ {
			date := today.AddDate(0, 0, day).Format(time.DateOnly)
			value := float64(100 + seeded(accountID, key, date).IntN(400))
			if day <= -dashboardDays {
				before += value
				continue
			}
			now += value
			s.Points = append(s.Points, point{Date: date, Value: value})
		}
		object.Series = append(object.Series, s)
		change := float64(int((now-before)/before*1000)) / 1000
		object.Metrics = append(object.Metrics, metric{Key: key, Value: now, Change: change})
	}
	return object
}

func seeded(parts ...string) *rand.Rand {
	hash := fnv.New64a()
	for _, part := range parts {
		_, _ = hash.Write([]byte(part + "\x00")) // a hash does not fail
	}
	return rand.New(rand.NewPCG(hash.Sum64(), 0)) //nolint:gosec // made-up figures
}

func registerDashboard(a *API, now func() time.Time) {
	Handle(a, getDashboard, func(_ context.Context, c account.Caller, _ *struct{}) (*dashboardOutput, error) {
		id := c.User.ID
		if c.Organization != nil {
			id = c.Organization.ID
		}
		return &dashboardOutput{Body: dashboard(id, now().UTC())}, nil
	})
}
