// Package account and its neighbours meet what OWASP ASVS 5.0 requires of
// authentication (chapter V6) and sessions (V7) as far as it applies to a
// backend behind Cognito. This says where, and by which tests. "Cognito"
// stands for the pool as package cognito sets it up; its side is shown on the
// local pool, whose rules are AWS's documented ones.
//
// https://github.com/OWASP/ASVS/tree/v5.0.0/5.0/en
//
//	6.1.1  guessing is bounded, as documented: Cognito's lock-out after five
//	       wrong passwords (1 s, doubling to 15 min, so that nobody is kept out
//	       for good); RecoveryRate, TokenRate, EmailRate by person and place
//	       TestLockoutDoublesToFifteenMinutesAndIsForgottenThen
//	       TestTriesToRecoverAreBoundedByAddressAndByPlace
//	       TestChangesOfAddressAreBounded
//	6.1.3  the ways in: password, password and code, passkey, recovery code
//	       TestEveryPasswordFlowAsksForTheCode TestSignInByPasskeyAsChosen
//	6.2.1  twelve characters at least
//	       TestPasswordPolicy TestPoolSettings
//	6.2.2  ChangePassword
//	       TestWhatEachActEndsAndTells
//	6.2.3  with the current one
//	       TestWhatSecurityRefuses TestChangePasswordByTheOldOne
//	6.2.4  BreachedPasswords, if the product supplies a list, on a change; what
//	       is set at Cognito directly (sign-up, reset) is checked by length alone
//	       TestBreachedPasswordsAreRefused
//	6.2.5  any composition
//	       TestPoolSettings
//	6.2.8  as typed: neither cut nor folded
//	       TestWhatSecurityRefuses
//	6.2.9  256 characters are taken
//	       TestWhatSecurityRefuses
//	6.2.10 no password ends by its age
//	       TestPoolSettings
//	6.2.12 as 6.2.4
//	       TestBreachedPasswordsAreRefused
//	6.3.1  as 6.1.1
//	       TestWrongPasswordsLockOut TestWrongCodesLockOut
//	6.3.3  each way in asks for what it must; around Hearth the same token may
//	       change MFA at Cognito, which the table then follows
//	       TestTheTableFollowsWhatWasDoneAtTheProvider TestWhoCannotRecoverHearsNoMore
//	6.3.5  mail proves an address and resets a password, and signs nobody in
//	       TestFlowsAreThoseOfTheClient
//	6.3.6  each change is mailed, of an address to the old one
//	       TestWhatEachActEndsAndTells
//	6.3.7  passkeys with user verification
//	       TestAPasskeyFromItsOptionsToItsRemoval TestPasskeySignInsThatAreRefused
//	6.3.8  known and unknown addresses are answered alike, but for SignUp, which
//	       Cognito does not hide
//	       TestUnknownUsersLookLikeKnownOnes TestWhoCannotRecoverHearsNoMore
//	       TestATakenAddressIsNotTold
//	6.4.1  a temporary password is Cognito's, ends with its time, must be replaced
//	       TestNewPasswordRequired
//	6.4.2  no hints, no questions
//	       TestWhatSecurityRefuses
//	6.4.3  a reset leaves MFA on and ends every session
//	       TestAForgottenPasswordEndsEverySession TestANewPasswordIsFollowedByTheCode
//	6.4.4  a lost device: password and recovery code
//	       TestARecoveryCodeTurnsMFAOffAndEndsEverySession
//	6.5.1  codes are good once
//	       TestOneCodeUsedTwiceAtOnceIsUsedOnce TestNeitherACodeNorAnOlderOneIsGoodAgain
//	6.5.2  recovery codes have 120 random bits and are kept as hashes
//	       TestRecoveryCodesAreShownOnceAndKeptAsHashes
//	6.5.3  from crypto/rand
//	       TestRecoveryCodesAreShownOnceAndKeptAsHashes
//	6.5.4  as 6.5.2
//	       TestRecoveryCodesAreShownOnceAndKeptAsHashes
//	6.5.5  codes end: 30 seconds with one step of tolerance for TOTP; Cognito's
//	       mailed ones live longer than ten minutes, which cannot be set there
//	       TestCodesAreThoseOfRFC6238 TestACodeForANewAddressEndsWithItsTime
//	6.5.6  each factor can be taken away
//	       TestEachActCutOffAnywhereAndAskedForAgainIsDoneOnce
//	6.5.8  the clock is the server's
//	       TestCodesAreThoseOfRFC6238
//	6.6.3  guesses at mailed codes are bounded
//	       TestParallelGuessesOfACodeAreLimited
//	6.7.2  the challenge of a passkey is random and good once
//	       TestOneOfManyEqualAnswersSignsIn
//	7.1.1  a sign-in lasts 30 days at most, without a shorter limit for one that
//	       is not used: NIST asks for less where more is at stake, by
//	       cognito.RefreshTokenValidity
//	       TestPoolSettings
//	7.1.2  sessions are not bounded in number; a person sees and ends them
//	       TestSessionsThatCountAreListedTheCurrentFirst
//	7.2.1  every request is decided on the table
//	       TestAuthorizeDecides
//	7.2.2  tokens are Cognito's, signed and short
//	       TestTheAuthorizerRefusesWhatIsNoGoodToken
//	7.2.4  a sign-in has tokens of its own; the session before it goes on until
//	       the client signs out, since it may be another device's
//	       TestOneSessionIsRevoked
//	7.3.2  auth_time bounds a session, whatever a refresh renews
//	       TestNoRefreshBringsARevokedSessionBack
//	7.4.1  a session that was signed out stays so
//	       TestOneSessionIsRevoked TestAllAreRevokedAtTheProviderToo
//	7.4.2  a user who is turned off may do nothing
//	       TestAUserWhoIsTurnedOffMayDoNothing
//	7.4.3  a change of password, address or MFA ends the other sessions
//	       TestWhatEachActEndsAndTells
//	7.5.1  address, MFA, recovery codes and passkeys want a sign-in within
//	       FreshSignIn; the password wants the password
//	       TestSensitiveActsWantAFreshSignIn
//	7.5.2  sessions are listed and ended, without signing in again: whoever holds
//	       a stolen one gains nothing by ending the others
//	       TestSessionsThatCountAreListedTheCurrentFirst TestTheOthersAreRevoked
//	7.5.3  as 7.5.1, for transfers and deletions too
//	       TestSensitiveActsWantAFreshSignIn
//
// What does not apply: 6.2.6, 6.2.7, 7.4.4 and 7.6.2 are the client's; 6.1.2 and
// 6.2.11 (words of the product) and 6.3.4 (strange sign-ins) want Cognito's
// threat protection, which is another tier; 6.3.2 (MFA for everyone) is the
// product's choice; 6.4.5, 6.5.7, 6.6.1, 6.6.2, 6.6.4 and 6.7.1 are about
// factors that are not offered; 6.4.6 and 7.4.5 are an operator's commands;
// 6.8, 7.1.3 and 7.6.1 are about federation; 7.2.3 about tokens that are
// references.
package account
