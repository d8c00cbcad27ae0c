package account_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"hearth/internal/account"
)

func TestOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enroll(t)
	c := w.caller(t)
	once := func(key, request, id string) (string, error) {
		return w.Once(t.Context(), c, account.Repeat{Key: key, Request: request}, id)
	}
	for _, step := range []struct {
		rule             string
		key, request, id string
		want             string
		fails            error
	}{
		{"the first request makes", "k", "hash", "1", "1", nil},
		{"the same again makes nothing", "k", "hash", "2", "1", nil},
		{"another body with the key is refused", "k", "other", "3", "", account.ErrIdempotencyKeyReused},
		{"another key makes another", "l", "hash", "4", "4", nil},
		{"without a key nothing is remembered", "", "hash", "5", "5", nil},
		{"so it makes again", "", "hash", "6", "6", nil},
	} {
		got, err := once(step.key, step.request, step.id)
		if got != step.want || !errors.Is(err, step.fails) {
			t.Errorf("%s: %q, %v", step.rule, got, err)
		}
	}
	w.now = w.now.Add(account.IdempotencyValidity - time.Minute)
	if got, err := once("k", "hash", "7"); got != "1" || err != nil {
		t.Errorf("just before a day has gone: %q, %v", got, err)
	}
	w.now = w.now.Add(2 * time.Minute)
	if got, err := once("k", "other", "8"); got != "8" || err != nil {
		t.Errorf("after a day the key is free, though its record is still there: %q, %v", got, err)
	}
	if got, err := once("k", "other", "9"); got != "8" || err != nil {
		t.Errorf("and taken again: %q, %v", got, err)
	}
}

func TestOnceOfManyAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enroll(t)
	c := w.caller(t)
	const rivals = 16
	made := make([]string, rivals)
	var group sync.WaitGroup
	for i := range rivals {
		group.Go(func() {
			id, err := w.Once(t.Context(), c, account.Repeat{Key: "k", Request: "hash"}, string(rune('a'+i)))
			if err != nil {
				t.Error(err)
			}
			made[i] = id
		})
	}
	group.Wait()
	for _, id := range made {
		if id != made[0] {
			t.Fatalf("made %v, want one", made)
		}
	}
}

func TestOnceNeedsAnActiveUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enroll(t)
	c := w.caller(t)
	off := w.user(t)
	off.Status, off.Version = account.UserInactive, off.Version+1
	w.put(t, off)
	if _, err := w.Once(t.Context(), c, account.Repeat{Key: "k", Request: "hash"}, "1"); !errors.Is(err, account.ErrUserInactive) {
		t.Errorf("got %v", err)
	}
}
