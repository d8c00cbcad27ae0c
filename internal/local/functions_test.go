package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"
)

// An answer stays what it is while the function answers others.
func TestFunctionsAnswerSeveralAtOnce(t *testing.T) {
	t.Parallel()
	function := concurrent{lambda.NewHandler(func(_ context.Context, name string) (map[string]string, error) {
		if name == "nobody" {
			return nil, fmt.Errorf("no %s", name)
		}
		return map[string]string{"name": strings.Repeat(name, 100), "tag": "<b>"}, nil
	})}
	var group sync.WaitGroup
	for n := range 16 {
		group.Go(func() {
			name := string(rune('a' + n))
			want := `{"name":"` + strings.Repeat(name, 100) + `","tag":"<b>"}`
			for range 200 {
				got, err := function.Invoke(t.Context(), []byte(`"`+name+`"`))
				if _, refused := function.Invoke(t.Context(), []byte(`"nobody"`)); refused == nil || refused.Error() != "no nobody" {
					t.Errorf("got %v", refused)
				}
				if err != nil || string(got) != want {
					t.Errorf("%s got %s, %v", name, got, err)
				}
			}
		})
	}
	group.Wait()
}
