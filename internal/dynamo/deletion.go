package dynamo

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"

	"hearth/internal/account"
)

const (
	attributeStage  = "stage"
	attributeErased = "erased"
)

// erasedItem is what was erased, in a deletion and in its certificate.
type erasedItem struct {
	Memberships   int `dynamodbav:"memberships"`
	Organizations int `dynamodbav:"organizations"`
	Invitations   int `dynamodbav:"invitations"`
	Records       int `dynamodbav:"records"`
	Data          int `dynamodbav:"data"`
	Images        int `dynamodbav:"images"`
	Users         int `dynamodbav:"users"`
	Addresses     int `dynamodbav:"addresses"`
}

type deletionItem struct {
	base
	ID          string                 `dynamodbav:"deletionId"`
	Status      account.DeletionStatus `dynamodbav:"status"`
	Digest      string                 `dynamodbav:"digest,omitempty"`
	Closed      []string               `dynamodbav:"closed,omitempty"`
	GivenUp     []string               `dynamodbav:"givenUp,omitempty"`
	Personal    string                 `dynamodbav:"personalOrganization,omitempty"`
	Disabled    bool                   `dynamodbav:"disabled,omitempty"`
	Username    string                 `dynamodbav:"username,omitempty"`
	Stage       account.Stage          `dynamodbav:"stage,omitempty"`
	Erased      *erasedItem            `dynamodbav:"erased,omitempty"`
	AcceptedAt  *time.Time             `dynamodbav:"acceptedAt,omitempty"`
	GraceEndsAt *time.Time             `dynamodbav:"graceEndsAt,omitempty"`
	DueAt       *time.Time             `dynamodbav:"dueAt,omitempty"`
	// ExpiresAt is the time to live of the marker.
	ExpiresAt *time.Time `dynamodbav:"expiresAt,unixtime,omitempty"`
}

func newDeletionItem(d *account.Deletion) deletionItem {
	item := deletionItem{
		base: newBase(d), ID: d.ID, Status: d.Status, Digest: d.Digest, Closed: d.Closed, GivenUp: d.GivenUp,
		Personal: d.PersonalOrganization, Disabled: d.Disabled, Username: d.Username, Stage: d.Stage,
		AcceptedAt: optional(d.AcceptedAt), GraceEndsAt: optional(d.GraceEndsAt), DueAt: optional(d.DueAt), ExpiresAt: optional(d.ExpiresAt),
	}
	if d.Erased != (account.Erased{}) {
		erased := erasedItem(d.Erased)
		item.Erased = &erased
	}
	item.keys = dueKeys(d.Key(), d.DueAt)
	return item
}

func (i deletionItem) record(k account.Key) *account.Deletion {
	d := &account.Deletion{
		UserID: k.Owner, ID: i.ID, Status: i.Status, Digest: i.Digest, Closed: i.Closed, GivenUp: i.GivenUp,
		PersonalOrganization: i.Personal, Disabled: i.Disabled, Username: i.Username, Stage: i.Stage,
		AcceptedAt: required(i.AcceptedAt), GraceEndsAt: required(i.GraceEndsAt), DueAt: required(i.DueAt), ExpiresAt: required(i.ExpiresAt), Version: i.Version,
	}
	if i.Erased != nil {
		d.Erased = account.Erased(*i.Erased)
	}
	return d
}

func updateDeletion(u expression.UpdateBuilder, c account.ChangeDeletion) expression.UpdateBuilder {
	u = assign(u, attributeStatus, c.Status)
	u = assign(u, attributeStage, c.Stage)
	if c.Erased != nil {
		u = u.Set(expression.Name(attributeErased), expression.Value(erasedItem(*c.Erased)))
	}
	if c.DueAt == nil {
		return u
	}
	return updateDue(u, c.Key(), *c.DueAt)
}

type certificateItem struct {
	base
	UserID               string     `dynamodbav:"userId"`
	Digest               string     `dynamodbav:"digest,omitempty"`
	PersonalOrganization string     `dynamodbav:"personalOrganization"`
	Erased               erasedItem `dynamodbav:"erased"`
	AcceptedAt           time.Time  `dynamodbav:"acceptedAt"`
	CompletedAt          time.Time  `dynamodbav:"completedAt"`
	MAC                  []byte     `dynamodbav:"mac"`
}

func newCertificateItem(c *account.Certificate) certificateItem {
	return certificateItem{
		base: newBase(c), UserID: c.UserID, Digest: c.Digest, PersonalOrganization: c.PersonalOrganization,
		Erased: erasedItem(c.Erased), AcceptedAt: c.AcceptedAt, CompletedAt: c.CompletedAt, MAC: c.MAC,
	}
}

func (i certificateItem) record(k account.Key) *account.Certificate {
	return &account.Certificate{
		DeletionID: k.Owner, UserID: i.UserID, Digest: i.Digest, PersonalOrganization: i.PersonalOrganization,
		Erased: account.Erased(i.Erased), AcceptedAt: i.AcceptedAt.UTC(), CompletedAt: i.CompletedAt.UTC(),
		MAC: i.MAC, Version: i.Version,
	}
}
