package s3

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// form are the fields of a POST by their names in lower case, since S3 does not
// tell cases apart.
type form map[string]string

// policy says what a form may hold.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
type policy struct {
	expiration time.Time
	conditions []condition
	// least and most bound the file, in bytes.
	least, most int64
}

// condition is one of eq and starts-with.
type condition struct{ operator, field, value string }

func (c condition) String() string {
	return fmt.Sprintf(`["%s", "$%s", "%s"]`, c.operator, c.field, c.value)
}

const (
	algorithm  = "AWS4-HMAC-SHA256"
	dateFormat = "20060102T150405Z"
)

// authenticate checks who signed the policy of a form.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
func (s *Server) authenticate(f form) error {
	for _, name := range []string{"policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"} {
		if f[name] == "" {
			return errAccessDenied("Access Denied")
		}
	}
	return s.checkSignature(proof{
		algorithm: f["x-amz-algorithm"], credential: f["x-amz-credential"], date: f["x-amz-date"], signature: f["x-amz-signature"],
	}, f["policy"])
}

// proof is a signature with what it was made of, as a form or a link carries it.
type proof struct{ algorithm, credential, date, signature string }

// checkSignature makes the signature of a text again, with the secret of the
// access key, and holds it against the one that was sent.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
func (s *Server) checkSignature(p proof, text string) error {
	if p.algorithm != algorithm {
		return errInvalidArgument("The only supported algorithm is AWS4-HMAC-SHA256.")
	}
	parts := strings.Split(p.credential, "/")
	if len(parts) != 5 || parts[3] != "s3" || parts[4] != "aws4_request" {
		return errInvalidArgument(`Error parsing the X-Amz-Credential parameter; it must be of the form "AKID/YYYYMMDD/REGION/s3/aws4_request".`)
	}
	if region := parts[2]; region != s.options.Region {
		return failure{
			status: http.StatusBadRequest, Code: "AuthorizationQueryParametersError", Region: s.options.Region,
			Message: fmt.Sprintf("Error parsing the X-Amz-Credential parameter; the region '%s' is wrong; expecting '%s'", region, s.options.Region),
		}
	}
	if _, err := time.Parse(dateFormat, p.date); err != nil || !strings.HasPrefix(p.date, parts[1]+"T") {
		return errInvalidArgument("X-Amz-Date must be of the form YYYYMMDDThhmmssZ and on the day of X-Amz-Credential.")
	}
	secret, ok := s.options.Secret(parts[0])
	if !ok {
		return failure{
			status: http.StatusForbidden, Code: "InvalidAccessKeyId", AWSAccessKeyID: parts[0],
			Message: "The AWS Access Key Id you provided does not exist in our records.",
		}
	}
	key := []byte("AWS4" + secret)
	for _, part := range append(parts[1:5:5], text) {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	if !hmac.Equal([]byte(hex.EncodeToString(key)), []byte(p.signature)) {
		return failure{
			status: http.StatusForbidden, Code: "SignatureDoesNotMatch", AWSAccessKeyID: parts[0],
			Message: "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
		}
	}
	return nil
}

// parsePolicy reads a policy, and refuses one that it does not fully understand.
func parsePolicy(encoded string) (policy, error) {
	invalid := func(why string) (policy, error) {
		return policy{}, failure{status: http.StatusBadRequest, Code: "InvalidPolicyDocument", Message: "Invalid Policy: " + why}
	}
	text, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return invalid("Invalid Base64 Encoding.")
	}
	var document struct {
		Expiration *string           `json:"expiration"`
		Conditions []json.RawMessage `json:"conditions"`
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	if decoder.Decode(&document) != nil || decoder.More() {
		return invalid("Invalid JSON.")
	}
	if document.Expiration == nil {
		return invalid("Policy missing expiration.")
	}
	if document.Conditions == nil {
		return invalid("Policy missing conditions.")
	}
	p := policy{most: maxObject}
	if p.expiration, err = time.Parse(time.RFC3339, *document.Expiration); err != nil {
		return invalid("Invalid 'expiration' value: '" + *document.Expiration + "'")
	}
	for _, raw := range document.Conditions {
		if err := p.add(raw); err != nil {
			return invalid("Invalid Simple-Condition: " + err.Error())
		}
	}
	return p, nil
}

// add reads one condition: {"field": "value"}, ["eq", "$field", "value"],
// ["starts-with", "$field", "prefix"] or ["content-length-range", least, most].
func (p *policy) add(raw json.RawMessage) error {
	var simple map[string]string
	if json.Unmarshal(raw, &simple) == nil {
		if len(simple) != 1 {
			return fmt.Errorf("%d members", len(simple))
		}
		for field, value := range simple {
			p.conditions = append(p.conditions, condition{operator: "eq", field: field, value: value})
		}
		return nil
	}
	var list []any
	if err := json.Unmarshal(raw, &list); err != nil || len(list) != 3 {
		return fmt.Errorf("neither an object of strings nor a list of three")
	}
	operator, _ := list[0].(string)
	switch operator = strings.ToLower(operator); operator {
	case "eq", "starts-with":
		field, isField := list[1].(string)
		value, isValue := list[2].(string)
		name, hasDollar := strings.CutPrefix(field, "$")
		if !isField || !isValue || !hasDollar {
			return fmt.Errorf("%s wants $field and a value", operator)
		}
		p.conditions = append(p.conditions, condition{operator: operator, field: name, value: value})
	case "content-length-range":
		least, err1 := bytesOf(list[1])
		most, err2 := bytesOf(list[2])
		if err1 != nil || err2 != nil {
			return fmt.Errorf("content-length-range wants two numbers")
		}
		p.least, p.most = max(p.least, least), min(p.most, most)
	default:
		return fmt.Errorf("unknown operator")
	}
	return nil
}

// bytesOf reads a number, which some clients write as a string.
func bytesOf(value any) (int64, error) {
	switch v := value.(type) {
	case float64:
		if v < 0 || v != float64(int64(v)) {
			return 0, strconv.ErrRange
		}
		return int64(v), nil
	case string:
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < 0 {
			return 0, strconv.ErrSyntax
		}
		return n, nil
	}
	return 0, strconv.ErrSyntax
}

// check holds a form against the policy. The size of the file is not known yet.
func (p policy) check(f form, bucket string, now time.Time) error {
	if !now.Before(p.expiration) {
		return errAccessDenied("Invalid according to Policy: Policy expired.")
	}
	covered := map[string]bool{"file": true, "policy": true, "x-amz-signature": true}
	for _, c := range p.conditions {
		name := strings.ToLower(c.field)
		value, sent := f[name]
		if name == "bucket" {
			value, sent = bucket, true
		}
		covered[name] = true
		if !c.holds(name, value, sent) {
			return errAccessDenied("Invalid according to Policy: Policy Condition failed: " + c.String())
		}
	}
	if !covered["bucket"] {
		return errAccessDenied("Invalid according to Policy: Extra input fields: bucket")
	}
	for name := range f {
		if !covered[name] && !strings.HasPrefix(name, "x-ignore-") {
			return errAccessDenied("Invalid according to Policy: Extra input fields: " + name)
		}
	}
	return nil
}

func (c condition) holds(name, value string, sent bool) bool {
	if c.operator == "eq" {
		return sent && value == c.value
	}
	values := []string{value}
	if name == "content-type" {
		values = strings.Split(value, ",")
	}
	for _, each := range values {
		if !strings.HasPrefix(strings.TrimSpace(each), c.value) {
			return false
		}
	}
	return sent || c.value == ""
}
