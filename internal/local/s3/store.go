package s3

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// object is what is known of an object besides its bytes.
type object struct {
	Bucket       string            `json:"bucket"`
	Key          string            `json:"key"`
	ContentType  string            `json:"contentType"`
	CacheControl string            `json:"cacheControl,omitempty"`
	Disposition  string            `json:"contentDisposition,omitempty"`
	ETag         string            `json:"etag"`
	Modified     time.Time         `json:"modified"`
	Tags         map[string]string `json:"tags,omitempty"`
}

// file is the object's name in the folder; a key may hold any character.
func (o object) file() string {
	sum := sha256.Sum256([]byte(o.Bucket + "/" + o.Key))
	return hex.EncodeToString(sum[:]) + objectSuffix
}

const (
	objectSuffix = ".object"
	newSuffix    = ".new"
)

// store keeps objects in files.
type store struct {
	dir    string
	expire []Expiration
	now    func() time.Time

	mu      sync.Mutex
	objects map[string]object // by file
}

// openStore reads what the folder keeps, and clears away what a kill left half
// written.
func openStore(dir string, expire []Expiration, now func() time.Time) (*store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	s := &store{dir: dir, expire: expire, now: now, objects: map[string]object{}}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		switch {
		case strings.HasSuffix(entry.Name(), newSuffix):
			if err := os.Remove(path); err != nil {
				return nil, fmt.Errorf("s3: %w", err)
			}
		case strings.HasSuffix(entry.Name(), objectSuffix):
			o, err := readHead(path)
			if err != nil || o.file() != entry.Name() {
				return nil, fmt.Errorf("s3: %s is damaged: remove it, or start over with `make reset`", path)
			}
			s.objects[entry.Name()] = o
		}
	}
	return s, errors.Join(s.sweep(), s.sweepUploads())
}

func readHead(path string) (object, error) {
	f, err := os.Open(path) //nolint:gosec // a file of the host's own folder
	if err != nil {
		return object{}, fmt.Errorf("s3: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	line, err := bufio.NewReader(f).ReadBytes('\n')
	if err != nil {
		return object{}, fmt.Errorf("s3: %w", err)
	}
	var o object
	if err := json.Unmarshal(line, &o); err != nil {
		return object{}, fmt.Errorf("s3: %w", err)
	}
	return o, nil
}

// get returns an object with its bytes, false if there is none.
func (s *store) get(bucket, key string) (o object, content []byte, ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok = s.find(bucket, key)
	if !ok {
		return object{}, nil, false, nil
	}
	content, err = s.content(o)
	return o, content, err == nil, err
}

// find is called with the lock held.
func (s *store) find(bucket, key string) (object, bool) {
	o, ok := s.objects[object{Bucket: bucket, Key: key}.file()]
	return o, ok && !s.expired(o)
}

func (s *store) content(o object) ([]byte, error) {
	all, err := os.ReadFile(filepath.Join(s.dir, o.file()))
	if err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	_, content, _ := bytes.Cut(all, []byte("\n"))
	return content, nil
}

// put stores an object in place of the one of its key.
func (s *store) put(o object, content []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.write(o, bytes.NewReader(content)); err != nil {
		return err
	}
	return s.sweepLocked()
}

func (s *store) write(o object, content io.Reader) error {
	head, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("s3: %w", err)
	}
	path := filepath.Join(s.dir, o.file())
	f, err := os.OpenFile(path+newSuffix, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // a file of the host's own folder
	if err != nil {
		return fmt.Errorf("s3: %w", err)
	}
	if _, err = f.Write(append(head, '\n')); err == nil {
		_, err = io.Copy(f, content)
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("s3: %w", err)
	}
	if err := os.Rename(path+newSuffix, path); err != nil { //nolint:gosec // the name is a hash
		return fmt.Errorf("s3: %w", err)
	}
	s.objects[o.file()] = o
	return nil
}

// tag replaces the tags of an object, false if there is none.
func (s *store) tag(bucket, key string, tags map[string]string) (ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.find(bucket, key)
	if !ok {
		return false, nil
	}
	content, err := s.content(o)
	if err != nil {
		return false, err
	}
	o.Tags = maps.Clone(tags)
	return true, s.write(o, bytes.NewReader(content))
}

// remove deletes an object if there is one.
func (s *store) remove(bucket, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.removeFile(object{Bucket: bucket, Key: key}.file())
}

func (s *store) removeFile(file string) error {
	if err := os.Remove(filepath.Join(s.dir, file)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("s3: %w", err)
	}
	delete(s.objects, file)
	return nil
}

// sweep removes what has expired.
func (s *store) sweep() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sweepLocked()
}

func (s *store) sweepLocked() error {
	for file, o := range s.objects {
		if s.expired(o) {
			if err := s.removeFile(file); err != nil {
				return err
			}
		}
	}
	return nil
}

// expired goes by S3's rule: "adding the number of days specified in the rule to
// the object creation time and rounding up the resulting time to the next day at
// midnight UTC".
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
func (s *store) expired(o object) bool {
	for _, rule := range s.expire {
		value, tagged := o.Tags[rule.TagKey]
		if tagged = tagged && value == rule.TagValue || rule.TagKey == ""; tagged && strings.HasPrefix(o.Key, rule.Prefix) && rule.over(o.Modified, s.now()) {
			return true
		}
	}
	return false
}

func (e Expiration) over(since, now time.Time) bool {
	return !now.Before(since.UTC().AddDate(0, 0, e.Days).Truncate(24 * time.Hour).Add(24 * time.Hour))
}
