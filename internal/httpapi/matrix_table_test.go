package httpapi

// authorization is who may do what, written by hand: for each route and each
// organization that a request names, what each caller is answered. matrix_test.go
// says who they are and how a request names an organization, and sends them all.
//
// The organization is the one in the path or, on routes that have none there,
// in X-Account-Id, in the body, or the one that the invitation is of. `*` stands
// for those of own, foreign, deleted and personal that have no line of their own.
//
//	ok        2xx
//	anon      401 unauthenticated (on AWS the authorizer of API Gateway says it)
//	ended     401 session_revoked
//	off       401 user_inactive
//	no        403 forbidden
//	mismatch  403 email_mismatch
//	none      404 not_found
//	no-acct   404 account_not_found
//	personal  400 personal_organization
const authorization = `
                                                            anonymous stranger removed  member   admin    owner    revoked off

GET /config                                       *         ok        ok       ok       ok       ok       ok       ok      ok

GET /me                                           own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
GET /me/accounts                                  own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
PUT /me/active-account                            own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
GET /me/profile                                   own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
PATCH /me/profile                                 own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
POST /me/profile/image                            own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
PUT /me/profile/image                             own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
DELETE /me/profile/image                          own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
GET /me/preferences                               own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
PATCH /me/preferences                             own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
GET /me/security                                  own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
POST /me/security/password                        own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
POST /me/security/email                           own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
POST /me/security/email/resend                    own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
POST /me/security/email/verify                    own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
DELETE /me/security/email                         own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
POST /me/security/mfa/totp                        own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
POST /me/security/mfa/totp/verify                 own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
POST /me/security/mfa/totp/disable                own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
POST /me/security/recovery-codes                  own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
GET /me/security/passkeys                         own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
POST /me/security/passkeys                        own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
POST /me/security/passkeys/verify                 own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
DELETE /me/security/passkeys/{passkeyId}          own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
GET /me/sessions                                  own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
DELETE /me/sessions/{sessionId}                   own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
POST /me/sessions/revoke-others                   own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
POST /me/sessions/revoke-all                      own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
GET /me/dashboard                                 own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
POST /organizations                               own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
GET /audit-log                                    own       anon      no-acct  no-acct  no       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
GET /me/deletion                                  own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
POST /me/deletion                                 own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
GET /me/export                                    own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
POST /me/export                                   own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off

GET /organizations/{organizationId}               own       anon      none     none     ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      none     none     none     none     none     ended   off
PATCH /organizations/{organizationId}             own       anon      none     none     no       ok       ok       ended   off
                                                  personal  anon      personal personal personal personal personal ended   off
                                                  *         anon      none     none     none     none     none     ended   off
DELETE /organizations/{organizationId}            own       anon      none     none     no       no       ok       ended   off
                                                  personal  anon      personal personal personal personal personal ended   off
                                                  *         anon      none     none     none     none     none     ended   off
POST /organizations/{organizationId}/image        own       anon      none     none     no       ok       ok       ended   off
                                                  personal  anon      personal personal personal personal personal ended   off
                                                  *         anon      none     none     none     none     none     ended   off
PUT /organizations/{organizationId}/image         own       anon      none     none     no       ok       ok       ended   off
                                                  personal  anon      personal personal personal personal personal ended   off
                                                  *         anon      none     none     none     none     none     ended   off
DELETE /organizations/{organizationId}/image      own       anon      none     none     no       ok       ok       ended   off
                                                  personal  anon      personal personal personal personal personal ended   off
                                                  *         anon      none     none     none     none     none     ended   off
GET /organizations/{organizationId}/audit-log     own       anon      none     none     no       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      none     none     none     none     none     ended   off

GET /organizations/{organizationId}/members       own       anon      none     none     ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      none     none     none     none     none     ended   off
PATCH /organizations/{organizationId}/members/{userId}
                                                  own       anon      none     none     no       ok       ok       ended   off
                                                  personal  anon      personal personal personal personal personal ended   off
                                                  *         anon      none     none     none     none     none     ended   off
DELETE /organizations/{organizationId}/members/{userId}
                                                  own       anon      none     none     no       ok       ok       ended   off
                                                  personal  anon      personal personal personal personal personal ended   off
                                                  *         anon      none     none     none     none     none     ended   off
POST /organizations/{organizationId}/leave        own       anon      none     none     ok       ok       ok       ended   off
                                                  personal  anon      personal personal personal personal personal ended   off
                                                  *         anon      none     none     none     none     none     ended   off
POST /organizations/{organizationId}/transfer-ownership
                                                  own       anon      none     none     no       no       ok       ended   off
                                                  personal  anon      personal personal personal personal personal ended   off
                                                  *         anon      none     none     none     none     none     ended   off

POST /organizations/{organizationId}/invitations  own       anon      none     none     no       ok       ok       ended   off
                                                  personal  anon      personal personal personal personal personal ended   off
                                                  *         anon      none     none     none     none     none     ended   off
GET /organizations/{organizationId}/invitations   own       anon      none     none     no       ok       ok       ended   off
                                                  personal  anon      personal personal personal personal personal ended   off
                                                  *         anon      none     none     none     none     none     ended   off
POST /organizations/{organizationId}/invitations/{invitationId}/resend
                                                  own       anon      none     none     no       ok       ok       ended   off
                                                  personal  anon      personal personal personal personal personal ended   off
                                                  *         anon      none     none     none     none     none     ended   off
DELETE /organizations/{organizationId}/invitations/{invitationId}
                                                  own       anon      none     none     no       ok       ok       ended   off
                                                  personal  anon      personal personal personal personal personal ended   off
                                                  *         anon      none     none     none     none     none     ended   off

# Of own and deleted the stranger and the removed member have an invitation to
# their address; everybody else tries the one to an address that is nobody's here.
POST /invitations/accept                          own       anon      ok       ok       mismatch mismatch mismatch ended   off
                                                  foreign   anon      mismatch mismatch mismatch mismatch mismatch ended   off
                                                  deleted   anon      none     none     mismatch mismatch mismatch ended   off
                                                  personal  anon      none     none     none     none     none     ended   off
POST /invitations/{invitationId}/decline          own       anon      ok       ok       mismatch mismatch mismatch ended   off
                                                  foreign   anon      mismatch mismatch mismatch mismatch mismatch ended   off
                                                  deleted   anon      none     none     mismatch mismatch mismatch ended   off
                                                  personal  anon      none     none     none     none     none     ended   off
GET /me/invitations                               own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
# Password and recovery code are the permission; the anonymous use the owner's.
POST /security/recovery                           *         ok        ok       ok       ok       ok       ok       ok      anon
# The token is the permission.
POST /invitations/preview                         own       ok        ok       ok       ok       ok       ok       ok      ok
                                                  foreign   ok        ok       ok       ok       ok       ok       ok      ok
                                                  *         none      none     none     none     none     none     none    none

# The project of own is an owner's; members delete what they made.
GET /projects                                     own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
POST /projects                                    own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
GET /projects/{projectId}                         own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
PATCH /projects/{projectId}                       own       anon      no-acct  no-acct  ok       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
DELETE /projects/{projectId}                      own       anon      no-acct  no-acct  no       ok       ok       ended   off
                                                  personal  anon      ok       ok       ok       ok       ok       ended   off
                                                  *         anon      no-acct  no-acct  no-acct  no-acct  no-acct  ended   off
`
