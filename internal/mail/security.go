package mail

import (
	"time"

	"hearth/internal/account"
)

// SecurityNotice tells someone what was done to the security of their account,
// by them or by whoever holds their password.
type SecurityNotice struct {
	// Action is one of account.SecurityActions.
	Action account.AuditAction
	At     time.Time
	// Link leads to the security settings in the product.
	Link string
}

func (n SecurityNotice) kind() Kind { return KindOf(n.Action) }

func (n SecurityNotice) link() string { return n.Link }

func (SecurityNotice) actor() string { return "" }

func (n SecurityNotice) values(d dictionary) map[string]string {
	return map[string]string{"At": d.date(n.At)}
}
