package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
)

// welcome tells what runs where and what to try. A host that a watcher has
// restarted says one line instead: its developer has read the rest.
func welcome(out io.Writer, h *host, watcher string) {
	if watcher != "" && greeted(h.options.Dir, watcher) {
		_, _ = fmt.Fprintf(out, "Restarted: %s\n", h.Config.API)
		return
	}
	c := h.Config
	port := ""
	if h.options.Port != defaultPort {
		port = fmt.Sprintf(" PORT=%d", h.options.Port)
	}
	data := "Data and sign-ins of last time are here"
	if h.New {
		data = "Data and sign-ins outlive a restart"
	}
	_, _ = fmt.Fprint(out, "\nHearth is running on this machine.\n\n")
	columns := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	_, _ = fmt.Fprintf(columns, "  API\t%s\n", c.API)
	_, _ = fmt.Fprintf(columns, "  Cognito\t%s\tpool %s, client %s\n", c.CognitoEndpoint, c.UserPoolID, c.ClientID)
	_, _ = fmt.Fprintf(columns, "  DynamoDB\t%s\ttable %s\n", c.DynamoDBEndpoint, c.TableName)
	_, _ = fmt.Fprintf(columns, "  S3\t%s\tbucket %s\n", c.S3Endpoint, c.Bucket)
	_, _ = fmt.Fprintf(columns, "  SES\t%s\tinto the mails below\n", c.SESEndpoint)
	_, _ = fmt.Fprintf(columns, "  KMS\t%s\tthe key of invitations and certificates\n", c.KMSEndpoint)
	_, _ = fmt.Fprintf(columns, "  STS\t%s\tthe role for account data\n", c.STSEndpoint)
	_ = columns.Flush()
	_, _ = fmt.Fprint(out, "\nTry next, in another terminal or a browser:\n\n")
	_, _ = fmt.Fprintf(columns, "  make demo%s\tsign a new person up and see their organization\n", port)
	_, _ = fmt.Fprintf(columns, "  make seed%s\tthree people with passwords, in a team\n", port)
	_, _ = fmt.Fprintf(columns, "  make token%s EMAIL=you@example.com\tan access token, for curl and the page below\n", port)
	_, _ = fmt.Fprintf(columns, "  %s/docs\tevery route, to read and to try\n", c.API)
	_, _ = fmt.Fprintf(columns, "  %s/_local/\tmails with their codes and links\n", c.API)
	_ = columns.Flush()
	_, _ = fmt.Fprintf(out, "\n%s; `make reset` starts over. Ctrl-C stops everything.\n\n", data)
}

// greeted reports whether this run of the watcher was greeted already, and
// notes that it is now. A note that cannot be kept only repeats the welcome.
func greeted(dir, watcher string) bool {
	path := filepath.Join(dir, "watcher")
	content, err := os.ReadFile(path) //nolint:gosec // the host's own file
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return false
	}
	if strings.TrimSpace(string(content)) == watcher {
		return true
	}
	_ = os.WriteFile(path, []byte(watcher+"\n"), 0o600)
	return false
}
