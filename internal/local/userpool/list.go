package userpool

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"hearth/internal/cognito"
)

// maxPage is the most and the default number of users in one answer.
const maxPage = 60

type listInput struct {
	UserPoolId      string //nolint:revive // Cognito's own spelling, which decoding goes by.
	AttributesToGet []string
	Filter          string
	Limit           *int
	PaginationToken string
}

type listOutput struct {
	Users           []userRecord
	PaginationToken string `json:",omitempty"`
}

// listUsers lists users, the oldest first. Cognito's order is its own and its
// answer may lag behind a change; this one does neither.
func (p *Pool) listUsers(_ context.Context, in listInput) (listOutput, error) {
	limit, err := p.checkList(in)
	if err != nil {
		return listOutput{}, err
	}
	selected, err := parseFilter(in.Filter)
	if err != nil {
		return listOutput{}, err
	}
	request := fmt.Sprintf("%q %q", in.Filter, in.AttributesToGet)
	after, err := p.openPage(request, in.PaginationToken)
	if err != nil {
		return listOutput{}, err
	}
	p.mu.Lock()
	users := p.state.sortedUsers()
	p.mu.Unlock()
	out := listOutput{Users: []userRecord{}}
	for _, u := range users {
		if !after.before(u.Created, u.Sub) || !selected(u) {
			continue
		}
		if len(out.Users) == limit {
			out.PaginationToken, err = p.sealPage(request, after)
			return out, err
		}
		record, err := listedRecord(u, in.AttributesToGet)
		if err != nil {
			return listOutput{}, err
		}
		out.Users = append(out.Users, record)
		after = position{Created: u.Created, ID: u.Sub}
	}
	return out, nil
}

func (p *Pool) checkList(in listInput) (int, error) {
	limit := maxPage
	if in.Limit != nil {
		if *in.Limit < 0 || *in.Limit > maxPage {
			return 0, invalidParameter("1 validation error detected: Value at 'limit' failed to satisfy constraint: Member must have value less than or equal to 60")
		}
		// Zero means the default, as at Cognito.
		if *in.Limit > 0 {
			limit = *in.Limit
		}
	}
	for _, name := range in.AttributesToGet {
		if name != cognito.AttributeSub && name != cognito.AttributeEmailVerified && !p.inSchema(name) {
			return 0, invalidParameter("This user pool does not use the attribute " + name + ".")
		}
	}
	return limit, firstError(p.checkPool(in.UserPoolId), member("filter", in.Filter, 0, maxFilter, nil))
}

// listedRecord picks the attributes asked for. As Cognito documents, it is an
// error if a user in the answer has none of that name.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsers.html
func listedRecord(u *user, names []string) (userRecord, error) {
	record := u.record()
	all := u.listed(nil)
	if names == nil {
		record.Attributes = all
		return record, nil
	}
	record.Attributes = []attribute{}
	for _, name := range names {
		i := slices.IndexFunc(all, func(a attribute) bool { return a.Name == name })
		if i < 0 {
			return userRecord{}, invalidParameter("One or more requested attributes do not exist.")
		}
		record.Attributes = append(record.Attributes, all[i])
	}
	return record, nil
}

// position is the place of the last thing of a page in a list, the oldest
// first.
type position struct {
	Created time.Time `json:"c"`
	ID      string    `json:"s"`
}

func (a position) before(created time.Time, id string) bool {
	if c := a.Created.Compare(created); c != 0 {
		return c < 0
	}
	return a.ID < id
}

// sealPage makes a pagination token, which is good for the same request only.
func (p *Pool) sealPage(request string, at position) (string, error) {
	raw, err := json.Marshal(at)
	if err != nil {
		return "", fmt.Errorf("user pool: page: %w", err)
	}
	return base64.StdEncoding.EncodeToString(append(p.pageSeal(request, raw), raw...)), nil
}

func (p *Pool) openPage(request, token string) (position, error) {
	var at position
	if token == "" {
		return at, nil
	}
	refused := invalidParameter("Invalid pagination token.")
	sealed, err := base64.StdEncoding.DecodeString(token)
	if err != nil || len(sealed) < 32 || !hmac.Equal(sealed[:32], p.pageSeal(request, sealed[32:])) {
		return at, refused
	}
	if err := json.Unmarshal(sealed[32:], &at); err != nil {
		return at, refused
	}
	return at, nil
}

func (p *Pool) pageSeal(request string, raw []byte) []byte {
	return derive(p.state.secrets.Paging, "page", request+" "+string(raw))
}
