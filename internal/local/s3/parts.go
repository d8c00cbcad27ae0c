package s3

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// upload names an unfinished object. Its parts are files of a folder of its own,
// so that it outlives the process.
type upload struct{ id, bucket, key string }

var errNoUpload = errors.New("no such upload")

const (
	uploadsDir = "uploads"
	uploadHead = "object.json"
	partSuffix = ".part"
)

var uploadID = regexp.MustCompile(`^[a-z2-7]{26}$`)

func (s *store) uploadDir(id string) string { return filepath.Join(s.dir, uploadsDir, id) }

// beginUpload starts an object that is written in parts.
func (s *store) beginUpload(o object) (id string, err error) {
	id = strings.ToLower(rand.Text())
	head, err := json.Marshal(o)
	if err != nil {
		return "", fmt.Errorf("s3: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := os.MkdirAll(s.uploadDir(id), 0o700); err != nil {
		return "", fmt.Errorf("s3: %w", err)
	}
	return id, writeAside(filepath.Join(s.uploadDir(id), uploadHead), head)
}

// writeAside writes a file so that a kill leaves the old one or the new one.
func writeAside(path string, content []byte) error {
	f, err := os.OpenFile(path+newSuffix, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // a file of the host's own folder
	if err != nil {
		return fmt.Errorf("s3: %w", err)
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(path+newSuffix, path)
	}
	if err != nil {
		return fmt.Errorf("s3: %w", err)
	}
	return nil
}

// head is the object that an upload becomes. It is called with the lock held, and
// fails with errNoUpload.
func (s *store) head(u upload) (o object, err error) {
	if !uploadID.MatchString(u.id) {
		return object{}, errNoUpload
	}
	text, err := os.ReadFile(filepath.Join(s.uploadDir(u.id), uploadHead))
	if errors.Is(err, os.ErrNotExist) {
		return object{}, errNoUpload
	}
	if err == nil {
		err = json.Unmarshal(text, &o)
	}
	if err != nil {
		return object{}, fmt.Errorf("s3: %w", err)
	}
	if o.Bucket != u.bucket || o.Key != u.key {
		return object{}, errNoUpload
	}
	return o, nil
}

// putPart writes the n-th part, in place of one that is there.
func (s *store) putPart(u upload, n int, content []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.head(u); err != nil {
		return err
	}
	return writeAside(s.partFile(u, n), content)
}

func (s *store) partFile(u upload, n int) string {
	return filepath.Join(s.uploadDir(u.id), strconv.Itoa(n)+partSuffix)
}

// parts are those of an upload, in their order.
func (s *store) parts(u upload) ([]part, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.head(u); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(s.uploadDir(u.id))
	if err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	var all []part
	for _, entry := range entries {
		number, isPart := strings.CutSuffix(entry.Name(), partSuffix)
		n, err := strconv.Atoi(number)
		if !isPart || err != nil {
			continue
		}
		content, err := os.ReadFile(s.partFile(u, n))
		if err != nil {
			return nil, fmt.Errorf("s3: %w", err)
		}
		all = append(all, part{PartNumber: n, ETag: etagOf(content), Size: int64(len(content))})
	}
	slices.SortFunc(all, func(a, b part) int { return a.PartNumber - b.PartNumber })
	return all, nil
}

// finishUpload makes the object of its parts, and forgets the upload.
func (s *store) finishUpload(u upload, numbers []int, etag string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.head(u)
	if err != nil {
		return err
	}
	o.ETag, o.Modified = etag, s.now().UTC()
	files := make([]io.Reader, len(numbers))
	for i, n := range numbers {
		f, err := os.Open(s.partFile(u, n))
		if err != nil {
			return fmt.Errorf("s3: %w", err)
		}
		defer f.Close() //nolint:errcheck // it was only read
		files[i] = f
	}
	if err := s.write(o, io.MultiReader(files...)); err != nil {
		return err
	}
	return s.forget(u.id)
}

// removeUpload ends an upload with what was written of it.
func (s *store) removeUpload(u upload) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.head(u); err != nil {
		return err
	}
	return s.forget(u.id)
}

// forget removes the head first: without it the rest is no upload's.
func (s *store) forget(id string) error {
	err := os.Remove(filepath.Join(s.uploadDir(id), uploadHead))
	if err = errors.Join(err, os.RemoveAll(s.uploadDir(id))); err != nil {
		return fmt.Errorf("s3: %w", err)
	}
	return nil
}

// sweepUploads ends those that are too old by a rule, and clears away what a kill
// left of others.
func (s *store) sweepUploads() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	entries, err := os.ReadDir(filepath.Join(s.dir, uploadsDir))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("s3: %w", err)
	}
	for _, entry := range entries {
		var o object
		dir := s.uploadDir(entry.Name())
		text, err := os.ReadFile(filepath.Join(dir, uploadHead)) //nolint:gosec // a file of the host's own folder
		if err == nil && json.Unmarshal(text, &o) == nil && !s.expired(o) {
			continue
		}
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("s3: %w", err)
		}
	}
	return nil
}
