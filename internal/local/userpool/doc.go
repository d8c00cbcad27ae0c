// Package userpool is an Amazon Cognito user pool inside the process, for the
// development host and for tests. It speaks Cognito's JSON protocol to every
// AWS SDK and browser client, goes by the settings from which the CDK app makes
// the real pool, and fails closed: an operation, flow or parameter that it does
// not know, or that contradicts its settings, is an error, never a pretended
// success.
//
// Every user signs up with an e-mail address, which is case-insensitive; the
// user name within the pool is the sub. Operations that take a user name take
// either. Existence is hidden for both clients.
//
// # Operations
//
// The pages are those of https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/
// ("API_" and the operation's name) and, for the rules behind them, of
// https://docs.aws.amazon.com/cognito/latest/developerguide/ as named here.
//
//   - SignUp: only attributes that the client may write, never a verified flag;
//     the address is taken from the name if it is left out and must equal it
//     otherwise; the password policy; a code of six digits by mail. A taken
//     address is told (UsernameExistsException), as Cognito does even where
//     existence is hidden. Pages: user-pool-settings-attributes.html,
//     cognito-user-pool-managing-errors.html.
//   - ConfirmSignUp: a code is good once and for the settings' time, a new one
//     ends the old; confirms user and address, then calls the trigger with
//     ClientMetadata. Who does not exist gets ExpiredCodeException. Page:
//     signing-up-users-in-your-app.html.
//   - ResendConfirmationCode: for unconfirmed users; a simulated delivery for
//     who does not exist. Page: cognito-user-pool-managing-errors.html.
//   - ForgotPassword: a code to the verified address; a simulated delivery for
//     who has none or does not exist. Page: the same, and
//     managing-users-passwords.html.
//   - ConfirmForgotPassword: sets the password, ends no sign-in, then calls the
//     trigger. Page: the same.
//   - InitiateAuth: USER_SRP_AUTH, USER_AUTH (PASSWORD_SRP, PASSWORD, WEB_AUTHN
//     or SELECT_CHALLENGE), USER_PASSWORD_AUTH and REFRESH_TOKEN_AUTH (also called
//     REFRESH_TOKEN), each only for clients that allow it. Somebody who does not
//     exist gets a challenge that looks like a real one. Pages:
//     amazon-cognito-user-pools-authentication-flow-methods.html,
//     authentication-flows-selection-sdk.html.
//   - RespondToAuthChallenge: PASSWORD_VERIFIER, SELECT_CHALLENGE, WEB_AUTHN,
//     NEW_PASSWORD_REQUIRED and SOFTWARE_TOKEN_MFA. A Session is good for one
//     answer by the client and the user and to the challenge that it was given
//     for, within the client's time; it may be left out in USER_SRP_AUTH, whose
//     secret block does the same. Pages: the same.
//   - SOFTWARE_TOKEN_MFA follows the password in every flow, also a new one, once
//     the user turned MFA on. A wrong code (CodeMismatchException) leaves the
//     Session open for another until its time ends; a code that was used, or
//     one older than it (ExpiredCodeException), too; a right one ends it. What
//     the code was asked for must still hold: a password changed meanwhile ends
//     the Session, MFA turned off is SoftwareTokenMFANotFoundException. Pages:
//     user-pool-settings-mfa.html, user-pool-settings-mfa-totp.html.
//   - WEB_AUTHN is for who has a passkey: as PREFERRED_CHALLENGE, or as ANSWER to
//     SELECT_CHALLENGE, which lists it for nobody else. CREDENTIAL is verified by
//     the rules of WebAuthn: challenge, origin, relying party, user presence and
//     verification, signature, a signature counter that grows unless it is 0 for
//     ever. A passkey removed meanwhile is useless. Whatever is wrong gets the
//     answer of a wrong password but counts for no lock-out, nor does a lock-out
//     by passwords keep a passkey out. That the user is disabled, or has a
//     temporary password, is told to who proved the passkey. Half of those who do
//     not exist seem to have one, always the same, as Cognito answers them with a
//     challenge of its choice. With MFA on, a passkey signs in only if it counts
//     for both factors: by the pool's WebAuthnFactor and by the user's own
//     WebAuthnMfaSettings; no code is asked for then. Pages:
//     amazon-cognito-user-pools-authentication-flow-methods.html,
//     cognito-user-pool-managing-errors.html, API_WebAuthnConfigurationType.html,
//     API_WebAuthnMfaSettingsType.html.
//   - The lock-out is one for all sign-ins of a user, here and by
//     AdminInitiateAuth, existing or not: five wrong passwords or codes lock for
//     a second, each further one for twice as long up to 15 minutes; what is
//     tried meanwhile is NotAuthorizedException ("Password attempts exceeded")
//     and counts nothing. Signing in, with the code if there is one, forgets the
//     failures, and so do 15 quiet minutes and ConfirmForgotPassword. Pages:
//     authentication.html (lockout behaviour), user-pool-settings-mfa.html.
//   - AdminInitiateAuth: ADMIN_USER_PASSWORD_AUTH, only for clients that allow
//     it. Somebody who does not exist costs the same work and gets the same
//     answer as a wrong password. Pages: the same as of InitiateAuth, and
//     authentication-flows-public-server-side.html.
//   - AdminRespondToAuthChallenge: NEW_PASSWORD_REQUIRED and SOFTWARE_TOKEN_MFA,
//     for sign-ins that AdminInitiateAuth began and for those alone, by the rules
//     of RespondToAuthChallenge. Page: the same.
//   - ChangePassword: the new password by the policy, then the old one, which
//     may be left out by users without one. Ends no sign-in. It has a limit of
//     its own (LimitExceededException): the lock-out is for sign-ins. A user
//     with a temporary password is refused. Page: managing-users-passwords.html.
//   - AssociateSoftwareToken: a new secret of 52 letters (TOTP: SHA-1, 30
//     seconds, six digits). The token before stays good until the new one is
//     verified, as Cognito's page says; there are reports of pools where asking
//     for a new one already turned MFA off, so rely on neither. A Session is
//     refused: only MFA_SETUP gives one that it takes, which there is none of
//     with optional MFA. Page: user-pool-settings-mfa-totp.html.
//   - VerifySoftwareToken: a wrong code is EnableSoftwareTokenMFAException, and
//     the secret waits on. The right one counts as used and does not turn MFA
//     on. There is nothing to verify without a new secret, so no operation but
//     a sign-in tells whether a code of a token in use is right. Page: the same.
//   - SetUserMFAPreference, AdminSetUserMFAPreference: a software token can be
//     turned on once it is verified, also by an administrator (Cognito's pages
//     contradict each other on that), and turned off at any time; it is kept
//     then. Ends no sign-in. SMS and e-mail can be turned off, but not on.
//     WebAuthnMfaSettings can be on only while the software token is: who turns
//     the one off must turn off the other, in one call or before. Pages:
//     user-pool-settings-mfa.html, API_WebAuthnMfaSettingsType.html.
//   - StartWebAuthnRegistration: the document of Cognito's own example, with a
//     discoverable key, ES256 or RS256, no attestation, the user handle made of
//     the sub, and all passkeys of the user excluded; more than 20 are
//     LimitExceededException. WebAuthnNotEnabledException and
//     WebAuthnConfigurationMissingException by the pool's settings.
//   - CompleteWebAuthnRegistration: a challenge is good once, for the minute that
//     its options say, for the user (WebAuthnChallengeNotFoundException) and the
//     client (WebAuthnClientMismatchException) that began. The origin must be at
//     the relying party's domain or below it, over HTTPS or on localhost
//     (WebAuthnOriginNotAllowedException), the passkey of that relying party
//     (WebAuthnRelyingPartyMismatchException), the user verified and the key of a
//     kind that was asked for (WebAuthnCredentialNotSupportedException). What
//     else does not verify, and a passkey that somebody has already, is
//     InvalidParameterException.
//   - ListWebAuthnCredentials: the oldest first, pages of at most 20.
//   - DeleteWebAuthnCredential: ends no sign-in; ResourceNotFoundException for
//     another's.
//   - GetTokensFromRefreshToken: as REFRESH_TOKEN_AUTH. auth_time, origin_jti
//     and event_id stay; rotation is off. Page:
//     amazon-cognito-user-pools-using-the-refresh-token.html.
//   - RevokeToken: ends one sign-in, with its access tokens as far as this pool
//     checks them. An unknown token is NotAuthorizedException here. Page:
//     token-revocation.html.
//   - GlobalSignOut, AdminUserGlobalSignOut: end all sign-ins of a user. Page:
//     the same.
//   - GetUser: the attributes that the token's client may read, and the factors
//     of MFA that are on.
//   - UpdateUserAttributes, AdminUpdateUserAttributes: an empty value takes an
//     attribute away. A new address waits for its code while the old one stays,
//     unless an administrator says that it is verified; the next new address
//     takes its place and ends its code, the old one written again ends the
//     change. An address that somebody else has is AliasExistsException at once,
//     which tells that it is taken; so is, at VerifyUserAttribute, one that was
//     taken meanwhile. Page: user-pool-settings-email-phone-verification.html.
//   - GetUserAttributeVerificationCode, VerifyUserAttribute: email alone, the
//     address that waits or the user's own. A code is good once and for the
//     settings' time (ConfirmationCodeValidity, 24 hours at Cognito), a new one
//     ends the old; wrong is CodeMismatchException, and the code stays good,
//     ended or used up is ExpiredCodeException. Page: the same.
//   - AdminCreateUser: a user with a temporary password, by mail unless
//     SUPPRESS; RESEND gives a new one. No trigger is called. Page:
//     how-to-create-user-accounts.html.
//   - AdminSetUserPassword: a permanent password confirms the user but not the
//     address.
//   - AdminConfirmSignUp: confirms the user but not the address, then calls the
//     trigger.
//   - AdminGetUser: all attributes, and the factors of MFA that are on.
//   - DeleteUser, AdminDeleteUser: the user goes at once with all sign-ins, and
//     the address is free.
//   - AdminDisableUser: ends all sign-ins. A disabled user can neither sign in
//     nor refresh (NotAuthorizedException, told only to who knows the password
//     or holds a refresh token), and is treated as one who does not exist by
//     ForgotPassword, ConfirmForgotPassword, ResendConfirmationCode and
//     ConfirmSignUp. Page: cognito-user-pool-managing-errors.html.
//   - AdminEnableUser: the user may sign in again; what was ended stays ended.
//   - DescribeUserPool: the settings that this pool goes by. Page:
//     API_UserPoolType.html.
//   - ListUsers: filters with = and ^= over the searchable attributes, without
//     regard to case but for username and status; pages of at most 60;
//     AttributesToGet, all of which every user in the answer must have. Page:
//     how-to-manage-user-accounts.html.
//
// Admin operations and ListUsers need a SigV4 Authorization header for
// cognito-idp in the pool's region; its signature is not verified, so any
// static credentials do. There are no IAM policies.
//
// # Tokens
//
// Access and ID tokens are RS256 JWTs with Cognito's claims and types, verified
// by /{poolId}/.well-known/jwks.json; refresh tokens are opaque. Pages:
// amazon-cognito-user-pools-using-the-access-token.html and
// amazon-cognito-user-pools-using-the-id-token.html.
//
// # Trigger
//
// PostConfirmation is called with the JSON of Cognito's event and waited for:
// five seconds an attempt, three attempts. Only an attempt that timed out is
// repeated, while the function may still be at it; what the function answers is
// final, an error too. The caller then sees UserLambdaValidationException,
// UnexpectedLambdaException (no answer in time) or
// InvalidLambdaResponseException; the user is confirmed all the same. Pages:
// cognito-user-pools-working-with-lambda-triggers.html,
// user-pool-lambda-post-confirmation.html.
//
// # What is kept
//
// Users, sign-ins, pending codes and keys live in a journal of one line a
// change, synced before the operation answers and compacted at Open. Passwords
// are kept as SRP verifiers, codes and refresh tokens as hashes; the secrets of
// software tokens must be kept as they are. Open challenges of sign-ins and
// registrations and counts of attempts end with the process.
//
// # What it does not do
//
//   - Groups, one-time passwords, remembered devices, federation,
//     the hosted sign-in pages with their OAuth endpoints, identity pools.
//   - AdminResetUserPassword and every other operation not listed above:
//     UnknownOperationException.
//   - MFA by SMS or e-mail, required MFA with MFA_SETUP, SELECT_MFA_TYPE: the pool
//     does not open with settings that ask for them. Other flows of
//     AdminInitiateAuth than ADMIN_USER_PASSWORD_AUTH: InvalidParameterException.
//   - The Session of SignUp and ConfirmSignUp, by which one could sign in
//     without a password: it gives none and takes none.
//   - Triggers other than PostConfirmation.
//   - Threat protection and Pinpoint: UserContextData, ContextData and
//     AnalyticsMetadata are taken and have no effect, as in a pool without them.
//   - Request rate quotas. Cognito does not publish how often exactly codes may
//     be asked for and tried; here it is 5 and 15 times an hour. A password may
//     be changed, or tried to be, 5 times an hour.
//   - Cognito's delays: ListUsers and sign-out are exact at once, where Cognito
//     may lag.
//
// # What only AWS can show
//
// Cognito does not document the following; here it is as strict as can be.
//
//   - Whether refresh tokens from before AdminDisableUser are good again after
//     AdminEnableUser: here they are not.
//   - Whether a passkey signs in a user with MFA who did not turn
//     WebAuthnMfaSettings on, and whether the software token can be turned off
//     while it is on: here neither.
//   - How long a registration's challenge lives beyond its timeout; whether a
//     signature counter that does not grow is refused; whether a temporary
//     password keeps a passkey out.
//   - Origins of native apps (android:apk-key-hash): refused here.
//   - CREDENTIAL in the answer to SELECT_CHALLENGE, which the reference mentions
//     although no options were given by then: refused here.
//   - The words of the errors of passkeys, the names that it gives to passkeys
//     other than "Roaming passkey", and how often those who do not exist seem to
//     have one.
package userpool
