package project

import (
	"context"
	"time"

	"hearth/internal/account"
	"hearth/internal/httpapi"
)

var (
	post = httpapi.Route{
		Name: "post-project", Method: "POST", Path: "/projects", Function: httpapi.Projects, Creates: true,
		Permission: Create, Summary: "Create a project in the account in context",
	}
	list = httpapi.Route{
		Name: "list-projects", Method: "GET", Path: "/projects", Function: httpapi.Projects,
		Permission: Read, Summary: "The projects of the account in context, the newest first",
	}
	get = httpapi.Route{
		Name: "get-project", Method: "GET", Path: "/projects/{projectId}", Function: httpapi.Projects,
		Permission: Read, Summary: "A project of the account in context",
	}
	patch = httpapi.Route{
		Name: "patch-project", Method: "PATCH", Path: "/projects/{projectId}", Function: httpapi.Projects,
		Permission: Update, Summary: "Change a project's name or description",
	}
	// Members may delete what they made, which a role alone does not tell.
	remove = httpapi.Route{
		Name: "delete-project", Method: "DELETE", Path: "/projects/{projectId}", Function: httpapi.Projects,
		Permission: Read, Summary: "Delete a project: any as an owner or administrator, one's own as a member",
	}
)

// Path is the path of one project. It is exported because huma sees no
// parameters in an embedded type that is not.
type Path struct {
	ProjectID string `path:"projectId" doc:"The project's id. One of another account answers as one that does not exist."`
}

type postInput struct {
	httpapi.Repeatable
	Body struct {
		Name        string `json:"name" minLength:"1" maxLength:"256" doc:"1 to 64 characters after trimming and cleaning."`
		Description string `json:"description,omitempty" maxLength:"2000" doc:"Plain text; lines are kept."`
	}
}

type patchInput struct {
	Path
	httpapi.Precondition
	Body struct {
		Name        *string `json:"name,omitempty" minLength:"1" maxLength:"256" doc:"1 to 64 characters after trimming and cleaning."`
		Description *string `json:"description,omitempty" maxLength:"2000" doc:"Plain text; lines are kept. Empty takes it away."`
	}
}

// object is a project as clients see it.
type object struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	CreatedBy   string    `json:"createdBy" doc:"The id of a user, who may have left."`
	CreatedAt   time.Time `json:"createdAt"`
	UpdatedAt   time.Time `json:"updatedAt"`
}

func newObject(i account.Owned[Project]) object {
	return object{i.ID, i.Value.Name, i.Value.Description, i.CreatedBy, i.CreatedAt, i.UpdatedAt}
}

type output struct {
	ETag string `header:"ETag"`
	Body object
}

type postOutput struct {
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     object
}

type listOutput struct {
	Body struct {
		Items      []object `json:"items" nullable:"false"`
		NextCursor *string  `json:"nextCursor" doc:"Null at the end."`
	}
}

func tag(p Project) string { return httpapi.EntityTag(p) }

// answer is a project as it was read or written.
func answer(i account.Owned[Project], err error) (*output, error) {
	if err != nil {
		return nil, err
	}
	return &output{ETag: tag(i.Value), Body: newObject(i)}, nil
}

// Register registers the operations of projects.
func (Resource) Register(a *httpapi.API, data *account.Data) {
	all := account.NewCollection[Project](data, noun)
	httpapi.Handle(a, post, func(ctx context.Context, c account.Caller, in *postInput) (*postOutput, error) {
		wanted, err := Project{Name: in.Body.Name, Description: in.Body.Description}.valid()
		if err != nil {
			return nil, err
		}
		out, err := answer(all.Create(ctx, c.Scope(), wanted, in.Repeat(post, c.Organization.ID)))
		if err != nil {
			return nil, err
		}
		return &postOutput{Location: "/projects/" + out.Body.ID, ETag: out.ETag, Body: out.Body}, nil
	})
	httpapi.Handle(a, list, func(ctx context.Context, c account.Caller, in *struct{ httpapi.Page }) (*listOutput, error) {
		of := []string{list.Name, c.Organization.ID}
		after, err := httpapi.DecodeCursor(in.Cursor, of...)
		if err != nil {
			return nil, err
		}
		page, next, err := all.List(ctx, c.Scope(), after, in.Limit)
		if err != nil {
			return nil, err
		}
		out := &listOutput{}
		out.Body.Items, out.Body.NextCursor = make([]object, len(page)), httpapi.EncodeCursor(next, of...)
		for i := range page {
			out.Body.Items[i] = newObject(page[i])
		}
		return out, nil
	})
	httpapi.Handle(a, get, func(ctx context.Context, c account.Caller, in *struct{ Path }) (*output, error) {
		return answer(all.Get(ctx, c.Scope(), in.ProjectID))
	})
	httpapi.Handle(a, patch, func(ctx context.Context, c account.Caller, in *patchInput) (*output, error) {
		return answer(all.Update(ctx, c.Scope(), in.ProjectID, func(i account.Owned[Project]) (Project, error) {
			wanted := i.Value
			if in.Body.Name != nil {
				wanted.Name = *in.Body.Name
			}
			if in.Body.Description != nil {
				wanted.Description = *in.Body.Description
			}
			if err := in.Check(tag(i.Value)); err != nil {
				return Project{}, err
			}
			return wanted.valid()
		}))
	})
	httpapi.Handle(a, remove, func(ctx context.Context, c account.Caller, in *struct{ Path }) (*struct{}, error) {
		if c.May(Delete) {
			return nil, all.Delete(ctx, c.Scope(), in.ProjectID)
		}
		return nil, all.DeleteOwn(ctx, c.Scope(), in.ProjectID)
	})
}
