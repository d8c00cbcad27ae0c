package httpapi

import (
	"context"
	"time"

	"hearth/internal/account"
)

// memberObject is a member as the others see them.
type memberObject struct {
	UserID   string       `json:"userId"`
	Name     string       `json:"name"`
	Email    string       `json:"email"`
	ImageURL *string      `json:"imageUrl"`
	Role     account.Role `json:"role" enum:"ORG_OWNER,ORG_ADMIN,ORG_MEMBER"`
	JoinedAt time.Time    `json:"joinedAt"`
}

type listMembersInput struct {
	OrganizationPath
	Page
	Query string `query:"q" maxLength:"64" doc:"How the name begins, whatever its case."`
}

type memberList struct {
	Items      []memberObject `json:"items" nullable:"false"`
	NextCursor *string        `json:"nextCursor" doc:"Null at the end."`
}

type listMembersOutput struct{ Body memberList }

// MemberPath is the path of a member; exported for the same reason as
// Precondition. What cannot be an id is a member that does not exist.
type MemberPath struct {
	OrganizationPath
	UserID string `path:"userId"`
}

type patchMemberInput struct {
	MemberPath
	Body struct {
		Role account.Role `json:"role" enum:"ORG_OWNER,ORG_ADMIN,ORG_MEMBER"`
	}
}

type memberOutput struct{ Body memberObject }

func (d OrganizationsDependencies) member(m *account.Membership) memberObject {
	return memberObject{
		UserID: m.UserID, Name: m.UserName, Email: m.UserEmail, ImageURL: imageURL(d.Images, m.UserImageKey),
		Role: m.Role, JoinedAt: m.JoinedAt,
	}
}

func registerMembers(a *API, d OrganizationsDependencies) {
	Handle(a, listMembers, func(ctx context.Context, c account.Caller, in *listMembersInput) (*listMembersOutput, error) {
		prefix := account.CleanName(in.Query) // as names are kept
		list := []string{listMembers.Name, c.Organization.ID, prefix}
		after, err := DecodeCursor(in.Cursor, list...)
		if err != nil {
			return nil, err
		}
		page, next, err := d.Service.Members(ctx, c, prefix, after, in.Limit)
		if err != nil {
			return nil, err
		}
		out := &listMembersOutput{Body: memberList{Items: []memberObject{}, NextCursor: EncodeCursor(next, list...)}}
		for _, m := range page {
			out.Body.Items = append(out.Body.Items, d.member(m))
		}
		return out, nil
	})
	HandleIdentity(a, patchMember, func(ctx context.Context, r Request, in *patchMemberInput) (*memberOutput, error) {
		m, err := d.Service.ChangeMemberRole(ctx, r.Identity, in.OrganizationID, in.UserID, in.Body.Role)
		if err != nil {
			return nil, err
		}
		return &memberOutput{Body: d.member(m)}, nil
	})
	HandleIdentity(a, deleteMember, func(ctx context.Context, r Request, in *struct{ MemberPath }) (*struct{}, error) {
		return nil, d.Service.RemoveMember(ctx, r.Identity, in.OrganizationID, in.UserID)
	})
	HandleIdentity(a, leaveOrganization, func(ctx context.Context, r Request, in *struct{ OrganizationPath }) (*struct{}, error) {
		return nil, d.Service.Leave(ctx, r.Identity, in.OrganizationID)
	})
}
