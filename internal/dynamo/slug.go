package dynamo

import "hearth/internal/account"

type slugItem struct {
	base
	OrganizationID string `dynamodbav:"organizationId"`
}

func newSlugItem(s *account.Slug) slugItem {
	return slugItem{base: newBase(s), OrganizationID: s.OrganizationID}
}

func (i slugItem) record(k account.Key) *account.Slug {
	return &account.Slug{Slug: k.Owner, OrganizationID: i.OrganizationID, Version: i.Version}
}
