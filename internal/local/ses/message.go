package ses

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"hearth/internal/local/awsapi"
)

// sendEmail is the part of SendEmail's request that is known here.
type sendEmail struct {
	FromEmailAddress       string
	Destination            struct{ ToAddresses []string }
	ConfigurationSetName   string
	ConfigurationOverrides struct {
		Tracking struct{ ClickTrackingEnabled, OpenTrackingEnabled string }
	}
	Content struct {
		Simple *struct {
			Subject *content
			Body    *struct{ Text, Html *content } //nolint:revive // the member's name
			Headers []header
		}
	}
}

type content struct {
	Data    *string
	Charset string
}

type header struct{ Name, Value string }

// Limits of https://docs.aws.amazon.com/ses/latest/dg/quotas.html
const (
	maxRecipients = 50
	maxHeaders    = 15
	maxLocalPart  = 64
	maxAddress    = 320
)

// message checks a request and returns what is to be sent.
func (r *sendEmail) message() (Message, *awsapi.Error) {
	if name := r.ConfigurationSetName; name != "" {
		return Message{}, &awsapi.Error{Status: 404, Code: "NotFoundException", Message: "Configuration set <" + name + "> does not exist."}
	}
	for _, tracking := range []string{r.ConfigurationOverrides.Tracking.ClickTrackingEnabled, r.ConfigurationOverrides.Tracking.OpenTrackingEnabled} {
		if tracking != "" && tracking != "DISABLED" {
			return Message{}, badRequest("The development host tracks nothing.")
		}
	}
	if r.FromEmailAddress == "" {
		return Message{}, badRequest("Missing required header 'From'.")
	}
	if _, failed := address(r.FromEmailAddress); failed != nil {
		return Message{}, failed
	}
	m := Message{From: r.FromEmailAddress}
	switch n := len(r.Destination.ToAddresses); {
	case n == 0:
		return Message{}, badRequest("There are no recipients.")
	case n > maxRecipients:
		return Message{}, badRequest("Recipient count exceeds %d.", maxRecipients)
	}
	for _, to := range r.Destination.ToAddresses {
		plain, failed := address(to)
		if failed != nil {
			return Message{}, failed
		}
		m.To = append(m.To, plain)
	}
	return m, r.read(&m)
}

// read checks the content and puts it into the message.
func (r *sendEmail) read(m *Message) *awsapi.Error {
	simple := r.Content.Simple
	switch {
	case simple == nil:
		return badRequest("The content must be simple.")
	case simple.Subject == nil || simple.Subject.Data == nil:
		return badRequest("Missing required field: Content.Simple.Subject.Data.")
	case simple.Body == nil || simple.Body.Text == nil && simple.Body.Html == nil:
		return badRequest("Missing required field: Content.Simple.Body.")
	}
	for _, part := range []struct {
		name    string
		content *content
		into    *string
	}{{"Subject", simple.Subject, &m.Subject}, {"Text", simple.Body.Text, &m.Text}, {"Html", simple.Body.Html, &m.HTML}} {
		if part.content == nil {
			continue
		}
		if failed := part.content.check(part.name); failed != nil {
			return failed
		}
		*part.into = *part.content.Data
	}
	if strings.ContainsFunc(m.Subject, unicode.IsControl) {
		return badRequest("The subject contains control characters.")
	}
	return checkHeaders(simple.Headers)
}

func (c *content) check(name string) *awsapi.Error {
	if c.Data == nil {
		return badRequest("Missing required field: Data of %s.", name)
	}
	switch strings.ToUpper(c.Charset) {
	case "UTF-8":
	case "", "US-ASCII":
		if !isASCII(*c.Data) {
			return badRequest("%s contains characters that its charset has not.", name)
		}
	default:
		return badRequest("The development host does not offer the charset of %s.", name)
	}
	return nil
}

var (
	headerName  = regexp.MustCompile(`^[!-9;-@A-~]{1,126}$`)
	headerValue = regexp.MustCompile(`^[ -~]{1,870}$`)
	// ownHeaders are those that SES writes from other members of a request.
	ownHeaders = []string{
		"bcc", "cc", "content-transfer-encoding", "content-type", "date", "from", "message-id", "mime-version",
		"reply-to", "return-path", "sender", "subject", "to",
	}
)

func checkHeaders(headers []header) *awsapi.Error {
	if len(headers) > maxHeaders {
		return badRequest("There are more than %d headers.", maxHeaders)
	}
	var seen []string
	for _, h := range headers {
		name := strings.ToLower(h.Name)
		switch {
		case !headerName.MatchString(h.Name) || !headerValue.MatchString(h.Value):
			return badRequest("The name or value of a header is invalid.")
		case slices.Contains(ownHeaders, name):
			return badRequest("The header %s cannot be given.", h.Name)
		case slices.Contains(seen, name):
			return badRequest("The header %s is given twice.", h.Name)
		}
		seen = append(seen, name)
	}
	return nil
}

// domain is one in ASCII, with Punycode where there were other letters.
var domain = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$`)

// address returns the address of one mailbox, given with or without a name.
func address(text string) (string, *awsapi.Error) {
	if !isASCII(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return "", badRequest("An address contains characters that are not allowed.")
	}
	parsed, err := mail.ParseAddress(text)
	if err != nil {
		return "", badRequest("An address is malformed.")
	}
	at := strings.LastIndexByte(parsed.Address, '@')
	if at > maxLocalPart || len(parsed.Address) > maxAddress {
		return "", badRequest("An address is too long.")
	}
	if !domain.MatchString(parsed.Address[at+1:]) {
		return "", badRequest("Domain contains illegal character.")
	}
	return parsed.Address, nil
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII })
}
