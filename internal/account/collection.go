package account

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"
)

// Collection is one kind of thing that accounts own. T is what a product says
// of one, a struct that is kept as its JSON. Numbers keep all of their digits, up
// to DynamoDB's 38; clients in JavaScript read no more than 2^53 of an integer.
// The permissions "<noun>.create",
// "<noun>.update" and "<noun>.delete" are conditions of the commits, and each
// leaves an entry "<noun>.created" and so on in the account's data.
type Collection[T any] struct {
	data *Data
	noun string
}

// NewCollection returns the things of a kind, named by a noun in the singular,
// such as "project".
func NewCollection[T any](data *Data, noun string) Collection[T] {
	return Collection[T]{data: data, noun: noun}
}

// Owned is one thing of an account's.
type Owned[T any] struct {
	// ID is time-ordered.
	ID        string
	Value     T
	CreatedBy string
	CreatedAt time.Time
	UpdatedAt time.Time

	version int
}

// kept are the fields that every item has beside those of its T.
type kept struct {
	CreatedBy string    `json:"createdBy"`
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// Get returns a thing of the account's, or ErrNotFound. It fails as
// DataStore.Read does.
func (c Collection[T]) Get(ctx context.Context, s Scope, id string) (Owned[T], error) {
	if !wellFormedID(id) {
		return Owned[T]{}, ErrNotFound
	}
	found, err := c.data.store.Read(ctx, s, c.noun, id)
	if err != nil {
		return Owned[T]{}, err
	}
	return c.decode(found)
}

// List returns at most limit things of the account's, the newest first, behind
// the id after; next is empty on the last page. It fails as DataStore.List does.
func (c Collection[T]) List(ctx context.Context, s Scope, after string, limit int) (page []Owned[T], next string, err error) {
	if after != "" && !wellFormedID(after) {
		return nil, "", Invalid("/cursor", FieldMalformed)
	}
	found, next, err := c.data.store.List(ctx, s, c.noun, after, limit)
	if err != nil {
		return nil, "", err
	}
	page = make([]Owned[T], len(found))
	for i, d := range found {
		if page[i], err = c.decode(d); err != nil {
			return nil, "", err
		}
	}
	return page, next, nil
}

// Create makes a thing, or returns the one that the same request made before.
// It fails with ErrForbidden, ErrUserInactive and CodeAccountNotFound where
// access ended meanwhile, with ErrIdempotencyKeyReused, with ErrNotFound where
// what the same request made is gone, and as DataStore.Commit does.
func (c Collection[T]) Create(ctx context.Context, s Scope, value T, repeat Repeat) (Owned[T], error) {
	now := c.data.clock()
	item := Owned[T]{ID: c.data.newID(), Value: value, CreatedBy: s.userID, CreatedAt: now, UpdatedAt: now, version: 1}
	fields, err := c.encode(item)
	if err != nil {
		return Owned[T]{}, err
	}
	var found *Datum // nothing at first: most keys are new
	for range decideTries {
		change := c.change("create", DataWrite{ID: item.ID, Fields: fields}, c.data.audit(s, c.did("created"), item.ID))
		made, err := c.data.once(s, &change, repeat, item.ID, found)
		if err != nil {
			return Owned[T]{}, err
		}
		if made != item.ID {
			return c.Get(ctx, s, made)
		}
		if err = c.data.commit(ctx, s, change); err == nil {
			return item, nil
		}
		var failed *PremiseError
		key := s.Key(kindIdempotency, repeatID(s, repeat))
		if !errors.As(err, &failed) || failed.Failed[0].Key() != key {
			return Owned[T]{}, err
		}
		found = find[*Datum](failed.Found, key)
	}
	return Owned[T]{}, ErrConflict
}

// Update changes a thing to what edit makes of it as it is, and writes nothing
// where that is the same. If somebody else changed it meanwhile, edit is asked
// again. It fails as Get and Create do, and with what edit says.
func (c Collection[T]) Update(ctx context.Context, s Scope, id string, edit func(Owned[T]) (T, error)) (Owned[T], error) {
	before, err := c.Get(ctx, s, id)
	for range decideTries {
		if err != nil {
			return Owned[T]{}, err
		}
		after := before
		if after.Value, err = edit(before); err != nil {
			return Owned[T]{}, err
		}
		if reflect.DeepEqual(after.Value, before.Value) {
			return before, nil
		}
		after.UpdatedAt, after.version = c.data.clock(), before.version+1
		fields, err := c.encode(after)
		if err != nil {
			return Owned[T]{}, err
		}
		err = c.data.commit(ctx, s, c.change("update",
			DataWrite{ID: id, Version: before.version, Fields: fields}, c.data.audit(s, c.did("updated"), id)))
		if err == nil {
			return after, nil
		}
		var failed *PremiseError
		key := s.Key(c.noun, id)
		if !errors.As(err, &failed) || failed.Failed[0].Key() != key {
			return Owned[T]{}, err
		}
		if before, err = c.decode(find[*Datum](failed.Found, key)); err != nil {
			return Owned[T]{}, err
		}
	}
	return Owned[T]{}, ErrConflict
}

// Delete removes a thing. It fails with ErrNotFound, and as Create does.
func (c Collection[T]) Delete(ctx context.Context, s Scope, id string) error {
	return c.remove(ctx, s, id, "", "delete")
}

// DeleteOwn removes a thing that the user created; any member may. It fails as
// Delete does, with ErrForbidden where somebody else created it.
func (c Collection[T]) DeleteOwn(ctx context.Context, s Scope, id string) error {
	return c.remove(ctx, s, id, s.userID, "")
}

func (c Collection[T]) remove(ctx context.Context, s Scope, id, createdBy, verb string) error {
	if !wellFormedID(id) {
		return ErrNotFound
	}
	return c.data.commit(ctx, s, c.change(verb,
		DataWrite{ID: id, Version: AnyVersion, CreatedBy: createdBy}, c.data.audit(s, c.did("deleted"), id)))
}

// change is what is done with one thing, and noted.
func (c Collection[T]) change(verb string, write, note DataWrite) DataChange {
	write.Kind = c.noun
	change := DataChange{Writes: []DataWrite{write, note}}
	if verb != "" {
		change.Permission = Permission(c.noun + "." + verb)
	}
	return change
}

func (c Collection[T]) did(what string) AuditAction { return AuditAction(c.noun + "." + what) }

// encode is an item as its fields: those of its T, and those that all have.
func (c Collection[T]) encode(item Owned[T]) (map[string]any, error) {
	if slices.Contains([]string{"", kindAudit, kindIdempotency, kindGate}, c.noun) {
		return nil, fmt.Errorf("nothing of a product's can be a %q", c.noun)
	}
	fields := map[string]any{}
	for _, part := range []any{item.Value, kept{item.CreatedBy, item.CreatedAt, item.UpdatedAt}} {
		text, err := json.Marshal(part)
		if err != nil {
			return nil, fmt.Errorf("encode %s: %w", c.noun, err)
		}
		more := map[string]any{}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(&more); err != nil {
			return nil, fmt.Errorf("encode %s: %w", c.noun, err)
		}
		maps.Copy(fields, more)
	}
	return fields, nil
}

// decode is the item that was found, or ErrNotFound for none.
func (c Collection[T]) decode(d *Datum) (Owned[T], error) {
	if d == nil {
		return Owned[T]{}, ErrNotFound
	}
	text, err := json.Marshal(d.Fields)
	if err != nil {
		return Owned[T]{}, fmt.Errorf("decode %s: %w", c.noun, err)
	}
	var value T
	var rest kept
	if err := errors.Join(json.Unmarshal(text, &value), json.Unmarshal(text, &rest)); err != nil {
		return Owned[T]{}, fmt.Errorf("decode %s: %w", c.noun, err)
	}
	return Owned[T]{
		ID: d.ID[len(DatumPrefix(c.noun)):], Value: value, CreatedBy: rest.CreatedBy, CreatedAt: rest.CreatedAt,
		UpdatedAt: rest.UpdatedAt, version: d.Version,
	}, nil
}
