package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"hearth/internal/account"
	"hearth/internal/boot"
	"hearth/internal/dynamo"
)

// previewAnswer is what deleting an account means, as the API answers it.
type previewAnswer struct {
	Blockers []account.Blocker
	Effects  []account.Effect
	Digest   string
}

func (p *person) previewDeletion(t *testing.T) (preview previewAnswer) {
	t.Helper()
	p.call(t, http.MethodGet, "/me/deletion", nil).want(t, http.StatusOK).JSON(t, &preview)
	return preview
}

func (p *person) deleteAccount(t *testing.T, digest, confirmation string) answer {
	t.Helper()
	return p.call(t, http.MethodPost, "/me/deletion", map[string]string{"digest": digest, "confirmation": confirmation})
}

// leave has the person delete their account, and returns the deletion's id.
func (p *person) leave(t *testing.T, status account.DeletionStatus) string {
	t.Helper()
	var begun struct {
		DeletionID string
		Status     account.DeletionStatus
	}
	p.deleteAccount(t, p.previewDeletion(t).Digest, p.Email).want(t, http.StatusAccepted).JSON(t, &begun)
	if begun.DeletionID == "" || begun.Status != status {
		t.Errorf("the deletion %q is %s, want %s", begun.DeletionID, begun.Status, status)
	}
	return begun.DeletionID
}

// isErased waits until a deletion has ended.
func (h *host) isErased(t *testing.T, deletionID string) {
	t.Helper()
	eventually(t, "a certificate", func() bool { return len(h.records(t, account.CertificateKey(deletionID))) == 1 })
}

func (h *host) records(t *testing.T, keys ...account.Key) account.Records {
	t.Helper()
	records, err := storeOf(h).Read(t.Context(), keys...)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// amend changes records of a host's table, as time or others do.
func (h *host) amend(t *testing.T, updates ...account.Update) {
	t.Helper()
	if err := storeOf(h).Commit(t.Context(), account.Change{Updates: updates}); err != nil {
		t.Fatal(err)
	}
}

// certificate runs `make verify-certificate`.
func (h *host) certificate(t *testing.T, deletionID string) (c boot.CertificateAnswer, code int, stderr string) {
	t.Helper()
	code, stdout, stderr := run(t, map[string]string{envPort: portOf(h), envDeletion: deletionID}, "certificate")
	if stdout != "" {
		if err := json.Unmarshal([]byte(stdout), &c); err != nil {
			t.Fatal(err)
		}
	}
	return c, code, stderr
}

// wantNoTrace scans the whole table and the object store of a host for somebody
// whose deletion has ended: none of the words is anywhere, and the id only where
// the design has it.
func (h *host) wantNoTrace(t *testing.T, userID string, words ...string) {
	t.Helper()
	pages := dynamodb.NewScanPaginator(dynamoClient(h.Config.DynamoDBEndpoint), &dynamodb.ScanInput{TableName: aws.String(h.Config.TableName)})
	items := 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, attributes := range page.Items {
			items++
			var item map[string]any
			if err := attributevalue.UnmarshalMap(attributes, &item); err != nil {
				t.Fatal(err)
			}
			text := asText(t, item)
			for _, word := range words {
				if strings.Contains(text, strings.ToLower(word)) {
					t.Errorf("%q stands in %s", word, text)
				}
			}
			if !mayNameDeleted(item, userID) {
				for _, allowed := range []string{"createdBy", "invitedBy"} {
					delete(item, allowed)
				}
				if strings.Contains(asText(t, item), userID) {
					t.Errorf("the id stands in %s", text)
				}
			}
		}
	}
	if items == 0 {
		t.Error("the table is empty: nothing was looked at")
	}
	h.eachObject(t, func(path string, content []byte) {
		for _, word := range append(slices.Clone(words), userID) {
			if strings.Contains(strings.ToLower(string(content)), strings.ToLower(word)) {
				t.Errorf("%q stands in the object %s", word, path)
			}
		}
	})
}

// mayNameDeleted reports whether an item is one of those in which the id of
// somebody deleted stays: the preserved record, the certificate, audit entries
// and the marker.
func mayNameDeleted(item map[string]any, userID string) bool {
	partition, sort := fmt.Sprint(item[dynamo.PartitionKey]), fmt.Sprint(item[dynamo.SortKey])
	return partition == "ORG#"+userID && sort == "ORG" || strings.HasPrefix(partition, "CERTIFICATE#") ||
		strings.HasPrefix(sort, "AUDIT#") || partition == "USER#"+userID && sort == "DELETION"
}

func asText(t *testing.T, item map[string]any) string {
	t.Helper()
	text, err := json.Marshal(item)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ToLower(string(text))
}

// eachObject visits what a host's object store keeps, with its metadata,
// finished or not.
func (h *host) eachObject(t *testing.T, visit func(path string, content []byte)) {
	t.Helper()
	root := filepath.Join(h.options.Dir, "s3")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // other tests use the same host
			return nil
		}
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		visit(path, content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// endGrace has the grace period of a deletion be over, with that of the teams
// which close with it.
func (h *host) endGrace(t *testing.T, userID string) {
	t.Helper()
	d := h.records(t, account.DeletionKey(userID)).Deletion(userID)
	past := time.Now().Add(-time.Minute).UTC().Truncate(time.Second)
	ended := *d
	ended.GraceEndsAt, ended.DueAt, ended.Version = past, past, d.Version+1
	change := account.Change{
		Premises: []account.Premise{account.VersionIs{Of: d.Key(), Version: d.Version}}, Puts: []account.Record{&ended},
	}
	for _, id := range d.Closed {
		change.Updates = append(change.Updates, account.ChangeOrganization{OrganizationID: id, DueAt: &past, PurgeAfter: &past, UpdatedAt: past})
	}
	if err := storeOf(h).Commit(t.Context(), change); err != nil {
		t.Fatal(err)
	}
}
