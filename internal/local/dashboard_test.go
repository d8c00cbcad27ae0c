package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// dashboard is the answer of GET /me/dashboard.
type dashboard struct {
	Demo    bool `json:"demo"`
	Metrics []struct {
		Key    string  `json:"key"`
		Value  float64 `json:"value"`
		Change float64 `json:"change"`
	} `json:"metrics"`
	Series []struct {
		Key    string `json:"key"`
		Points []struct {
			Date  string  `json:"date"`
			Value float64 `json:"value"`
		} `json:"points"`
	} `json:"series"`
}

func (p *person) dashboard(t *testing.T, accountID string) dashboard {
	t.Helper()
	got := p.call(t, http.MethodGet, "/me/dashboard", nil, "X-Account-Id", accountID).want(t, http.StatusOK)
	if acted := got.Header.Get("X-Account-Id"); acted != accountID {
		t.Errorf("acted for %s, want %s", acted, accountID)
	}
	var d dashboard
	got.JSON(t, &d)
	return d
}

func TestTheDashboardShowsEachAccountFiguresOfItsOwn(t *testing.T) {
	t.Parallel()
	p, other := newPerson(t, shared.host, nil), newPerson(t, shared.host, nil)
	p.me(t)
	other.me(t)
	team := join(t, shared.host, p, 1)[0]
	first := p.dashboard(t, p.ID)
	if !first.Demo || len(first.Metrics) == 0 || len(first.Series) == 0 {
		t.Fatalf("%+v", first)
	}
	for _, series := range first.Series {
		for i, point := range series.Points {
			day, err := time.Parse(time.DateOnly, point.Date)
			if err != nil {
				t.Fatal(err)
			}
			if i > 0 && day.AddDate(0, 0, -1).Format(time.DateOnly) != series.Points[i-1].Date {
				t.Errorf("%s: %s after %s", series.Key, point.Date, series.Points[i-1].Date)
			}
		}
	}
	again := p.dashboard(t, p.ID)
	if lastDay(again) != lastDay(first) { // midnight was between the two
		first = again
		again = p.dashboard(t, p.ID)
	}
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("the same account sees something else: %s", diff)
	}
	for name, d := range map[string]dashboard{"a team": p.dashboard(t, team), "another person": other.dashboard(t, other.ID)} {
		if cmp.Equal(first.Metrics, d.Metrics) || cmp.Equal(first.Series, d.Series) {
			t.Errorf("%s has the same figures", name)
		}
	}
}

func lastDay(d dashboard) string {
	points := d.Series[0].Points
	return points[len(points)-1].Date
}
