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
//   - InitiateAuth: USER_SRP_AUTH, USER_AUTH (PASSWORD_SRP, PASSWORD or
//     SELECT_CHALLENGE), USER_PASSWORD_AUTH and REFRESH_TOKEN_AUTH (also called
//     REFRESH_TOKEN), each only for clients that allow it. Somebody who does not
//     exist gets a challenge that looks like a real one. Pages:
//     amazon-cognito-user-pools-authentication-flow-methods.html,
//     authentication-flows-selection-sdk.html.
//   - RespondToAuthChallenge: PASSWORD_VERIFIER, SELECT_CHALLENGE and
//     NEW_PASSWORD_REQUIRED. A Session is good for one answer by the client and
//     the user and to the challenge that it was given for, within the client's
//     time; it may be left out in USER_SRP_AUTH, whose secret block does the
//     same. Five wrong passwords lock the user out for a second, each further
//     one for twice as long up to 15 minutes. Pages: the same, and
//     authentication.html (lockout behaviour).
//   - GetTokensFromRefreshToken: as REFRESH_TOKEN_AUTH. auth_time, origin_jti
//     and event_id stay; rotation is off. Page:
//     amazon-cognito-user-pools-using-the-refresh-token.html.
//   - RevokeToken: ends one sign-in, with its access tokens as far as this pool
//     checks them. An unknown token is NotAuthorizedException here. Page:
//     token-revocation.html.
//   - GlobalSignOut, AdminUserGlobalSignOut: end all sign-ins of a user. Page:
//     the same.
//   - GetUser: the attributes that the token's client may read.
//   - UpdateUserAttributes, AdminUpdateUserAttributes: an empty value takes an
//     attribute away. A new address waits for its code while the old one stays,
//     unless an administrator says that it is verified. Page:
//     user-pool-settings-email-phone-verification.html.
//   - GetUserAttributeVerificationCode, VerifyUserAttribute: email alone. Page:
//     the same.
//   - AdminCreateUser: a user with a temporary password, by mail unless
//     SUPPRESS; RESEND gives a new one. No trigger is called. Page:
//     how-to-create-user-accounts.html.
//   - AdminSetUserPassword: a permanent password confirms the user but not the
//     address.
//   - AdminConfirmSignUp: confirms the user but not the address, then calls the
//     trigger.
//   - AdminGetUser.
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
// are kept as SRP verifiers, codes and refresh tokens as hashes. Open sign-in
// challenges and counts of attempts end with the process.
//
// # What it does not do
//
//   - Groups, MFA, passkeys, one-time passwords, remembered devices, federation,
//     the hosted sign-in pages with their OAuth endpoints, identity pools.
//   - AdminInitiateAuth, ChangePassword, AdminResetUserPassword and every other
//     operation not listed above: UnknownOperationException.
//   - The Session of SignUp and ConfirmSignUp, by which one could sign in
//     without a password: it gives none and takes none.
//   - Triggers other than PostConfirmation.
//   - Threat protection and Pinpoint: UserContextData and AnalyticsMetadata are
//     taken and have no effect, as in a pool without them.
//   - Request rate quotas. Cognito does not publish how often exactly codes may
//     be asked for and tried; here it is 5 and 15 times an hour.
//   - Cognito's delays: ListUsers and sign-out are exact at once, where Cognito
//     may lag.
package userpool
