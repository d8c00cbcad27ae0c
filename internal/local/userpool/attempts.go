package userpool

import (
	"maps"
	"time"
)

// limit is how often one user may do a thing within an hour. Cognito does not
// publish exact numbers; these are the lower bounds of what it documents.
// https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html
type limit struct {
	name string
	most int
}

var (
	limitConfirmSignUp  = limit{"ConfirmSignUp", 15}
	limitResend         = limit{"ResendConfirmationCode", 5}
	limitForgotPassword = limit{"ForgotPassword", 5}
	limitConfirmReset   = limit{"ConfirmForgotPassword", 15}
	limitAttributeCode  = limit{"GetUserAttributeVerificationCode", 5}
	limitVerify         = limit{"VerifyUserAttribute", 15}
	limitChangePassword = limit{"ChangePassword", 5}
)

const (
	attemptWindow = time.Hour
	// freeFailures is how many failed sign-ins in a row cost nothing.
	freeFailures = 5
	// maxLockout ends the doubling, and forgetAfter is the quiet time after
	// which failures are forgotten.
	maxLockout  = 15 * time.Minute
	forgetAfter = 15 * time.Minute
	// crowded is the number of counters at which old ones are thrown out.
	crowded = 10_000
)

// attempts counts what users, and names without a user, try. It is not kept
// over a restart. Guarded by Pool.mu.
type attempts map[attemptKey]attempt

type attemptKey struct{ kind, who string }

type attempt struct {
	count int
	// since is the begin of the hour, or the time of the last failed sign-in.
	since time.Time
	until time.Time
}

// allow counts one try and reports whether it is within the limit.
func (a attempts) allow(l limit, who string, now time.Time) bool {
	a.tidy(now)
	key := attemptKey{l.name, who}
	try := a[key]
	if try.count == 0 || now.Sub(try.since) >= attemptWindow {
		try = attempt{since: now}
	}
	try.count++
	a[key] = try
	return try.count <= l.most
}

const signInKind = "sign-in"

// locked reports whether failed sign-ins keep a user out for now.
func (a attempts) locked(who string, now time.Time) bool {
	return now.Before(a[attemptKey{signInKind, who}].until)
}

// failed counts a sign-in that failed by its password or its code, in whatever
// flow. After the fifth the user is locked out for a second, which doubles with
// each further one up to 15 minutes.
// https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html#authentication-flow-lockout-behavior
func (a attempts) failed(who string, now time.Time) {
	a.tidy(now)
	key := attemptKey{signInKind, who}
	try := a[key]
	if now.Sub(try.since) >= forgetAfter && now.Sub(try.until) >= forgetAfter {
		try = attempt{}
	}
	try.count++
	try.since = now
	if beyond := try.count - freeFailures; beyond >= 0 {
		try.until = now.Add(min(time.Second<<min(beyond, 20), maxLockout))
	}
	a[key] = try
}

// succeeded forgets a user's failed sign-ins.
func (a attempts) succeeded(who string) { delete(a, attemptKey{signInKind, who}) }

func (a attempts) tidy(now time.Time) {
	if len(a) < crowded {
		return
	}
	maps.DeleteFunc(a, func(_ attemptKey, try attempt) bool {
		return now.Sub(try.since) >= attemptWindow && now.After(try.until)
	})
}
