package httpapi

import "hearth/internal/account"

// Function names a Lambda function that serves routes; its code is
// functions/<name>.
type Function string

// The functions behind the API.
const (
	Profile       Function = "profile"
	Security      Function = "security"
	Organizations Function = "organizations"
	Deletion      Function = "deletion"
	// Projects serves what accounts own: the worked example, and a product's own
	// resources beside it.
	Projects Function = "projects"
)

// Route is one row of the API: what API Gateway routes to which function. The
// CDK app, the development host, the OpenAPI document and the functions
// themselves are made from the same rows.
type Route struct {
	// Name is the OpenAPI operationId, in kebab-case.
	Name string
	// Method and Path are those of HTTP; a path variable is written {name}.
	Method, Path string
	// Function serves the route.
	Function Function
	// Open routes have no authorizer; all others want an access token.
	Open bool
	// Creates routes answer 201 with what they made; others answer 200, or 204
	// where there is nothing to say.
	Creates bool
	// Background routes answer 202: what they ask for goes on after the answer.
	Background bool
	// Limited routes answer 429 to who uses them too often, or guesses wrong too
	// often.
	Limited bool
	// Sensitive routes want a sign-in within account.FreshSignIn; the domain
	// refuses others with account.ErrReauthenticate.
	Sensitive bool
	// Refuses is the status with which an open route refuses a secret that is
	// not right.
	Refuses int
	// Permission is what the caller's role in the account must allow. Empty:
	// being signed in is enough.
	Permission account.Permission
	// Summary is one line for the reader of the OpenAPI document.
	Summary string
}

// Key is the route in the words of API Gateway, such as "GET /me".
func (r Route) Key() string { return r.Method + " " + r.Path }

// Hearth's own routes.
var (
	getConfig = Route{
		Name: "get-config", Method: "GET", Path: "/config", Function: Profile, Open: true,
		Summary: "What a web client must know to sign people in at this stage",
	}
	getMe = Route{
		Name: "get-me", Method: "GET", Path: "/me", Function: Profile,
		Summary: "The signed-in user and the account that this request acts for",
	}
	listAccounts = Route{
		Name: "list-accounts", Method: "GET", Path: "/me/accounts", Function: Profile,
		Summary: "The accounts that the user can switch to, the personal one first",
	}
	putActiveAccount = Route{
		Name: "put-active-account", Method: "PUT", Path: "/me/active-account", Function: Profile,
		Summary: "Have this session act for another account",
	}
	getProfile = Route{
		Name: "get-profile", Method: "GET", Path: "/me/profile", Function: Profile,
		Summary: "The user's name, address and image",
	}
	patchProfile = Route{
		Name: "patch-profile", Method: "PATCH", Path: "/me/profile", Function: Profile,
		Summary: "Change the user's name, and with it that of the personal organization",
	}
	postProfileImage = Route{
		Name: "post-profile-image", Method: "POST", Path: "/me/profile/image", Function: Profile, Creates: true,
		Summary: "Get leave to upload an image",
	}
	putProfileImage = Route{
		Name: "put-profile-image", Method: "PUT", Path: "/me/profile/image", Function: Profile,
		Summary: "Attach an uploaded image",
	}
	deleteProfileImage = Route{
		Name: "delete-profile-image", Method: "DELETE", Path: "/me/profile/image", Function: Profile,
		Summary: "Take the image away",
	}
	getPreferences = Route{
		Name: "get-preferences", Method: "GET", Path: "/me/preferences", Function: Profile,
		Summary: "The user's theme and language",
	}
	patchPreferences = Route{
		Name: "patch-preferences", Method: "PATCH", Path: "/me/preferences", Function: Profile,
		Summary: "Change theme or language",
	}
	getDashboard = Route{
		Name: "get-dashboard", Method: "GET", Path: "/me/dashboard", Function: Profile,
		Summary: "Demonstration figures of the account in context",
	}
)

// Routes returns Hearth's own routes; product.Routes adds the product's.
func Routes() []Route {
	return []Route{
		getConfig, getMe,
		listAccounts, putActiveAccount,
		getProfile, patchProfile, postProfileImage, putProfileImage, deleteProfileImage,
		getPreferences, patchPreferences, getDashboard,
		getSecurity, postPassword,
		postEmail, resendEmail, verifyEmail, deleteEmail,
		postTOTP, verifyTOTP, disableTOTP, postRecoveryCodes, postRecovery,
		listPasskeys, postPasskey, verifyPasskey, deletePasskey,
		listSessions, deleteSession, revokeOtherSessions, revokeAllSessions,
		postOrganization, getOrganization, patchOrganization, deleteOrganization,
		postOrganizationImage, putOrganizationImage, deleteOrganizationImage,
		listMembers, patchMember, deleteMember, leaveOrganization, transferOwnership,
		postInvitation, listInvitations, resendInvitation, deleteInvitation,
		listMyInvitations, acceptInvitation, declineInvitation, previewInvitation,
		listOrganizationAudit, listAudit,
		getDeletion, postDeletion, getExport, postExport,
	}
}

// The headers that browsers on other origins may send and read, for API
// Gateway's CORS settings and the development host alike.
var (
	// CORSAllowHeaders are the request headers.
	CORSAllowHeaders = []string{"authorization", "content-type", "idempotency-key", "if-match", "x-account-id"}
	// CORSExposeHeaders are the response headers.
	CORSExposeHeaders = []string{"etag", "location", "retry-after", "x-account-id"}
	// CORSAllowMethods are the methods of the routes.
	CORSAllowMethods = []string{"GET", "POST", "PUT", "PATCH", "DELETE"}
)
