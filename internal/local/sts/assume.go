package sts

import (
	"crypto/rand"
	"encoding/xml"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"hearth/internal/local/awsapi"
)

const operationAssumeRole = "AssumeRole"

// The bounds of AssumeRole.
const (
	defaultSeconds = 3600
	minSeconds     = 900
	// maxSeconds is the hour after which AWS ends the session of a role that a
	// role's session assumed.
	maxSeconds = 3600
	maxTags    = 50
)

var (
	sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
	tagKey      = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$`)
	tagValue    = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$`)
	tagMember   = regexp.MustCompile(`^Tags\.member\.([1-9][0-9]?)\.(Key|Value)$`)
)

type assumeRoleResponse struct {
	XMLName         xml.Name  `xml:"AssumeRoleResponse"`
	Namespace       string    `xml:"xmlns,attr"`
	AssumedRoleID   string    `xml:"AssumeRoleResult>AssumedRoleUser>AssumedRoleId"`
	ARN             string    `xml:"AssumeRoleResult>AssumedRoleUser>Arn"`
	AccessKeyID     string    `xml:"AssumeRoleResult>Credentials>AccessKeyId"`
	SecretAccessKey string    `xml:"AssumeRoleResult>Credentials>SecretAccessKey"`
	SessionToken    string    `xml:"AssumeRoleResult>Credentials>SessionToken"`
	Expiration      time.Time `xml:"AssumeRoleResult>Credentials>Expiration"`
	RequestID       string    `xml:"ResponseMetadata>RequestId"`
}

func (s *Server) assumeRole(r *http.Request) (*assumeRoleResponse, *awsapi.Error) {
	tags, failed := read(r.PostForm)
	if failed != nil {
		return nil, failed
	}
	name := r.PostForm.Get("RoleSessionName")
	seconds, err := strconv.Atoi(orDefault(r.PostForm.Get("DurationSeconds"), strconv.Itoa(defaultSeconds)))
	switch {
	case !sessionName.MatchString(name):
		return nil, invalid("roleSessionName")
	case err != nil || seconds < minSeconds:
		return nil, invalid("durationSeconds")
	case seconds > maxSeconds:
		return nil, awsapi.Errorf("ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	case r.PostForm.Get("RoleArn") != s.RoleARN() || strings.Contains(r.Header.Get("Authorization"), "Credential="+KeyPrefix):
		return nil, denied("sts:AssumeRole", r.PostForm.Get("RoleArn"))
	case !s.trusts(tags):
		return nil, denied("sts:TagSession", s.RoleARN())
	}
	session := Session{
		ARN:  "arn:aws:sts::" + AWSAccountID + ":assumed-role/" + s.options.Role + "/" + name,
		Tags: tags, Expires: s.options.Now().UTC().Truncate(time.Second).Add(time.Duration(seconds) * time.Second),
		token: rand.Text() + rand.Text(),
	}
	return &assumeRoleResponse{
		AssumedRoleID: "AROALOCAL:" + name, ARN: session.ARN,
		AccessKeyID: s.keep(session), SecretAccessKey: rand.Text() + rand.Text(), SessionToken: session.token, Expiration: session.Expires,
	}, nil
}

// trusts is the role's trust policy: the tags it is made for, all of them and no
// other, each with a value.
func (s *Server) trusts(tags map[string]string) bool {
	for key, value := range tags {
		if !slices.Contains(s.options.Tags, key) || value == "" {
			return false
		}
	}
	return len(tags) == len(s.options.Tags)
}

// read returns the tags of a request, after a look at all of its parameters.
func read(form url.Values) (map[string]string, *awsapi.Error) {
	keys, values := map[int]string{}, map[int]string{}
	for parameter, given := range form {
		member := tagMember.FindStringSubmatch(parameter)
		known := slices.Contains([]string{"Action", "Version", "RoleArn", "RoleSessionName", "DurationSeconds"}, parameter)
		if len(given) != 1 || !known && member == nil {
			return nil, awsapi.Errorf("ValidationError", "The development host does not know the parameter %s, or knows it once.", parameter)
		}
		if member == nil {
			continue
		}
		n, err := strconv.Atoi(member[1])
		if err != nil || n > maxTags {
			return nil, invalid("tags")
		}
		if member[2] == "Key" {
			keys[n] = given[0]
		} else {
			values[n] = given[0]
		}
	}
	tags := map[string]string{}
	for n := range max(len(keys), len(values)) {
		key, hasKey := keys[n+1]
		value, hasValue := values[n+1]
		if !hasKey || !hasValue || !tagKey.MatchString(key) || !tagValue.MatchString(value) {
			return nil, invalid("tags")
		}
		if _, twice := tags[key]; twice {
			return nil, awsapi.Errorf("InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		tags[key] = value
	}
	return tags, nil
}

func orDefault(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func invalid(parameter string) *awsapi.Error {
	return awsapi.Errorf("ValidationError", "1 validation error detected: Value at '%s' failed to satisfy constraint", parameter)
}

func denied(action, resource string) *awsapi.Error {
	return &awsapi.Error{
		Status: http.StatusForbidden, Code: "AccessDenied",
		Message: "User: arn:aws:sts::" + AWSAccountID + ":assumed-role/function/local is not authorized to perform: " + action + " on resource: " + resource,
	}
}
