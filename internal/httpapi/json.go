package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

// jsonFormat is huma's but for one thing: encoding/json turns what is no UTF-8
// into replacement characters, and a name would be stored that nobody sent.
//
// API Gateway does the same on the way here: a body of application/json comes as
// text in the event, in which no byte can stand that is no UTF-8. So a
// replacement character is refused too; one that was sent as such is the trace
// of the same mistake made earlier.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
var jsonFormat = huma.Format{
	Marshal: huma.DefaultJSONFormat.Marshal,
	Unmarshal: func(data []byte, v any) error {
		if !utf8.Valid(data) || bytes.ContainsRune(data, utf8.RuneError) {
			return errors.New("the body is not UTF-8")
		}
		return json.Unmarshal(data, v)
	},
}

// onlyJSON is the middleware that lets bodies of application/json in UTF-8
// through, and those that nothing is said of. huma would take "json" and every
// type that ends in "+json".
func onlyJSON(ctx huma.Context, next func(huma.Context)) {
	if contentType := ctx.Header("Content-Type"); contentType != "" {
		kind, parameters, err := mime.ParseMediaType(contentType)
		charset, said := parameters["charset"]
		if err != nil || kind != "application/json" || said && !strings.EqualFold(charset, "utf-8") {
			refuse(ctx, refusal(http.StatusUnsupportedMediaType, "", nil))
			return
		}
	}
	next(ctx)
}
