package s3_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
)

const key = "images/ada/one"

// draft is a form before it is signed.
type draft struct {
	fields     map[string]string
	conditions []any
	expiration string
	secret     string
	sign       bool
}

// signed writes the policy and signs it as the AWS page on it says, with code
// that neither the server nor its clients share.
func (d *draft) signed(t *testing.T) map[string]string {
	t.Helper()
	policy, err := json.Marshal(map[string]any{"expiration": d.expiration, "conditions": d.conditions})
	if err != nil {
		t.Fatal(err)
	}
	fields := maps.Clone(d.fields)
	fields["policy"] = base64.StdEncoding.EncodeToString(policy)
	if d.sign {
		sum := []byte("AWS4" + d.secret)
		for _, part := range append(strings.Split(fields["x-amz-credential"], "/")[1:], fields["policy"]) {
			mac := hmac.New(sha256.New, sum)
			mac.Write([]byte(part))
			sum = mac.Sum(nil)
		}
		fields["x-amz-signature"] = hex.EncodeToString(sum)
	}
	return fields
}

// newDraft is a form that is accepted: a PNG of 9 to 20 bytes.
func newDraft(e *endpoint) *draft {
	now := e.Now().UTC()
	d := &draft{
		sign: true, secret: secretKey, expiration: now.Add(time.Minute).Format("2006-01-02T15:04:05.000Z"),
		fields: map[string]string{
			"key": key, "Content-Type": "image/png", "x-amz-algorithm": "AWS4-HMAC-SHA256", "x-amz-date": now.Format("20060102T150405Z"),
			"x-amz-credential": accessKey + "/" + now.Format("20060102") + "/" + region + "/s3/aws4_request",
		},
	}
	d.conditions = []any{map[string]string{"bucket": bucket}, []any{"content-length-range", 9, 20}}
	for name, value := range d.fields {
		d.conditions = append(d.conditions, map[string]string{name: value})
	}
	return d
}

func TestAFormIsAcceptedOnlyAsItsPolicySays(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*draft)
		file   []byte
		status int
		code   string
		// says is what the message must hold.
		says string
	}{
		"as it is":                          {status: 204},
		"the smallest file":                 {file: png(9), status: 204},
		"the largest file":                  {file: png(20), status: 204},
		"a file too large by one":           {file: png(21), status: 400, code: "EntityTooLarge", says: "exceeds the maximum"},
		"a file far too large":              {file: png(3 << 20), status: 400, code: "EntityTooLarge"},
		"a file too small by one":           {file: png(8), status: 400, code: "EntityTooSmall", says: "smaller than the minimum"},
		"names in another case":             {change: func(d *draft) { d.rename("x-amz-date", "X-Amz-Date"); d.rename("Content-Type", "content-type") }, status: 204},
		"an ignored field":                  {change: func(d *draft) { d.fields["x-ignore-me"] = "yes" }, status: 204},
		"a field that no condition names":   {change: func(d *draft) { d.fields["Cache-Control"] = "no-store" }, status: 403, code: "AccessDenied", says: "Invalid according to Policy: Extra input fields: cache-control"},
		"a bucket that no condition names":  {change: func(d *draft) { d.conditions = d.conditions[1:] }, status: 403, code: "AccessDenied", says: "Extra input fields: bucket"},
		"another bucket's policy":           {change: func(d *draft) { d.conditions[0] = map[string]string{"bucket": "other"} }, status: 403, code: "AccessDenied", says: `Policy Condition failed: ["eq", "$bucket", "other"]`},
		"another key":                       {change: func(d *draft) { d.fields["key"] = "images/bob/one" }, status: 403, code: "AccessDenied", says: `Policy Condition failed: ["eq", "$key", "` + key + `"]`},
		"another type":                      {change: func(d *draft) { d.fields["Content-Type"] = "text/html" }, status: 403, code: "AccessDenied", says: `["eq", "$Content-Type", "image/png"]`},
		"a type in another case":            {change: func(d *draft) { d.fields["Content-Type"] = "image/PNG" }, status: 403, code: "AccessDenied"},
		"a missing field":                   {change: func(d *draft) { delete(d.fields, "Content-Type") }, status: 403, code: "AccessDenied", says: "$Content-Type"},
		"a prefix":                          {change: func(d *draft) { d.vary("starts-with", "$key", "images/ada/", key) }, status: 204},
		"another prefix":                    {change: func(d *draft) { d.vary("starts-with", "$key", "images/bob/", key) }, status: 403, code: "AccessDenied", says: `["starts-with", "$key", "images/bob/"]`},
		"any prefix":                        {change: func(d *draft) { d.vary("starts-with", "$key", "", key) }, status: 204},
		"eq as a list":                      {change: func(d *draft) { d.vary("eq", "$key", key, key) }, status: 204},
		"every type of a list":              {change: func(d *draft) { d.vary("starts-with", "$Content-Type", "image/", "image/png, image/webp") }, status: 204},
		"one type of a list":                {change: func(d *draft) { d.vary("starts-with", "$Content-Type", "image/", "image/png,text/html") }, status: 403, code: "AccessDenied"},
		"at the last moment":                {change: func(d *draft) { d.expire(time.Second) }, status: 204},
		"expired":                           {change: func(d *draft) { d.expire(0) }, status: 403, code: "AccessDenied", says: "Invalid according to Policy: Policy expired."},
		"the wrong secret":                  {change: func(d *draft) { d.secret = "another" }, status: 403, code: "SignatureDoesNotMatch"},
		"no signature":                      {change: func(d *draft) { d.sign = false }, status: 403, code: "AccessDenied"},
		"an unknown access key":             {change: func(d *draft) { d.credential(accessKey, "somebody") }, status: 403, code: "InvalidAccessKeyId"},
		"another region":                    {change: func(d *draft) { d.credential(region, "us-east-1") }, status: 400, code: "AuthorizationQueryParametersError"},
		"another service":                   {change: func(d *draft) { d.credential("/s3/", "/sts/") }, status: 400, code: "InvalidArgument"},
		"another algorithm":                 {change: func(d *draft) { d.fields["x-amz-algorithm"] = "none" }, status: 400, code: "InvalidArgument"},
		"a date of another day":             {change: func(d *draft) { d.fields["x-amz-date"] = "20200101T000000Z" }, status: 400, code: "InvalidArgument"},
		"a date that is none":               {change: func(d *draft) { d.fields["x-amz-date"] = "today" }, status: 400, code: "InvalidArgument"},
		"a condition of no kind":            {change: func(d *draft) { d.conditions = append(d.conditions, []any{"ends-with", "$key", "one"}) }, status: 400, code: "InvalidPolicyDocument"},
		"a condition without $":             {change: func(d *draft) { d.conditions = append(d.conditions, []any{"eq", "key", key}) }, status: 400, code: "InvalidPolicyDocument"},
		"a range that is none":              {change: func(d *draft) { d.conditions = append(d.conditions, []any{"content-length-range", -1, "x"}) }, status: 400, code: "InvalidPolicyDocument"},
		"a second, narrower range":          {change: func(d *draft) { d.conditions = append(d.conditions, []any{"content-length-range", 1, 9}) }, status: 400, code: "EntityTooLarge"},
		"an expiration that is none":        {change: func(d *draft) { d.expiration = "tomorrow" }, status: 400, code: "InvalidPolicyDocument"},
		"a field that this S3 does not do":  {change: func(d *draft) { d.add("acl", "public-read") }, status: 501, code: "NotImplemented"},
		"metadata":                          {change: func(d *draft) { d.add("x-amz-meta-a", "b") }, status: 501, code: "NotImplemented"},
		"a file name in the key":            {change: func(d *draft) { d.vary("starts-with", "$key", "images/", "images/${filename}") }, status: 501, code: "NotImplemented"},
		"tags":                              {change: func(d *draft) { d.add("tagging", tags("a", "b")) }, status: 204},
		"tags that are no XML":              {change: func(d *draft) { d.add("tagging", "a=b") }, status: 400, code: "MalformedXML"},
		"one tag twice":                     {change: func(d *draft) { d.add("tagging", tags("a", "b", "a", "c")) }, status: 400, code: "InvalidTag"},
		"fields of more than 20 KB":         {change: func(d *draft) { d.add("x-ignore-me", strings.Repeat("a", 20<<10)) }, status: 400, code: "MaxPostPreDataLengthExceeded"},
		"201 on demand":                     {change: func(d *draft) { d.add("success_action_status", "201") }, status: 201},
		"200 on demand":                     {change: func(d *draft) { d.add("success_action_status", "200") }, status: 200},
		"204 for a status that is not done": {change: func(d *draft) { d.add("success_action_status", "302") }, status: 204},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := open(t)
			d := newDraft(e)
			if test.change != nil {
				test.change(d)
			}
			file := test.file
			if file == nil {
				file = png(10)
			}
			got := upload(t, e.url+"/"+bucket, d.signed(t), file).want(t, test.status, test.code)
			if !strings.Contains(got.Failure.Message, test.says) {
				t.Errorf("message %q, want %q", got.Failure.Message, test.says)
			}
			if got.Header.Get("Access-Control-Allow-Origin") != origin {
				t.Error("a browser cannot read the answer")
			}
			stored := e.exists(t, d.fields["key"])
			if want := test.status < 300; stored != want {
				t.Errorf("stored %v, want %v", stored, want)
			}
		})
	}
}

func (d *draft) rename(from, to string) {
	d.fields[to] = d.fields[from]
	delete(d.fields, from)
}

// add adds a field together with its condition.
func (d *draft) add(name, value string) {
	d.fields[name] = value
	d.conditions = append(d.conditions, map[string]string{name: value})
}

// vary replaces the condition on a field and sends a value.
func (d *draft) vary(operator, field, condition, value string) {
	name := strings.TrimPrefix(field, "$")
	var kept []any
	for _, c := range d.conditions {
		if simple, ok := c.(map[string]string); !ok || simple[name] == "" {
			kept = append(kept, c)
		}
	}
	d.conditions = append(kept, []any{operator, field, condition})
	d.fields[name] = value
}

func (d *draft) expire(in time.Duration) {
	now, _ := time.Parse("20060102T150405Z", d.fields["x-amz-date"])
	d.expiration = now.Add(in).Format(time.RFC3339)
}

func (d *draft) credential(from, to string) {
	was := d.fields["x-amz-credential"]
	d.fields["x-amz-credential"] = strings.Replace(was, from, to, 1)
	for _, c := range d.conditions {
		if simple, ok := c.(map[string]string); ok && simple["x-amz-credential"] != "" {
			simple["x-amz-credential"] = d.fields["x-amz-credential"]
		}
	}
}

func tags(pairs ...string) string {
	var set strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		set.WriteString("<Tag><Key>" + pairs[i] + "</Key><Value>" + pairs[i+1] + "</Value></Tag>")
	}
	return "<Tagging><TagSet>" + set.String() + "</TagSet></Tagging>"
}

func (e *endpoint) exists(t *testing.T, name string) bool {
	t.Helper()
	_, err := e.client.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String(name)})
	return err == nil
}

// A signature is over the policy: changing either by one character breaks it.
func TestAChangedPolicyOrSignatureIsRefused(t *testing.T) {
	t.Parallel()
	e := open(t)
	granted := e.grant(t, "ada", 10)
	for _, name := range []string{"policy", "x-amz-signature"} {
		for i := range granted.Fields[name] {
			fields := maps.Clone(granted.Fields)
			changed := []byte(fields[name])
			if changed[i]++; changed[i] == 'g' || changed[i] == ':' {
				changed[i] = '0'
			}
			fields[name] = string(changed)
			got := upload(t, granted.URL, fields, png(10))
			if got.Status != http.StatusForbidden || got.Failure.Code != "SignatureDoesNotMatch" {
				t.Fatalf("%s changed at %d: %d %s", name, i, got.Status, got.Failure.Code)
			}
		}
	}
}

// Each field of a grant is bound: without it, or with another value, nothing is stored.
func TestNoFieldOfAGrantCanBeLeftOutOrChanged(t *testing.T) {
	t.Parallel()
	e := open(t)
	granted := e.grant(t, "ada", 10)
	for name := range granted.Fields {
		without, changed := maps.Clone(granted.Fields), maps.Clone(granted.Fields)
		delete(without, name)
		changed[name] += "x"
		for how, fields := range map[string]map[string]string{"without": without, "changed": changed} {
			if got := upload(t, granted.URL, fields, png(10)); got.Status < 400 {
				t.Errorf("%s %s: %d", how, name, got.Status)
			}
		}
	}
	for _, size := range []int{9, 11} {
		if got := upload(t, granted.URL, granted.Fields, png(size)); got.Status != http.StatusBadRequest {
			t.Errorf("%d bytes instead of 10: %d", size, got.Status)
		}
	}
	if e.exists(t, granted.Key) {
		t.Error("something was stored")
	}
}

func TestWhatIsNoFormIsRefused(t *testing.T) {
	t.Parallel()
	e := open(t)
	granted := e.grant(t, "ada", 10)
	form := func(write func(*multipart.Writer) error) (string, *bytes.Buffer) {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		for name, value := range granted.Fields {
			if err := w.WriteField(name, value); err != nil {
				t.Fatal(err)
			}
		}
		if err := write(w); err != nil {
			t.Fatal(err)
		}
		return w.FormDataContentType(), &body
	}
	noFile, noFileBody := form(func(w *multipart.Writer) error { return w.Close() })
	twice, twiceBody := form(func(w *multipart.Writer) error { return w.WriteField("KEY", granted.Key) })
	cut, cutBody := form(func(w *multipart.Writer) error {
		part, err := w.CreateFormFile("file", "a")
		if err == nil {
			_, err = part.Write(png(10))
		}
		return err // and never the end of the form
	})
	for name, test := range map[string]struct {
		contentType string
		body        *bytes.Buffer
		status      int
		code        string
	}{
		"another media type":  {"application/x-www-form-urlencoded", bytes.NewBufferString("key=a"), 412, "PreconditionFailed"},
		"no media type":       {"", bytes.NewBufferString("key=a"), 412, "PreconditionFailed"},
		"no boundary":         {"multipart/form-data", bytes.NewBufferString("key=a"), 412, "PreconditionFailed"},
		"something else":      {"multipart/form-data; boundary=b", bytes.NewBufferString("key=a"), 400, "MalformedPOSTRequest"},
		"no file":             {noFile, noFileBody, 400, "InvalidArgument"},
		"a field twice":       {twice, twiceBody, 400, "InvalidArgument"},
		"cut inside the file": {cut, cutBody, 400, "MalformedPOSTRequest"},
	} {
		request := newRequest(t, http.MethodPost, granted.URL, test.body)
		request.Header.Set("Content-Type", test.contentType)
		if got := send(t, request); got.Status != test.status || got.Failure.Code != test.code {
			t.Errorf("%s: %d %s, want %d %s", name, got.Status, got.Failure.Code, test.status, test.code)
		}
	}
	if e.exists(t, granted.Key) {
		t.Error("something was stored")
	}
}
