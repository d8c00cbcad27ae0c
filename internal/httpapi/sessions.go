package httpapi

import (
	"context"
	"time"

	"hearth/internal/account"
)

// sessionObject is a sign-in as its owner sees it.
type sessionObject struct {
	ID         string    `json:"id"`
	Current    bool      `json:"current" doc:"Whether this request is of it."`
	Device     string    `json:"device" doc:"What the client said of itself (User-Agent); it may be empty."`
	CreatedAt  time.Time `json:"createdAt" doc:"When it was first seen."`
	LastSeenAt time.Time `json:"lastSeenAt" doc:"To within a quarter of an hour."`
}

type sessionList struct {
	Items      []sessionObject `json:"items" nullable:"false"`
	NextCursor *string         `json:"nextCursor" doc:"Null: all are on one page, 100 at most."`
}

type listSessionsOutput struct{ Body sessionList }

// sessionPath is the path of a session. What cannot be an id is a session that
// does not exist.
type sessionPath struct {
	SessionID string `path:"sessionId"`
}

func registerSessions(a *API, d SecurityDependencies) {
	Handle(a, listSessions, func(ctx context.Context, c account.Caller, _ *struct{}) (*listSessionsOutput, error) {
		sessions, err := d.Service.Sessions(ctx, c)
		if err != nil {
			return nil, err
		}
		out := &listSessionsOutput{Body: sessionList{Items: make([]sessionObject, len(sessions))}}
		for i, s := range sessions {
			out.Body.Items[i] = sessionObject{
				ID: s.ID, Current: s.ID == c.Session.ID, Device: s.Device, CreatedAt: s.CreatedAt, LastSeenAt: s.LastSeenAt,
			}
		}
		return out, nil
	})
	Handle(a, deleteSession, func(ctx context.Context, c account.Caller, in *sessionPath) (*struct{}, error) {
		return nil, d.Service.RevokeSession(ctx, c, in.SessionID)
	})
	Handle(a, revokeOtherSessions, func(ctx context.Context, c account.Caller, _ *struct{}) (*struct{}, error) {
		return nil, d.Service.RevokeOtherSessions(ctx, c)
	})
	Handle(a, revokeAllSessions, func(ctx context.Context, c account.Caller, _ *struct{}) (*struct{}, error) {
		return nil, d.Service.SignOutEverywhere(ctx, c)
	})
}
