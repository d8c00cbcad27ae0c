package userpool

import (
	"testing"

	"hearth/internal/cognito"
)

func TestPasswordPolicy(t *testing.T) {
	t.Parallel()
	all := cognito.PasswordPolicy{MinimumLength: 8, RequireLowercase: true, RequireUppercase: true, RequireNumbers: true, RequireSymbols: true}
	tests := []struct {
		policy         cognito.PasswordPolicy
		password, want string
	}{
		{cognito.PasswordPolicy{MinimumLength: 6}, "äöüäöü", ""},
		{cognito.PasswordPolicy{MinimumLength: 7}, "äöüäöü", "Password not long enough"},
		{all, "Aa1!Aa1!", ""},
		{all, "Aa1 Aa1x", ""},
		{all, "Aa1!", "Password not long enough"},
		{all, "aa1!aa1!", "Password must have uppercase characters"},
		{all, "AA1!AA1!", "Password must have lowercase characters"},
		{all, "Aaa!Aaa!", "Password must have numeric characters"},
		{all, "Aa1xAa1x", "Password must have symbol characters"},
	}
	for _, test := range tests {
		want := test.want
		if want != "" {
			want = "InvalidPasswordException: Password did not conform with policy: " + want
		}
		got := ""
		if err := checkPolicy(test.policy, test.password); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", test.password, got, want)
		}
	}
	for range 50 {
		password, err := temporaryPassword(all)
		if err != nil || checkPolicy(all, password) != nil {
			t.Fatalf("made %q, which the policy refuses (%v)", password, err)
		}
	}
}
