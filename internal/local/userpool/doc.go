// Package userpool is an Amazon Cognito user pool inside the process, for the
// development host and for tests.
package userpool
