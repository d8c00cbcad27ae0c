package httpapi

import "net/http"

// The routes of the security function. What changes a way in wants a sign-in of
// the last minutes; what only ends one does not, nor what proves the password.
var (
	getSecurity = Route{
		Name: "get-security", Method: "GET", Path: "/me/security", Function: Security, Limited: true,
		Summary: "How the user signs in: address, password, second factor, passkeys",
	}
	postPassword = Route{
		Name: "post-password", Method: "POST", Path: "/me/security/password", Function: Security, Limited: true,
		Summary: "Choose another password, which ends the user's other sessions",
	}
	postEmail = Route{
		Name: "post-email", Method: "POST", Path: "/me/security/email", Function: Security, Limited: true, Sensitive: true,
		Summary: "Mail a code to a new address; the old one stays until the code is given back",
	}
	resendEmail = Route{
		Name: "resend-email-code", Method: "POST", Path: "/me/security/email/resend", Function: Security, Limited: true, Sensitive: true,
		Summary: "Mail the code again; the one before is good no more",
	}
	verifyEmail = Route{
		Name: "verify-email", Method: "POST", Path: "/me/security/email/verify", Function: Security, Limited: true, Sensitive: true,
		Summary: "Prove the new address, which takes the old one's place and ends the user's other sessions",
	}
	deleteEmail = Route{
		Name: "cancel-email-change", Method: "DELETE", Path: "/me/security/email", Function: Security,
		Summary: "Forget a change of address that was not proven yet",
	}
	postTOTP = Route{
		Name: "start-totp", Method: "POST", Path: "/me/security/mfa/totp", Function: Security, Limited: true, Sensitive: true,
		Summary: "A secret for an authenticator app, of no effect until it is verified",
	}
	verifyTOTP = Route{
		Name: "verify-totp", Method: "POST", Path: "/me/security/mfa/totp/verify", Function: Security, Limited: true, Sensitive: true,
		Summary: "Have sign-ins ask for a code of the app from now on, which ends the user's other sessions",
	}
	disableTOTP = Route{
		Name: "disable-totp", Method: "POST", Path: "/me/security/mfa/totp/disable", Function: Security, Limited: true, Sensitive: true,
		Summary: "Have sign-ins ask for no code any more, which voids the recovery codes and ends the user's other sessions",
	}
	postRecoveryCodes = Route{
		Name: "post-recovery-codes", Method: "POST", Path: "/me/security/recovery-codes", Function: Security,
		Creates: true, Sensitive: true, Summary: "Ten codes for who loses the device, shown this once; those before are void",
	}
	postRecovery = Route{
		Name: "recover", Method: "POST", Path: "/security/recovery", Function: Security, Open: true, Limited: true,
		Refuses: http.StatusUnauthorized, Summary: "The way back in without the device: a recovery code turns the second factor off and ends every session",
	}
	listPasskeys = Route{
		Name: "list-passkeys", Method: "GET", Path: "/me/security/passkeys", Function: Security, Limited: true,
		Summary: "The user's passkeys",
	}
	postPasskey = Route{
		Name: "start-passkey", Method: "POST", Path: "/me/security/passkeys", Function: Security, Limited: true, Sensitive: true,
		Summary: "What a browser needs to make a passkey",
	}
	verifyPasskey = Route{
		Name: "verify-passkey", Method: "POST", Path: "/me/security/passkeys/verify", Function: Security,
		Creates: true, Limited: true, Sensitive: true, Summary: "Keep the passkey that the browser made",
	}
	deletePasskey = Route{
		Name: "delete-passkey", Method: "DELETE", Path: "/me/security/passkeys/{passkeyId}", Function: Security,
		Limited: true, Sensitive: true, Summary: "Remove a passkey",
	}
	listSessions = Route{
		Name: "list-sessions", Method: "GET", Path: "/me/sessions", Function: Security,
		Summary: "Where the user is signed in: this session first, then those used last",
	}
	deleteSession = Route{
		Name: "delete-session", Method: "DELETE", Path: "/me/sessions/{sessionId}", Function: Security,
		Summary: "End a session of the user's; one's own is a sign-out",
	}
	revokeOtherSessions = Route{
		Name: "revoke-other-sessions", Method: "POST", Path: "/me/sessions/revoke-others", Function: Security,
		Summary: "End every session of the user's but this one",
	}
	revokeAllSessions = Route{
		Name: "revoke-all-sessions", Method: "POST", Path: "/me/sessions/revoke-all", Function: Security, Limited: true,
		Summary: "End every session of the user's, this one too, at Cognito as well",
	}
)
