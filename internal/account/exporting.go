package account

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// exportPart is about how much one call of WriteExport writes, in bytes: what
// it holds in memory at a time, and above MinExportPart.
const exportPart = 8 << 20

func (s *Service) requestExport(ctx context.Context, id Identity) (ExportLinked, error) {
	var failed *PremiseError
	for range decideTries {
		_, records, err := s.admitWith(ctx, id, ExportKey(id.UserID))
		if err != nil {
			return ExportLinked{}, err
		}
		before, now := records.Export(id.UserID), s.clock()
		if before.standing(now) {
			return s.linked(ctx, before)
		}
		e := &Export{UserID: id.UserID, ID: s.newID(), Status: ExportPending, RequestedAt: now, DueAt: now.Add(purgeRedrive), Version: 1}
		free := Premise(IsAbsent{Of: e.Key()})
		if before != nil { // expired, with an object that the next one does not know
			if err := s.exports.Delete(ctx, exportKey(before), before.Upload); err != nil {
				return ExportLinked{}, err
			}
			free, e.Version = VersionIs{Of: e.Key(), Version: before.Version}, before.Version+1
		}
		err = s.commit(ctx, Change{Premises: []Premise{UserIsActive{UserID: id.UserID}, free}, Puts: []Record{e}})
		if err == nil {
			return s.linked(ctx, e)
		}
		if !errors.As(err, &failed) {
			return ExportLinked{}, err
		}
	}
	return ExportLinked{}, ErrConflict.Because(failed)
}

func (s *Service) currentExport(ctx context.Context, id Identity) (ExportLinked, error) {
	_, records, err := s.admitWith(ctx, id, ExportKey(id.UserID))
	if err != nil {
		return ExportLinked{}, err
	}
	e := records.Export(id.UserID)
	if !e.standing(s.clock()) {
		return ExportLinked{}, ErrNotFound
	}
	return s.linked(ctx, e)
}

// linked is an export with its link, which is made anew each time.
func (s *Service) linked(ctx context.Context, e *Export) (ExportLinked, error) {
	if e.Status != ExportReady {
		return ExportLinked{Status: e.Status}, nil
	}
	now := s.clock()
	validity := min(ExportLink, e.ExpiresAt.Sub(now))
	url, err := s.exports.Link(ctx, exportKey(e), validity)
	return ExportLinked{Status: e.Status, URL: url, ExpiresAt: now.Add(validity)}, err
}

func (s *Service) writeExport(ctx context.Context, userID string) (done bool, err error) {
	records, err := s.store.Read(ctx, ExportKey(userID), UserKey(userID))
	if err != nil {
		return false, err
	}
	e, u := records.Export(userID), records.User(userID)
	switch {
	case e == nil:
		return true, nil
	case e.Status == ExportReady && !e.standing(s.clock()):
		return true, s.removeExport(ctx, e)
	case e.Status == ExportReady || u == nil || u.Status != UserActive: // of who is off a deletion removes it
		return true, nil
	case e.Upload == "":
		return false, s.beginExport(ctx, e)
	}
	done, err = s.writePart(ctx, e, u)
	if errors.Is(err, ErrNotFound) { // of the unfinished object nothing is left: begin again
		again, none := 0, ""
		return false, s.advanceExport(ctx, e, ChangeExport{Upload: &none, Parts: &again, After: &none})
	}
	return done, err
}

// removeExport removes what nobody can fetch any more.
func (s *Service) removeExport(ctx context.Context, e *Export) error {
	if err := s.exports.Delete(ctx, exportKey(e), e.Upload); err != nil {
		return err
	}
	return premiseIsNil(s.commit(ctx, Change{Premises: []Premise{VersionIs{Of: e.Key(), Version: e.Version}}, Deletes: []Key{e.Key()}}))
}

func (s *Service) beginExport(ctx context.Context, e *Export) error {
	upload, err := s.exports.Begin(ctx, exportKey(e))
	if err != nil {
		return err
	}
	return s.advanceExport(ctx, e, ChangeExport{Upload: &upload})
}

// advanceExport notes how far an export is, which brings the stream again. Where
// somebody else was first, or the export is gone, that is all right.
func (s *Service) advanceExport(ctx context.Context, e *Export, c ChangeExport) error {
	c.UserID = e.UserID
	if c.DueAt == nil {
		due := s.clock().Add(purgeRedrive)
		c.DueAt = &due
	}
	return premiseIsNil(s.commit(ctx, Change{Premises: []Premise{VersionIs{Of: e.Key(), Version: e.Version}}, Updates: []Update{c}}))
}

// writePart writes the next part, and after the last one makes it the object. It
// fails with ErrNotFound where the unfinished object is gone.
func (s *Service) writePart(ctx context.Context, e *Export, u *User) (done bool, err error) {
	at, err := parseExportPosition(e.After)
	if err != nil {
		return false, err
	}
	var part bytes.Buffer
	for at.section < len(exportSections) && part.Len() < exportPart {
		if at, err = s.writePage(ctx, &part, u, at); err != nil {
			return false, err
		}
	}
	n, key, last := e.Parts+1, exportKey(e), at.section == len(exportSections)
	err = s.exports.Write(ctx, key, e.Upload, n, part.Bytes())
	if err != nil && (!last || !errors.Is(err, ErrNotFound)) {
		return false, err
	}
	if !last {
		after := at.String()
		return false, s.advanceExport(ctx, e, ChangeExport{Parts: &n, After: &after})
	}
	// A finished object has no unfinished one any more; Finish knows.
	if err := s.exports.Finish(ctx, key, e.Upload, n); err != nil {
		return false, err
	}
	ready, until := ExportReady, s.clock().Add(ExportValidity)
	return true, s.advanceExport(ctx, e, ChangeExport{Status: &ready, Parts: &n, ExpiresAt: &until, DueAt: &until})
}

// exportPosition is where the next page of an export begins.
type exportPosition struct {
	section int
	after   string
}

func (p exportPosition) String() string { return strconv.Itoa(p.section) + " " + p.after }

func parseExportPosition(text string) (exportPosition, error) {
	if text == "" {
		return exportPosition{}, nil
	}
	section, after, ok := strings.Cut(text, " ")
	n, err := strconv.Atoi(section)
	if !ok || err != nil || n < 0 || n > len(exportSections) {
		return exportPosition{}, ErrInternal.Because(errors.New("an export without a position"))
	}
	return exportPosition{n, after}, nil
}

// writePage writes one page of one section, and what stands around it: the
// export is one JSON object with an array a section.
func (s *Service) writePage(ctx context.Context, part *bytes.Buffer, u *User, at exportPosition) (exportPosition, error) {
	section := exportSections[at.section]
	page, next, err := section.page(s, ctx, u, at.after)
	if err != nil {
		return at, err
	}
	if at.after == "" {
		begin := ","
		if at.section == 0 {
			begin = "{"
		}
		fmt.Fprintf(part, "%s\n%q:[", begin, section.name)
	}
	for i, item := range page {
		if at.after != "" || i > 0 {
			part.WriteByte(',')
		}
		text, err := json.Marshal(item)
		if err != nil {
			return at, ErrInternal.Because(fmt.Errorf("export of %s: %w", section.name, err))
		}
		part.WriteByte('\n')
		part.Write(text)
	}
	if next != "" {
		return exportPosition{at.section, next}, nil
	}
	part.WriteByte(']')
	if at.section++; at.section == len(exportSections) {
		part.WriteString("\n}\n")
	}
	return exportPosition{at.section, ""}, nil
}
