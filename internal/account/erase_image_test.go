package account_test

import (
	"errors"
	"slices"
	"testing"

	"hearth/internal/account"
)

// pictured gives ada pictures, of which the first is attached.
func (w *world) pictured(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		w.album.there = append(w.album.there, "images/"+ada+"/"+name)
	}
	u := w.user(t)
	u.ImageKey, u.Version = w.album.there[0], u.Version+1
	w.put(t, u)
}

// certified is what the certificate of a deletion says that was erased.
func (w *world) certified(t *testing.T, deletionID string) account.Erased {
	t.Helper()
	c, err := w.Certificate(t.Context(), deletionID)
	if err != nil {
		t.Fatal(err)
	}
	return c.Erased
}

// What was never attached, or replaced while the stream was lost, goes with the
// picture that is attached, and each is counted once, though every other call
// finds no S3 or cannot note what it did.
func TestErasingTakesEveryPicture(t *testing.T) {
	t.Parallel()
	w := newLeavingWorld(t, nil)
	w.enroll(t)
	w.pictured(t, "current", "never-attached-1", "never-attached-2", "replaced-1", "replaced-2")
	others := "images/" + ada + "0/current"
	w.album.there = append(w.album.there, others)
	d := w.delete(t)
	done := false
	for call := 0; !done; call++ {
		if call > 100 {
			t.Fatal("no end")
		}
		w.album.err, w.store.onCommit = nil, nil
		switch call % 4 {
		case 1:
			w.album.err = account.ErrUnavailable
		case 3:
			w.store.onCommit = func(int) error { return account.ErrUnavailable }
		}
		var err error
		if done, err = w.Erase(t.Context(), ada); err != nil && !errors.Is(err, account.ErrUnavailable) {
			t.Fatal(err)
		}
	}
	if !slices.Equal(w.album.there, []string{others}) {
		t.Errorf("left: %v", w.album.there)
	}
	if got := w.certified(t, d.ID).Images; got != 5 {
		t.Errorf("%d pictures certified, want 5", got)
	}
}

// Who got leave to upload just before the deletion uses it during the deletion:
// what came is gone before the user is.
func TestErasingTakesAPictureThatCameLate(t *testing.T) {
	t.Parallel()
	for before, want := range map[int]int{0: 1, 1: 1} { // what is there, and counted
		w := newLeavingWorld(t, nil)
		w.enroll(t)
		if before > 0 {
			w.pictured(t, "current")
		}
		d := w.delete(t)
		late := false
		for done := false; !done; {
			if u := w.store.All().User(ada); !late && w.store.All().Deletion(ada).Stage == account.StageUser && u != nil {
				late = true
				w.album.there = append(w.album.there, "images/"+ada+"/late")
			}
			var err error
			if done, err = w.Erase(t.Context(), ada); err != nil {
				t.Fatal(err)
			}
		}
		if !late || len(w.album.there) != 0 {
			t.Errorf("with %d before: it came %t, left: %v", before, late, w.album.there)
		}
		if got := w.certified(t, d.ID).Images; got != want {
			t.Errorf("with %d before: %d certified", before, got)
		}
	}
}

// A picture that went away by itself, attached as it is, holds nothing up and is
// not counted.
func TestErasingGoesOnWithoutThePictureOfTheRecord(t *testing.T) {
	t.Parallel()
	w := newLeavingWorld(t, nil)
	w.enroll(t)
	w.pictured(t, "expired")
	w.album.there = nil
	d := w.delete(t)
	w.erase(t)
	if got := w.certified(t, d.ID).Images; got != 0 {
		t.Errorf("%d pictures certified", got)
	}
}

// The pictures of a team are another's: they go by its purge, where there are
// more than a chunk takes in several.
func TestPurgeTakesPicturesInChunks(t *testing.T) {
	t.Parallel()
	w, pictures := withAlbum(t)
	w.closed(t, team, 1)
	for _, name := range []string{"1", "2", "3", "4", "5"} {
		pictures.there = append(pictures.there, "images/"+team+"/"+name)
	}
	for done := false; !done; {
		before := len(pictures.there)
		var err error
		if done, err = w.Purge(t.Context(), team); err != nil {
			t.Fatal(err)
		}
		if left := w.store.All().Organization(team); (left == nil) != done || before-len(pictures.there) > 2 {
			t.Errorf("done %t with %d pictures of %d, %+v", done, len(pictures.there), before, left)
		}
	}
	if len(pictures.there) != 0 {
		t.Errorf("left: %v", pictures.there)
	}
}
