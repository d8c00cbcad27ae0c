package kms_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"

	"hearth/internal/account"
	hearthkms "hearth/internal/kms"
	"hearth/internal/local/awsapi"
	localkms "hearth/internal/local/kms"
)

const region = "eu-central-1"

type fixture struct {
	*localkms.Server
	client *kms.Client
	url    string
}

func open(t *testing.T, dir string, faults *awsapi.Faults) fixture {
	t.Helper()
	server, err := localkms.Open(localkms.Options{
		Dir: dir, Region: region, Faults: faults, Now: func() time.Time { return time.Unix(1_800_000_000, 0) },
	})
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(server)
	t.Cleanup(listener.Close)
	return fixture{server, newClient(listener.URL), listener.URL}
}

func newClient(url string) *kms.Client {
	return hearthkms.NewClient(kms.Options{
		Region: region, BaseEndpoint: aws.String(url),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "any", SecretAccessKey: "any"}, nil
		}),
	})
}

func TestACodeIsGoodForItsMessageAlone(t *testing.T) {
	t.Parallel()
	f := open(t, t.TempDir(), nil)
	mac := hearthkms.New(f.client, f.KeyARN())
	message := []byte("organization/invitation/1")
	code, err := mac.Sign(t.Context(), message)
	if err != nil || len(code) != hearthkms.Size {
		t.Fatalf("%d bytes, %v", len(code), err)
	}
	again, err := mac.Sign(t.Context(), message)
	if err != nil || !bytes.Equal(code, again) {
		t.Errorf("another code for the same message: %v", err)
	}
	altered := bytes.Clone(code)
	altered[31] ^= 1
	for name, test := range map[string]struct {
		message, code []byte
		good          bool
	}{
		"its own":         {message, code, true},
		"another message": {[]byte("organization/invitation/2"), code, false},
		"altered":         {message, altered, false},
		"truncated":       {message, code[:31], false},
		"too long":        {message, append(bytes.Clone(code), 0), false},
		"empty":           {message, nil, false},
	} {
		if good, err := mac.Verify(t.Context(), test.message, test.code); err != nil || good != test.good {
			t.Errorf("%s: %v, %v", name, good, err)
		}
	}
	if other := open(t, t.TempDir(), nil); other.KeyARN() == f.KeyARN() {
		t.Error("two keys of one name")
	} else if good, err := hearthkms.New(other.client, other.KeyARN()).Verify(t.Context(), message, code); good || err != nil {
		t.Errorf("by another key: %v, %v", good, err)
	}
}

func TestMessagesHave1To4096Bytes(t *testing.T) {
	t.Parallel()
	f := open(t, t.TempDir(), nil)
	mac := hearthkms.New(f.client, f.KeyARN())
	for size, good := range map[int]bool{0: false, 1: true, 4096: true, 4097: false} {
		message := make([]byte, size)
		code, err := mac.Sign(t.Context(), message)
		if good && err != nil || !good && !errors.Is(err, account.ErrInternal) {
			t.Errorf("sign %d bytes: %v", size, err)
		}
		if code == nil {
			code = make([]byte, hearthkms.Size)
		}
		verified, err := mac.Verify(t.Context(), message, code)
		if verified != good || good && err != nil || !good && !errors.Is(err, account.ErrInternal) {
			t.Errorf("verify %d bytes: %v, %v", size, verified, err)
		}
	}
}

func TestTheKeyOutlivesARestartAndIsItsOwnersAlone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "kms")
	first := open(t, dir, nil)
	code, err := hearthkms.New(first.client, first.KeyARN()).Sign(t.Context(), []byte("m"))
	if err != nil {
		t.Fatal(err)
	}
	second := open(t, dir, nil)
	good, err := hearthkms.New(second.client, first.KeyARN()).Verify(t.Context(), []byte("m"), code)
	if !good || err != nil {
		t.Errorf("%v, %v", good, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Fatalf("%v, %v", entries, err)
	}
	info, err := entries[0].Info()
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestADamagedKeyIsToldAndNotReplaced(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", "{}", "no JSON", `{"keyId":"a","material":"YWJj"}`} {
		dir := t.TempDir()
		file := filepath.Join(dir, "key.json")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := localkms.Open(localkms.Options{Dir: dir, Region: region}); err == nil {
			t.Errorf("%q was taken", content)
		}
		if after, err := os.ReadFile(file); err != nil || string(after) != content {
			t.Errorf("%q became %q", content, after)
		}
	}
	if _, err := localkms.Open(localkms.Options{Region: region}); err == nil {
		t.Error("no folder")
	}
}

func TestErrorsAreThoseOfKMS(t *testing.T) {
	t.Parallel()
	f := open(t, t.TempDir(), nil)
	arn, id := aws.String(f.KeyARN()), aws.String(f.KeyARN()[strings.LastIndexByte(f.KeyARN(), '/')+1:])
	message := []byte("m")
	generate := func(in kms.GenerateMacInput) error {
		_, err := f.client.GenerateMac(t.Context(), &in)
		return err
	}
	verify := func(in kms.VerifyMacInput) error {
		_, err := f.client.VerifyMac(t.Context(), &in)
		return err
	}
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"by id":             {generate(kms.GenerateMacInput{KeyId: id, MacAlgorithm: "HMAC_SHA_256", Message: message}), ""},
		"unknown key":       {generate(kms.GenerateMacInput{KeyId: aws.String("0123"), MacAlgorithm: "HMAC_SHA_256", Message: message}), "NotFoundException"},
		"alias":             {generate(kms.GenerateMacInput{KeyId: aws.String("alias/hearth"), MacAlgorithm: "HMAC_SHA_256", Message: message}), "NotFoundException"},
		"no key":            {generate(kms.GenerateMacInput{KeyId: aws.String(""), MacAlgorithm: "HMAC_SHA_256", Message: message}), "ValidationException"},
		"other algorithm":   {generate(kms.GenerateMacInput{KeyId: arn, MacAlgorithm: "HMAC_SHA_512", Message: message}), "InvalidKeyUsageException"},
		"no algorithm":      {generate(kms.GenerateMacInput{KeyId: arn, MacAlgorithm: "MD5", Message: message}), "ValidationException"},
		"empty message":     {generate(kms.GenerateMacInput{KeyId: arn, MacAlgorithm: "HMAC_SHA_256", Message: []byte{}}), "ValidationException"},
		"long message":      {generate(kms.GenerateMacInput{KeyId: arn, MacAlgorithm: "HMAC_SHA_256", Message: make([]byte, 4097)}), "ValidationException"},
		"dry run":           {generate(kms.GenerateMacInput{KeyId: arn, MacAlgorithm: "HMAC_SHA_256", Message: message, DryRun: aws.Bool(true)}), "UnsupportedOperationException"},
		"grant":             {generate(kms.GenerateMacInput{KeyId: arn, MacAlgorithm: "HMAC_SHA_256", Message: message, GrantTokens: []string{"t"}}), "UnsupportedOperationException"},
		"wrong code":        {verify(kms.VerifyMacInput{KeyId: arn, MacAlgorithm: "HMAC_SHA_256", Message: message, Mac: []byte("x")}), "KMSInvalidMacException"},
		"empty code":        {verify(kms.VerifyMacInput{KeyId: arn, MacAlgorithm: "HMAC_SHA_256", Message: message, Mac: []byte{}}), "ValidationException"},
		"code of 6145":      {verify(kms.VerifyMacInput{KeyId: arn, MacAlgorithm: "HMAC_SHA_256", Message: message, Mac: make([]byte, 6145)}), "ValidationException"},
		"unknown operation": {second(f.client.Encrypt(t.Context(), &kms.EncryptInput{KeyId: arn, Plaintext: message})), "UnknownOperationException"},
	} {
		var api smithy.APIError
		switch {
		case test.want == "" && test.err != nil:
			t.Errorf("%s: %v", name, test.err)
		case test.want != "" && (!errors.As(test.err, &api) || api.ErrorCode() != test.want):
			t.Errorf("%s: %v, want %s", name, test.err, test.want)
		}
	}
	var invalid *types.KMSInvalidMacException
	if err := verify(kms.VerifyMacInput{KeyId: arn, MacAlgorithm: "HMAC_SHA_256", Message: message, Mac: []byte("x")}); !errors.As(err, &invalid) {
		t.Errorf("%T", err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestTheKeyIsDescribed(t *testing.T) {
	t.Parallel()
	f := open(t, t.TempDir(), nil)
	answer, err := f.client.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: aws.String(f.KeyARN())})
	if err != nil {
		t.Fatal(err)
	}
	k := answer.KeyMetadata
	if aws.ToString(k.Arn) != f.KeyARN() || !k.Enabled || k.KeySpec != types.KeySpecHmac256 ||
		k.KeyUsage != types.KeyUsageTypeGenerateVerifyMac || k.KeyState != types.KeyStateEnabled || k.CreationDate.Unix() != 1_800_000_000 {
		t.Errorf("%+v", k)
	}
}

// What an SDK would never send.
func TestItFailsClosed(t *testing.T) {
	t.Parallel()
	f := open(t, t.TempDir(), nil)
	const good = "AWS4-HMAC-SHA256 Credential=a/20260101/eu-central-1/kms/aws4_request, SignedHeaders=host, Signature=0"
	body := `{"KeyId":"` + f.KeyARN() + `","MacAlgorithm":"HMAC_SHA_256","Message":"YQ=="}`
	for name, test := range map[string]struct {
		method, path, target, contentType, authorization, body, want string
	}{
		"good":            {"POST", "/", "TrentService.GenerateMac", "application/x-amz-json-1.1", good, body, ""},
		"GET":             {"GET", "/", "TrentService.GenerateMac", "application/x-amz-json-1.1", good, body, "UnknownOperationException"},
		"path":            {"POST", "/x", "TrentService.GenerateMac", "application/x-amz-json-1.1", good, body, "UnknownOperationException"},
		"no target":       {"POST", "/", "GenerateMac", "application/x-amz-json-1.1", good, body, "UnknownOperationException"},
		"content type":    {"POST", "/", "TrentService.GenerateMac", "application/json", good, body, "SerializationException"},
		"no signature":    {"POST", "/", "TrentService.GenerateMac", "application/x-amz-json-1.1", "", body, "MissingAuthenticationTokenException"},
		"of another kind": {"POST", "/", "TrentService.GenerateMac", "application/x-amz-json-1.1", "Bearer x", body, "IncompleteSignatureException"},
		"incomplete":      {"POST", "/", "TrentService.GenerateMac", "application/x-amz-json-1.1", strings.TrimSuffix(good, ", Signature=0"), body, "IncompleteSignatureException"},
		"another region":  {"POST", "/", "TrentService.GenerateMac", "application/x-amz-json-1.1", strings.Replace(good, "eu-central-1", "us-east-1", 1), body, "InvalidSignatureException"},
		"another service": {"POST", "/", "TrentService.GenerateMac", "application/x-amz-json-1.1", strings.Replace(good, "/kms/", "/ses/", 1), body, "InvalidSignatureException"},
		"no JSON":         {"POST", "/", "TrentService.GenerateMac", "application/x-amz-json-1.1", good, body + "{", "SerializationException"},
		"an array":        {"POST", "/", "TrentService.GenerateMac", "application/x-amz-json-1.1", good, "[]", "SerializationException"},
		"no base64":       {"POST", "/", "TrentService.GenerateMac", "application/x-amz-json-1.1", good, `{"Message":"%"}`, "SerializationException"},
		"unknown member":  {"POST", "/", "TrentService.GenerateMac", "application/x-amz-json-1.1", good, `{"Recipient":{}}`, "SerializationException"},
		"empty":           {"POST", "/", "TrentService.GenerateMac", "application/x-amz-json-1.1", good, `{}`, "ValidationException"},
		"of another":      {"POST", "/", "TrentService.DescribeKey", "application/x-amz-json-1.1", good, body, "ValidationException"},
		"endless":         {"POST", "/", "TrentService.GenerateMac", "application/x-amz-json-1.1", good, strings.Repeat(" ", 1<<20) + body, "SerializationException"},
	} {
		request, err := http.NewRequestWithContext(t.Context(), test.method, f.url+test.path, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-Amz-Target", test.target)
		request.Header.Set("Content-Type", test.contentType)
		request.Header.Set("Authorization", test.authorization)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if got := response.Header.Get("X-Amzn-Errortype"); got != test.want || (response.StatusCode == http.StatusOK) != (test.want == "") {
			t.Errorf("%s: %d %q, want %q", name, response.StatusCode, got, test.want)
		}
	}
}

func TestTroubleIsUnavailableAndTellsNothing(t *testing.T) {
	t.Parallel()
	message, code := []byte("secret-message"), []byte("secret-code-of-just-32-bytes----")
	for name, fail := range map[string]func(*awsapi.Faults){
		"throttled": func(p *awsapi.Faults) { p.Throttle("VerifyMac", "ThrottlingException", 3) },
		"own trouble": func(p *awsapi.Faults) {
			p.Fail("VerifyMac", awsapi.Error{Status: 500, Code: "KMSInternalException"}, 3)
		},
		"unknown 503": func(p *awsapi.Faults) { p.Fail("VerifyMac", awsapi.Error{Status: 503, Code: "Whatever"}, 3) },
		"lost answer": func(p *awsapi.Faults) { p.LoseAnswer("VerifyMac", 3) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var faults awsapi.Faults
			f := open(t, t.TempDir(), &faults)
			fail(&faults)
			_, err := hearthkms.New(f.client, f.KeyARN()).Verify(t.Context(), message, code)
			if !errors.Is(err, account.ErrUnavailable) {
				t.Error(err)
			}
			if good, err := hearthkms.New(f.client, f.KeyARN()).Verify(t.Context(), message, code); good || err != nil {
				t.Errorf("afterwards: %v, %v", good, err)
			}
			faults.Throttle("GenerateMac", "ThrottlingException", 2)
			if _, err := hearthkms.New(f.client, f.KeyARN()).Sign(t.Context(), message); err != nil {
				t.Errorf("two failures are not outlived: %v", err)
			}
		})
	}
}

func TestNoErrorTellsTheMessage(t *testing.T) {
	t.Parallel()
	message, code := []byte("secret-message"), []byte("secret-code-of-just-32-bytes----")
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	_, err := hearthkms.New(newClient(gone.URL), "key").Verify(t.Context(), message, code)
	if !errors.Is(err, account.ErrUnavailable) {
		t.Errorf("nobody answers: %v", err)
	}
	// AWS repeats a refused value in its text.
	var faults awsapi.Faults
	f := open(t, t.TempDir(), &faults)
	faults.Fail("VerifyMac", awsapi.Error{Status: 400, Code: "ValidationException", Message: "Value 'secret-message' at 'message'"}, 1)
	_, err = hearthkms.New(f.client, f.KeyARN()).Verify(t.Context(), message, code)
	if !errors.Is(err, account.ErrInternal) || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	f := open(t, t.TempDir(), nil)
	mac := hearthkms.New(f.client, f.KeyARN())
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			message := []byte(rand.Text())
			code, err := mac.Sign(t.Context(), message)
			if err != nil {
				t.Error(err)
				return
			}
			if good, err := mac.Verify(t.Context(), message, code); !good || err != nil {
				t.Errorf("%v, %v", good, err)
			}
		})
	}
	all.Wait()
}
