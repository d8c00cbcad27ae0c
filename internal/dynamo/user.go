package dynamo

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"

	"hearth/internal/account"
)

const (
	attributeEmail             = "email"
	attributeEmailVerified     = "emailVerified"
	attributePendingEmail      = "pendingEmail"
	attributeFormerEmails      = "formerEmails"
	attributePasswordChanged   = "passwordChangedAt"
	attributeMFA               = "mfa"
	attributeMFADevice         = "mfaDevice"
	attributeMFAPending        = "mfaPending"
	attributeImageKey          = "imageKey"
	attributeTheme             = "theme"
	attributeLanguage          = "language"
	attributeSessionsValidFrom = "sessionsValidFrom"
	attributeKeptSession       = "keptSession"
	attributeLastActive        = "lastActiveAccountId"
	attributeTeamCount         = "teamCount"
	attributeAccountsVersion   = "accountsVersion"
)

type userItem struct {
	base
	Username            string             `dynamodbav:"username"`
	Email               string             `dynamodbav:"email"`
	EmailVerified       bool               `dynamodbav:"emailVerified"`
	PendingEmail        string             `dynamodbav:"pendingEmail,omitempty"`
	FormerEmails        []string           `dynamodbav:"formerEmails,omitempty"`
	PasswordChangedAt   *time.Time         `dynamodbav:"passwordChangedAt,omitempty"`
	MFA                 bool               `dynamodbav:"mfa,omitempty"`
	MFADevice           string             `dynamodbav:"mfaDevice,omitempty"`
	MFAPending          bool               `dynamodbav:"mfaPending,omitempty"`
	Name                string             `dynamodbav:"name"`
	ImageKey            string             `dynamodbav:"imageKey,omitempty"`
	Theme               string             `dynamodbav:"theme"`
	Language            string             `dynamodbav:"language"`
	Status              account.UserStatus `dynamodbav:"status"`
	SessionsValidFrom   *time.Time         `dynamodbav:"sessionsValidFrom,omitempty"`
	KeptSession         string             `dynamodbav:"keptSession,omitempty"`
	LastActiveAccountID string             `dynamodbav:"lastActiveAccountId,omitempty"`
	TeamCount           int                `dynamodbav:"teamCount"`
	AccountsVersion     int                `dynamodbav:"accountsVersion"`
	GivenUp             []string           `dynamodbav:"givenUp,omitempty"`
	CreatedAt           time.Time          `dynamodbav:"createdAt"`
	UpdatedAt           time.Time          `dynamodbav:"updatedAt"`
}

func newUserItem(u *account.User) userItem {
	return userItem{
		base: newBase(u), Username: u.Username, Email: u.Email, EmailVerified: u.EmailVerified,
		PendingEmail: u.PendingEmail, FormerEmails: u.FormerEmails, PasswordChangedAt: optional(u.PasswordChangedAt),
		MFA: u.MFA.Enabled, MFADevice: u.MFA.DeviceName, MFAPending: u.MFA.Pending,
		Name: u.Name, ImageKey: u.ImageKey, Theme: u.Preferences.Theme, Language: u.Preferences.Language,
		Status: u.Status, SessionsValidFrom: optional(u.SessionsValidFrom), KeptSession: u.KeptSession,
		LastActiveAccountID: u.LastActiveAccountID, TeamCount: u.TeamCount, AccountsVersion: u.AccountsVersion, GivenUp: u.GivenUp,
		CreatedAt: u.CreatedAt, UpdatedAt: u.UpdatedAt,
	}
}

func (i userItem) record(k account.Key) *account.User {
	return &account.User{
		ID: k.Owner, Username: i.Username, Email: i.Email, EmailVerified: i.EmailVerified,
		PendingEmail: i.PendingEmail, FormerEmails: i.FormerEmails, PasswordChangedAt: required(i.PasswordChangedAt),
		MFA:  account.MFA{Enabled: i.MFA, DeviceName: i.MFADevice, Pending: i.MFAPending},
		Name: i.Name, ImageKey: i.ImageKey, Preferences: account.Preferences{Theme: i.Theme, Language: i.Language},
		Status: i.Status, SessionsValidFrom: required(i.SessionsValidFrom), KeptSession: i.KeptSession,
		LastActiveAccountID: i.LastActiveAccountID, TeamCount: i.TeamCount, AccountsVersion: i.AccountsVersion, GivenUp: i.GivenUp,
		Version: i.Version, CreatedAt: i.CreatedAt.UTC(), UpdatedAt: i.UpdatedAt.UTC(),
	}
}

func updateUser(u expression.UpdateBuilder, c account.ChangeUser) expression.UpdateBuilder {
	u = u.Set(expression.Name(attributeUpdated), expression.Value(c.UpdatedAt))
	u = assign(u, attributeStatus, c.Status)
	u = assign(u, attributeName, c.Name)
	u = assign(u, attributeEmail, c.Email)
	u = assignBool(u, attributeEmailVerified, c.EmailVerified)
	u = assign(u, attributePendingEmail, c.PendingEmail)
	if c.FormerEmails != nil {
		u = u.Set(expression.Name(attributeFormerEmails), expression.Value(c.FormerEmails))
	}
	u = assignTime(u, attributePasswordChanged, c.PasswordChangedAt)
	if c.MFA != nil {
		u = assignBool(u, attributeMFA, &c.MFA.Enabled)
		u = assign(u, attributeMFADevice, &c.MFA.DeviceName)
		u = assignBool(u, attributeMFAPending, &c.MFA.Pending)
	}
	u = assign(u, attributeImageKey, c.ImageKey)
	u = assign(u, attributeTheme, c.Theme)
	u = assign(u, attributeLanguage, c.Language)
	u = assignTime(u, attributeSessionsValidFrom, c.SessionsValidFrom)
	u = assign(u, attributeKeptSession, c.KeptSession)
	u = assign(u, attributeLastActive, c.LastActiveAccountID)
	u = add(u, attributeTeamCount, c.Teams)
	return add(u, attributeAccountsVersion, c.Accounts)
}

type addressItem struct {
	base
	UserID string `dynamodbav:"userId"`
}

func newAddressItem(a *account.Address) addressItem {
	return addressItem{base: newBase(a), UserID: a.UserID}
}

func (i addressItem) record(k account.Key) *account.Address {
	return &account.Address{Email: k.Owner, UserID: i.UserID, Version: i.Version}
}
