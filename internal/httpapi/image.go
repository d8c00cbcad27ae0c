package httpapi

import (
	"context"
	"time"

	"hearth/internal/account"
)

// Images keeps pictures; it is image.Store.
type Images interface {
	// NewKey returns a key of its own for a picture of the owner's.
	NewKey(owner string) string
	// GrantKey returns leave to upload a picture of the type and size (bytes)
	// under a key. It fails with CodeInvalidRequest on /contentType or /size.
	GrantKey(ctx context.Context, key, contentType string, size int64) (account.Upload, error)
	// Check reports whether a picture of the owner's can be attached. It fails
	// with CodeInvalidRequest on /key, and with ErrUnavailable.
	Check(ctx context.Context, owner, key string) error
	// URL is where everybody sees the picture, for good.
	URL(key string) string
}

// wantedUpload is the picture that somebody wants to upload.
type wantedUpload struct {
	ContentType string `json:"contentType" enum:"image/png,image/jpeg,image/webp"`
	Size        int64  `json:"size" minimum:"1" maximum:"2097152" doc:"The file's size in bytes."`
}

// attachedUpload is the uploaded picture to attach.
type attachedUpload struct {
	Key string `json:"key" minLength:"1" maxLength:"256"`
}

type postImageInput struct {
	Repeatable
	Body wantedUpload
}

type uploadObject struct {
	URL       string            `json:"url" doc:"Post a multipart form here, with the fields and then the file as its last field, file."`
	Fields    map[string]string `json:"fields" doc:"The fields of the form, as they are."`
	Key       string            `json:"key" doc:"Attach the file by this key once it is uploaded."`
	ExpiresAt time.Time         `json:"expiresAt"`
}

type postImageOutput struct {
	Location string `header:"Location"`
	Body     uploadObject
}

type putImageInput struct {
	Precondition
	Body attachedUpload
}

type deleteImageInput struct{ Precondition }

// imageURL is where the image kept under a key is seen; null without one.
func imageURL(images Images, key string) *string {
	if key == "" {
		return nil
	}
	url := images.URL(key)
	return &url
}

func registerImage(a *API, d ProfileDependencies) {
	Handle(a, postProfileImage, func(ctx context.Context, c account.Caller, in *postImageInput) (*postImageOutput, error) {
		key, err := d.Service.Once(ctx, c, in.Repeat(postProfileImage, c.User.ID), d.Images.NewKey(c.User.ID))
		if err != nil {
			return nil, err
		}
		upload, err := d.Images.GrantKey(ctx, key, in.Body.ContentType, in.Body.Size)
		if err != nil {
			return nil, err
		}
		return &postImageOutput{Location: putProfileImage.Path, Body: uploadObject(upload)}, nil
	})
	Handle(a, putProfileImage, func(ctx context.Context, c account.Caller, in *putImageInput) (*profileOutput, error) {
		if in.Body.Key != c.User.ImageKey { // attached already: nothing to look at
			if err := d.Images.Check(ctx, c.User.ID, in.Body.Key); err != nil {
				return nil, err
			}
		}
		user, err := d.Service.SetImage(ctx, c, in.Body.Key, d.unchanged(in.Precondition))
		if err != nil {
			return nil, err
		}
		return d.profile(user), nil
	})
	Handle(a, deleteProfileImage, func(ctx context.Context, c account.Caller, in *deleteImageInput) (*struct{}, error) {
		_, err := d.Service.SetImage(ctx, c, "", d.unchanged(in.Precondition))
		return nil, err
	})
}
