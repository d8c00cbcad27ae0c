package httpapi

import (
	"errors"
	"strconv"
	"strings"

	"hearth/internal/account"
)

// identity reads the claims that API Gateway's authorizer put into the event.
// The gateway checked the signature; it does not look at token_use, and the
// rest is checked again, since an event may come by another road some day.
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
func (t Tokens) identity(event *Event) (account.Identity, error) {
	refuse := func(why string) (account.Identity, error) {
		return account.Identity{}, account.ErrUnauthenticated.Because(errors.New(why))
	}
	authorizer := event.RequestContext.Authorizer
	if authorizer == nil || authorizer.JWT == nil {
		return refuse("the event has no claims")
	}
	claims := authorizer.JWT.Claims
	expires, err := strconv.ParseInt(claims["exp"], 10, 64)
	if err != nil {
		return refuse("exp is no number")
	}
	authTime, err := strconv.ParseInt(claims["auth_time"], 10, 64)
	if err != nil {
		return refuse("auth_time is no number")
	}
	switch {
	case claims["token_use"] != "access":
		return refuse("not an access token")
	case claims["iss"] != t.Issuer:
		return refuse("another issuer")
	case claims["client_id"] != t.ClientID:
		return refuse("another client")
	case expires <= t.Now().Unix():
		return refuse("expired")
	case claims["sub"] == "" || claims["origin_jti"] == "":
		return refuse("no sub or origin_jti")
	}
	token := event.Headers["authorization"]
	if scheme, rest, ok := strings.Cut(token, " "); ok && strings.EqualFold(scheme, "Bearer") {
		token = rest
	}
	return account.Identity{
		UserID: claims["sub"], Username: claims["username"], SessionID: claims["origin_jti"], AuthTime: authTime,
		AccessToken: strings.TrimSpace(token), Device: event.RequestContext.HTTP.UserAgent,
	}, nil
}
