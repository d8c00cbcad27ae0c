package httpapi

import (
	"encoding/json"
	"errors"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

// jsonFormat is huma's but for one thing: encoding/json turns what is no UTF-8
// into replacement characters, and a name would be stored that nobody sent.
var jsonFormat = huma.Format{
	Marshal: huma.DefaultJSONFormat.Marshal,
	Unmarshal: func(data []byte, v any) error {
		if !utf8.Valid(data) {
			return errors.New("the body is not UTF-8")
		}
		return json.Unmarshal(data, v)
	},
}
